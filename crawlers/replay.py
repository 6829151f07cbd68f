"""Send every request of every spider to a server on loopback that answers from recorded responses."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

from requests import PreparedRequest
from requests import Response as RequestsResponse
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.crawler import Crawler
from scrapy.http import Request, Response

from crawlers.bounded import BoundedAdapter
from crawlers.recording import Asked, Recording, load_recording

logger = logging.getLogger(__name__)


class ReplayServer(ThreadingHTTPServer):
    """Answers on a free port of loopback from a recording."""

    daemon_threads = True

    def __init__(self, recording: Recording) -> None:
        super().__init__(("127.0.0.1", 0), _Answering)
        self.recording = recording


class _Answering(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # headers and body in one packet
    disable_nagle_algorithm = True
    server: ReplayServer

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        asked = Asked.of(self.command, f"http://{self.headers['Host']}{self.path}")
        answer = self.server.recording.answer(asked)
        logger.debug("%s %s -> %d", self.command, self.path, answer.status)
        self.send_response_only(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        if self.close_connection:  # as PRAW asks when it logs in
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    do_POST = do_PUT = do_HEAD = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        logger.debug(format, *args)  # of broken requests


@contextmanager
def replaying(folder: Path) -> Iterator[str]:
    """Serve a folder of recorded responses while the context lasts; give the server's address."""
    with ReplayServer(load_recording(folder)) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def replay_settings(base: str) -> dict[str, Any]:
    """Return the Scrapy settings that send everything to a replay server, which nobody needs to spare."""
    handler = f"{__name__}.{ReplayHandler.__name__}"
    return {
        "HATEMINE_REPLAY": base,
        "HATEMINE_ALLOW_PRIVATE": True,
        "DOWNLOAD_HANDLERS": {
            "http": handler,
            "https": handler,
            "data": None,
            "file": None,
            "ftp": None,
            "s3": None,
        },
        "HTTPPROXY_ENABLED": False,
        "DOWNLOAD_DELAY": 0,
        "AUTOTHROTTLE_ENABLED": False,
    }


def _moved(url: str, base: str) -> tuple[str, str]:
    """Return the same page's address on the replay server, and the host to ask it for."""
    parts = urlsplit(url)
    query = f"?{parts.query}" if parts.query else ""
    return f"{base}{parts.path or '/'}{query}", parts.netloc


class ReplayHandler(HTTP11DownloadHandler):
    """Downloads from the replay server what any host is asked for; the answer bears the address asked."""

    lazy = True

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self.base: str = crawler.settings["HATEMINE_REPLAY"]

    async def download_request(self, request: Request) -> Response:
        """Ask the replay server."""
        url, host = _moved(request.url, self.base)
        moved = request.replace(url=url)
        moved.headers["Host"] = host
        response = await super().download_request(moved)
        return response.replace(url=request.url)


class ReplayAdapter(BoundedAdapter):
    """The same for requests, and so for PRAW."""

    def __init__(self, base: str, **limits: Any) -> None:
        super().__init__(**limits)
        self.base = base

    def send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> RequestsResponse:
        """Ask the replay server, past any proxy."""
        asked = request.url or ""
        request.url, request.headers["Host"] = _moved(asked, self.base)
        response = super().send(request, *args, **{**kwargs, "proxies": {}})
        request.url = response.url = asked
        # The budget of requests was the recorder's; PRAW would sleep for it.
        for name in [name for name in response.headers if name.lower().startswith("x-ratelimit")]:
            del response.headers[name]
        return response

"""What an answer may take is bounded, in time and in memory, for Scrapy and for requests."""

import gzip
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

import pytest
import requests
from requests.exceptions import ChunkedEncodingError, ContentDecodingError, ReadTimeout
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Request, Response
from scrapy.signalmanager import SignalManager
from scrapy.statscollectors import MemoryStatsCollector

from crawlers.bounded import BodyTooLarge, BoundedAdapter, BoundedCompression
from crawlers.spider import SourceSpider

MEGABYTE = 2**20
BOMB = gzip.compress(bytes(64 * MEGABYTE))


@contextmanager
def serving(answer: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[str]:
    """Serve one answer to all; give its address."""

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with suppress(OSError):
                answer(self)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def sends(body: bytes, **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(to: BaseHTTPRequestHandler) -> None:
        to.send_response(200)
        for name, value in headers.items():
            to.send_header(name.replace("_", "-"), value)
        to.end_headers()
        to.wfile.write(body)

    return answer


def get(url: str, seconds: float = 30.0) -> requests.Response:
    session = requests.Session()
    session.trust_env = False
    session.mount("http://", BoundedAdapter(maxsize=MEGABYTE, seconds=seconds))
    return session.get(url, timeout=10)


def test_an_answer_within_bounds_is_as_requests_gives_it():
    with serving(
        sends(gzip.compress(b'{"tea": "\xc3\xa9"}' + b" " * 999_000), Content_Encoding="gzip")
    ) as url:
        assert get(url).json() == {"tea": "é"}
    with serving(sends(b"", Content_Length="0")) as url:
        assert get(url).content == b""


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (sends(bytes(2 * MEGABYTE)), BodyTooLarge),
        (sends(BOMB, Content_Encoding="gzip"), BodyTooLarge),
        (sends(b"half", Content_Length="8"), ChunkedEncodingError),
        (sends(b"no gzip", Content_Encoding="gzip"), ContentDecodingError),
    ],
)
def test_one_that_is_too_large_or_broken_is_an_error(answer, error):
    with serving(answer) as url, pytest.raises(error):
        get(url)


def test_a_body_that_drips_ends_in_time():
    is_over = Event()

    def drip(to: BaseHTTPRequestHandler) -> None:
        sends(b"", Content_Length="100000")(to)
        while not is_over.wait(0.05):
            to.wfile.write(b" ")

    started = time.monotonic()
    with serving(drip) as url:
        with pytest.raises(ReadTimeout, match=r"longer than 0\.5 seconds"):
            get(url, seconds=0.5)
        is_over.set()
    assert time.monotonic() - started < 10


def test_what_a_bomb_was_unpacked_to_is_not_kept_with_its_error():
    crawler = Crawler(SourceSpider, {"DOWNLOAD_MAXSIZE": 16 * MEGABYTE})
    crawler.stats, crawler.signals = MemoryStatsCollector(crawler), SignalManager(crawler)
    middleware = BoundedCompression.from_crawler(crawler)
    response = Response("https://tea.example/", headers={"Content-Encoding": "gzip"}, body=BOMB)
    with pytest.raises(IgnoreRequest, match="exceeded DOWNLOAD_MAXSIZE") as caught:
        middleware.process_response(Request(response.url), response)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    traceback, kept = caught.value.__traceback__, 0
    while traceback:
        kept = max(kept, *map(sys.getsizeof, traceback.tb_frame.f_locals.values()), 0)
        traceback = traceback.tb_next
    assert kept < MEGABYTE

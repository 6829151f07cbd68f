"""Crawl the saved replies of all sources with some of them made faulty; the program behind test_faults.py.

It reads a job a line, as JSON, and answers each with a line: how the crawl went, what was asked, which posts
came of which reply. It serves the replies itself; each crawl is a fork, so that imports are paid for once.
"""

import dataclasses
import gzip
import importlib
import json
import os
import re
import resource
import signal
import socket
import struct
import sys
import time
import traceback
import zlib
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import nullcontext, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count, repeat
from pathlib import Path
from threading import Event, Thread
from typing import Any

import prawcore.sessions
from scrapy.http import Request, Response
from twisted.internet.defer import succeed

import crawlers.crawl
from crawlers import pipelines
from crawlers.addresses import PublicOnly
from crawlers.cassette import Answer
from crawlers.post import Post
from crawlers.recording import UNKNOWN, Asked, Recording, load_recording
from crawlers.watchlist import kinds_with_a_spider

LIMIT = 60
"""Seconds. A crawl that takes longer hangs, and is killed."""
MANY = 40
"""Requests for one search; a spider that sends more pages for ever."""
MEGABYTE = 2**20
REACTOR = "twisted.internet.reactor"  # each crawl starts one of its own
WALL = b"<!DOCTYPE html><html><head><title>Log in to go on</title></head><body><form></form></body></html>"
BARE = b"<!DOCTYPE html><html><head><title>Welcome</title></head><body><p>All is new.</p></body></html>"
FORBIDS = b"User-agent: *\nDisallow: /\n"
PRIVATE = "http://169.254.169.254/latest/meta-data/"


class Faulty(ThreadingHTTPServer):
    """Serves a recording; the lines that are victims, and the robots.txt of some hosts, with a fault."""

    daemon_threads = True

    def __init__(self, recording: Recording, lines: list[Asked], job: Mapping[str, Any]) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.recording, self.lines, self.job = recording, lines, job
        self.fault = FAULTS[job["fault"]]
        self.victims: set[int] = set(job["victims"])
        self.asked: list[dict[str, Any]] = []
        self.answers: dict[int, Answer] = {}
        self.counter = count(1)
        self.is_over = Event()

    def handle_error(self, *_: object) -> None:
        """Say nothing: clients leave when they had enough."""

    def answer(self, victim: int, asked: Asked) -> Answer:
        """Return the answer that a fault changes: the next one; where paging never ends, the same."""
        if self.job["fault"].endswith(" once"):
            return UNKNOWN  # the true one is to come
        if self.fault is not endless:
            return self.recording.answer(asked)
        if victim not in self.answers:
            self.answers[victim] = self.recording.answer(self.lines[victim])
        return self.answers[victim]

    def victim(self, asked: Asked, line: int | None) -> int | None:
        """Return the victim that a request is for: itself or, where paging never ends, one of its like."""
        if asked.path == "/robots.txt":
            return -1 if asked.host in self.job["robots"] else None
        if self.fault is not endless:
            is_over = self.job["fault"].endswith(" once") and any(row["victim"] == line for row in self.asked)
            return line if line in self.victims and not is_over else None
        alike = (number for number in self.victims if family(self.lines[number]) == family(asked))
        return next(alike, None)


def family(asked: Asked) -> tuple[str, str, str]:
    """Return what the pages of one search have in common."""
    return asked.method, asked.host, re.sub(r"\d+", "0", asked.path)


class Answering(BaseHTTPRequestHandler):
    """Answers one connection."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    server: Faulty

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        server = self.server
        asked = Asked.of(self.command, f"http://{self.headers['Host']}{self.path}")
        line = next((number for number, other in enumerate(server.lines) if other.covers(asked)), None)
        victim = server.victim(asked, line)
        server.asked.append({"host": asked.host, "path": self.path, "line": line, "victim": victim})
        if victim is None:
            self.reply(server.recording.answer(asked))
            return
        try:
            server.fault(self, server.answer(victim, asked), victim)
        except OSError:
            self.close_connection = True  # they had enough

    do_POST = do_PUT = do_GET

    def reply(
        self, answer: Answer, *, status: int | None = None, body: bytes | None = None, **more: str
    ) -> None:
        """Send an answer with another status, body or headers."""
        body = answer.body if body is None else body
        headers = {name.title(): value for name, value in answer.headers} | {"Content-Length": str(len(body))}
        headers |= {name.replace("_", "-"): value for name, value in more.items()}
        if self.close_connection:
            headers["Connection"] = "close"
        self.send_response_only(answer.status if status is None else status)
        for name, value in headers.items():
            if value:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def send_on(self, pieces: Iterable[bytes], pause: float) -> None:
        """Send for as long as someone listens."""
        self.close_connection = True
        for piece in pieces:
            self.wfile.write(piece)
            self.wfile.flush()
            if self.server.is_over.wait(pause):
                return

    def log_message(self, *_: object) -> None:
        pass


Fault = Callable[[Answering, Answer, int], None]


def none(to: Answering, answer: Answer, _victim: int) -> None:
    to.reply(answer)


def says(status: int, body: bytes = b"no\n", **headers: str) -> Fault:
    """Return the fault that a status is."""

    def fault(to: Answering, answer: Answer, _victim: int) -> None:
        to.reply(answer, status=status, body=body, **{"Content_Type": "text/plain", **headers})

    return fault


def hang(to: Answering, _answer: Answer, _victim: int) -> None:
    to.close_connection = True
    to.connection.settimeout(LIMIT)
    to.connection.recv(1)  # until they leave


def reset(to: Answering, _answer: Answer, _victim: int) -> None:
    to.close_connection = True
    to.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    os.close(to.connection.detach())


def truncated(to: Answering, answer: Answer, _victim: int) -> None:
    to.close_connection = True
    to.reply(answer, Content_Length=str(len(answer.body) + 1000))


def drip(to: Answering, answer: Answer, _victim: int) -> None:
    to.reply(answer, Content_Length=str(len(answer.body) + MEGABYTE))
    to.send_on(repeat(b" "), pause=0.2)


def flood(to: Answering, answer: Answer, _victim: int) -> None:
    to.close_connection = True
    to.reply(answer, Content_Length="")
    to.send_on(repeat(b" " * MEGABYTE), pause=0)


def bomb(to: Answering, answer: Answer, _victim: int) -> None:
    to.reply(answer, body=BOMB, Content_Encoding="gzip")


def _bomb() -> bytes:
    """Return two gigabytes, small."""
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    block = packer.compress(b" " * (16 * MEGABYTE)) + packer.flush(zlib.Z_FULL_FLUSH)
    return gzip.compress(b"")[:10] + block * 128


BOMB = _bomb()


def wall(to: Answering, answer: Answer, _victim: int) -> None:
    to.reply(answer, body=WALL, Content_Type="text/html; charset=utf-8")


def wrong_type(kind: str) -> Fault:
    def fault(to: Answering, answer: Answer, _victim: int) -> None:
        to.reply(answer, Content_Type=kind)

    return fault


def to_itself(to: Answering, answer: Answer, _victim: int) -> None:
    to.reply(answer, status=302, body=b"", Location=to.path)


def for_ever(to: Answering, answer: Answer, _victim: int) -> None:
    there = re.sub(r"[?&]n=\d+$", "", to.path)
    there += f"{'&' if '?' in there else '?'}n={next(to.server.counter)}"
    to.reply(answer, status=302, body=b"", Location=there)


def into_private(to: Answering, answer: Answer, _victim: int) -> None:
    to.reply(answer, status=302, body=b"", Location=PRIVATE)


def endless(to: Answering, answer: Answer, victim: int) -> None:
    """Repeat a page with every way to the next page renewed."""
    if sum(row["victim"] == victim for row in to.server.asked) > MANY:
        says(404)(to, answer, victim)
        return
    text = answer.body.decode()
    for old in to.server.job["ways"].get(str(victim), ()):
        number = next(to.server.counter)
        place = re.search(r"\d+(?=\D*$)|(?=\W?$)", old)
        assert place
        new = f"{old[: place.start()]}{5000 + number}{old[place.end() :]}"
        text = text.replace(old, new)
    to.reply(answer, body=text.encode())


def changed(change: Callable[[bytes, list[str]], bytes]) -> Fault:
    """Return the fault of a body that is not as promised."""

    def fault(to: Answering, answer: Answer, victim: int) -> None:
        to.reply(answer, body=change(answer.body, to.server.job["ids"].get(str(victim), [])))

    return fault


def is_json(body: bytes) -> bool:
    return body.lstrip()[:1] in (b"{", b"[")


def broken(body: bytes, _ids: list[str]) -> bytes:
    if is_json(body):
        return body[: len(body) // 2]
    return re.sub(rb"\}\s*</script>", b"</script>", body)


def wrong_bytes(body: bytes, _ids: list[str]) -> bytes:
    return re.sub(rb"(?i)(?<=[a-z] )(a|and|it|of|one|the)(?= [a-z])", b"\\1\xe9", body)


def large(body: bytes, _ids: list[str]) -> bytes:
    if is_json(body):
        return body.rstrip()[:1] + b" " * (10 * MEGABYTE) + body.rstrip()[1:]
    if b"</body>" in body:
        filling = b"<p>Tea, <b>and</b> more tea%s</p>\n" % (b", of leaves, and it is brown or green" * 10)
        return body.replace(b"</body>", filling * (10 * MEGABYTE // len(filling)) + b"</body>")
    return body + b" " * (10 * MEGABYTE)


def in_future(body: bytes, _ids: list[str]) -> bytes:
    body = re.sub(rb"\b20[0-3]\d(?=-[01]\d)", b"2999", body)
    body = re.sub(rb"\b1[4-9]\d{8}(?=[\s,.}\]\"])", b"32503680000", body)
    body = re.sub(rb"\b1[4-9]\d{11}(?=[\s,.}\]\"])", b"32503680000000", body)
    return re.sub(rb"\b20[0-3]\d(?= \d\d:)|(?<=\d, )20[0-3]\d\b", b"2999", body)


def without_id(body: bytes, ids: list[str]) -> bytes:
    """Take the id of the first post away."""
    if not ids:
        return body
    known = {ids[0], re.split(r"[/:_#|]", ids[0])[-1]}
    if is_json(body):
        document = json.loads(body)
        waiting, names = [document], []
        while waiting and not names:
            value = waiting.pop()
            if isinstance(value, dict):
                names = [name for name, part in value.items() if str(part) in known]
                waiting.extend(reversed(value.values()))
                for name in names:
                    del value[name]
            elif isinstance(value, list):
                waiting.extend(reversed(value))
        return json.dumps(document).encode()
    pattern = "|".join(re.escape(ident) for ident in known)
    return re.sub(rf"(?<=[\"'>/#=_-])(?:{pattern})(?=[\"'<])".encode(), b"", body)


def bare(body: bytes, _ids: list[str]) -> bytes:
    return b"{}" if is_json(body) else BARE


def emptied(body: bytes, _ids: list[str]) -> bytes:
    if not is_json(body):
        return re.sub(rb"(?s)<(item|entry)[\s>].*?</\1>|<script.*?</script>", b"", body)

    def empty(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: empty(part) for name, part in value.items()}
        return [] if isinstance(value, list) else value

    return json.dumps(empty(json.loads(body))).encode()


FAULTS: dict[str, Fault] = {
    "none": none,
    "403": says(403),
    "404": says(404),
    "429": says(429),
    "429, wait an hour": says(429, Retry_After="3600"),
    "500": says(500),
    "503": says(503),
    "503 once": says(503),
    "reset once": reset,
    "time-out": hang,
    "reset": reset,
    "truncated": truncated,
    "drip": drip,
    "flood": flood,
    "zip bomb": bomb,
    "10 MB": changed(large),
    "an image's type": wrong_type("image/png"),
    "no type's type": wrong_type("application/octet-stream"),
    "broken JSON": changed(broken),
    "wrong encoding": changed(wrong_bytes),
    "login wall": wall,
    "redirect to itself": to_itself,
    "redirect for ever": for_ever,
    "redirect into a private network": into_private,
    "endless paging": endless,
    "dates in the future": changed(in_future),
    "a missing id": changed(without_id),
    "a new layout": changed(bare),
    "no records": changed(emptied),
    "forbids": says(200, FORBIDS),
}


class Witness:
    """A spider middleware that tells which posts and requests came of which reply."""

    path = ""

    def process_spider_output(self, response: Response, result: Iterable[Any]) -> Iterator[Any]:
        for it in result:
            self.note(response, it)
            yield it

    async def process_spider_output_async(
        self, response: Response, result: AsyncIterator[Any]
    ) -> AsyncIterator[Any]:
        async for it in result:
            self.note(response, it)
            yield it

    def note(self, response: Response, it: Any) -> None:
        request = response.request
        assert request is not None
        row = {"method": request.method, "url": request.url, "callback": request.callback.__name__}
        if isinstance(it, Post):
            row |= {"post": it.source_id}
        elif isinstance(it, Request):
            row |= {"next_method": it.method, "next": it.url}
        with Path(self.path).open("a") as file:
            file.write(json.dumps(row) + "\n")


def crawl(job: Mapping[str, Any], base: str, folder: Path) -> None:
    """Crawl with a server at an address, within shorter limits, without pauses, off the network."""
    replay_settings = crawlers.crawl.replay_settings
    ours = {"SPIDER_MIDDLEWARES": {Witness: 900}, "HATEMINE_ALLOW_PRIVATE": False, "RETRY_TIMES": 1}
    ours |= {"WARN_ON_GENERATOR_RETURN_VALUE": False}  # it parses the source of every callback
    crawlers.crawl.replaying = lambda _folder: nullcontext(base)
    crawlers.crawl.replay_settings = lambda base: {**replay_settings(base), **ours, **job["settings"]}
    Witness.path = str(folder / "came.jsonl")
    PublicOnly.from_crawler = classmethod(  # type: ignore[method-assign,assignment]
        lambda cls, _crawler: cls(lambda _host: succeed("93.184.216.34"), is_private_allowed=False)
    )
    check, later = pipelines.check, pipelines.datetime.fromisoformat("2100-01-01T00:00:00+00:00")
    pipelines.check = lambda post, _now: check(post, later)
    prawcore.sessions.FiniteRetryStrategy.sleep = lambda _self: None  # type: ignore[method-assign]
    if job["settings"].get("RETRY_TIMES") == 0:
        prawcore.sessions.FiniteRetryStrategy.should_retry_on_failure = (  # type: ignore[method-assign]
            lambda _self: False
        )
    coverages = crawlers.crawl.crawl(
        Path(job["watchlist"]), folder / "data", kinds=job["kinds"], replay=folder, log_level="INFO"
    )
    rows = [dataclasses.asdict(coverage) for coverage in coverages]
    (folder / "coverages.json").write_text(json.dumps(rows))
    (folder / "modules.json").write_text(json.dumps(list(sys.modules)))


def run(job: dict[str, Any]) -> dict[str, Any]:
    """Do a job."""
    folder, index = Path(job["folder"]), Path(job["replay"])
    recording = load_recording(index)
    lines = [asked_of(row) for row in map(json.loads, (index / "index.jsonl").read_text().splitlines())]
    with Faulty(recording, lines, job) as server:
        started, before = time.monotonic(), int(Path("/proc/self/statm").read_text().split()[1]) * 4096
        child = os.fork()
        if child == 0:
            signal.alarm(LIMIT)
            # A bomb must not take the machine.
            resource.setrlimit(resource.RLIMIT_AS, (4 * 2**30, 4 * 2**30))
            log = os.open(folder / "log", os.O_WRONLY | os.O_CREAT)
            os.dup2(log, 1)
            os.dup2(log, 2)
            try:
                crawl(job, f"http://127.0.0.1:{server.server_port}", folder)
            except BaseException:
                traceback.print_exc()
                sys.stderr.flush()
                os._exit(1)
            os._exit(0)
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        _, status, usage = os.wait4(child, 0)
        seconds = time.monotonic() - started
        server.is_over.set()
        server.shutdown()
    came = folder / "came.jsonl"
    posts = [
        json.loads(line)
        for path in folder.glob("data/landing/*/*.jsonl")
        for line in path.read_text(encoding="utf-8").split("\n")
        if line
    ]
    return {
        "status": status,
        "seconds": seconds,
        "megabytes": (usage.ru_maxrss * 1024 - before) / MEGABYTE,
        "coverages": json.loads((folder / "coverages.json").read_text()) if status == 0 else [],
        "posts": posts,
        "asked": server.asked,
        "came": [json.loads(line) for line in came.read_text().splitlines()] if came.exists() else [],
        "log": (folder / "log").read_text(),
    }


def asked_of(row: Mapping[str, Any]) -> Asked:
    """Return what a line of an index answers."""
    pairs = frozenset((name, str(value)) for name, value in row["query"].items())
    return Asked(row["method"].upper(), row["host"].lower(), row["path"].rstrip("/"), pairs)


def main() -> None:
    """Do job after job."""
    for kind in kinds_with_a_spider():
        importlib.import_module(f"crawlers.spiders.{kind}")
    for number, text in enumerate(sys.stdin):
        job = json.loads(text)
        sys.stdout.write(json.dumps(run(job)) + "\n")
        sys.stdout.flush()
        if number == 0:
            for name in set(json.loads((Path(job["folder"]) / "modules.json").read_text())) - {REACTOR}:
                with suppress(ImportError):
                    importlib.import_module(name)
            assert REACTOR not in sys.modules


if __name__ == "__main__":
    main()

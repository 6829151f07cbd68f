"""A robots.txt that forbids, and one that is out of reach, keep every request from its host."""

import asyncio
from typing import Any

import pytest
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadTimeoutError, IgnoreRequest
from scrapy.http import Request, Response
from scrapy.settings import Settings
from scrapy.signalmanager import SignalManager
from scrapy.statscollectors import MemoryStatsCollector

from crawlers.robots import ObeyRobots
from crawlers.spider import Refusal, SourceSpider


class Engine:
    """Answers a request for robots.txt in one way, and counts."""

    def __init__(self, answer: Response | Exception) -> None:
        self.answer = answer
        self.asked: list[str] = []

    async def download_async(self, request: Request) -> Response:
        self.asked.append(request.url)
        await asyncio.sleep(0)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def obey(answer: Response | Exception) -> tuple[ObeyRobots, Engine]:
    settings = Settings()
    settings.setmodule("crawlers.settings", priority="project")
    crawler: Any = Crawler(SourceSpider, settings)
    crawler.spider, crawler.engine = SourceSpider(name="tea"), Engine(answer)
    crawler.stats, crawler.signals = MemoryStatsCollector(crawler), SignalManager(crawler)
    return ObeyRobots.from_crawler(crawler), crawler.engine


def reasons(middleware: ObeyRobots, *paths: str) -> list[str]:
    """Return by path why it is refused; nothing where it is not."""

    async def ask(path: str) -> str:
        try:
            await middleware.process_request(Request(f"https://shop.example{path}"))
        except Refusal as error:
            return str(error)
        return ""

    async def ask_all() -> list[str]:
        return await asyncio.gather(*map(ask, paths))

    return asyncio.run(ask_all())


def robots(status: int = 200, body: str = "") -> Response:
    return Response("https://shop.example/robots.txt", status=status, body=body.encode())


@pytest.fixture(autouse=True)
def no_reactor(monkeypatch: pytest.MonkeyPatch) -> None:
    # Signals go through the reactor's loop, and nobody listens.
    async def sent(*_: Any, **__: Any) -> list[Any]:
        return []

    monkeypatch.setattr(SignalManager, "send_catch_log_async", sent)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (robots(500), "HTTP 500"),
        (robots(503, "User-agent: *\nAllow: /\n"), "HTTP 503"),
        (robots(429), "HTTP 429"),
        (DownloadTimeoutError("took longer than 60 seconds"), "took longer than 60 seconds"),
        (IgnoreRequest("its body exceeded DOWNLOAD_MAXSIZE"), "its body exceeded DOWNLOAD_MAXSIZE"),
        (IgnoreRequest("max redirections reached"), "max redirections reached"),
    ],
)
def test_out_of_reach_it_forbids_everything_and_the_reason_is_told(answer, reason):
    middleware, engine = obey(answer)
    told = reasons(middleware, "/1", "/2", "/3", "/4")
    assert len(told) == 4
    assert all("the robots.txt of shop.example is out of reach" in it and reason in it for it in told)
    assert engine.asked == ["https://shop.example/robots.txt"]


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_host_without_one_forbids_nothing(status):
    middleware, _ = obey(robots(status))
    assert reasons(middleware, "/1", "/2") == ["", ""]


def test_what_it_forbids_is_refused_for_all_who_wait_for_it():
    middleware, engine = obey(robots(body="User-agent: hatemine\nDisallow: /private\n"))
    forbidden = "the robots.txt of shop.example forbids it"
    assert reasons(middleware, *["/private/1"] * 5, "/kettle") == [forbidden] * 5 + [""]
    assert len(engine.asked) == 1

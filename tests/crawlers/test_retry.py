import asyncio
from datetime import UTC, datetime
from typing import ClassVar

import pytest
from scrapy import Spider
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadTimeoutError
from scrapy.http import Request, Response
from scrapy.statscollectors import MemoryStatsCollector

from crawlers import retry
from crawlers.retry import LONGEST, BackOff, pause

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("n_retries", "retry_after", "seconds"),
    [
        (0, None, 2),
        (1, None, 4),
        (2, None, 8),
        (0, "30", 30),
        (4, "30", 32),
        (0, "Sun, 22 Nov 2026 12:01:00 GMT", 60),
        (0, "Sun, 22 Nov 2026 11:00:00 GMT", 2),
        (0, "soon", 2),
        (0, "86400", 86400),
    ],
)
def test_pauses_grow_and_respect_retry_after(n_retries, retry_after, seconds):
    assert pause(n_retries, retry_after, NOW) == seconds


def test_an_hour_is_too_long_to_wait():
    assert pause(0, "3600", NOW) > LONGEST


class Clock:
    """A clock that sleeping moves."""

    now = 1000.0
    slept: ClassVar[list[float]] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds))
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    clock.slept.clear()
    monkeypatch.setattr(retry.time, "monotonic", lambda: clock.now)
    monkeypatch.setattr(retry.asyncio, "sleep", clock.sleep)
    return clock


@pytest.fixture
def back_off() -> BackOff:
    crawler = Crawler(Spider, {"RETRY_TIMES": 2})
    crawler.stats = MemoryStatsCollector(crawler)
    crawler.spider = Spider.from_crawler(crawler, name="tea")
    return BackOff(crawler)


def answer(back_off: BackOff, request: Request, status: int, **headers: str) -> Request | Response:
    response = Response(request.url, status=status, headers=headers, request=request)
    return back_off.process_response(request, response)


def pauses(back_off: BackOff, clock: Clock, url: str) -> list[float]:
    clock.slept.clear()
    asyncio.run(back_off.process_request(Request(url)))
    return clock.slept


def test_the_whole_host_rests_and_no_other(back_off, clock):
    again = answer(back_off, Request("https://a.example/1"), 429, **{"Retry-After": "30"})
    assert isinstance(again, Request)
    assert pauses(back_off, clock, "https://b.example/1") == []
    assert pauses(back_off, clock, "https://a.example/2") == [30]
    assert pauses(back_off, clock, "https://a.example/2") == []


def test_pauses_double_until_it_gives_up(back_off, clock):
    request = Request("https://a.example/1")
    for seconds in (2, 4):
        request = answer(back_off, request, 503)
        assert pauses(back_off, clock, request.url) == [seconds]
    assert isinstance(answer(back_off, request, 503), Response)


def test_who_wants_too_long_a_pause_is_left_alone(back_off, clock):
    assert isinstance(
        answer(back_off, Request("https://a.example/1"), 429, **{"Retry-After": "3600"}), Response
    )
    assert pauses(back_off, clock, "https://a.example/1") == []


def test_lost_connections_are_tried_again_and_answers_are_not(back_off, clock):
    request = Request("https://a.example/1")
    assert isinstance(back_off.process_exception(request, DownloadTimeoutError()), Request)
    assert pauses(back_off, clock, request.url) == [2]
    assert back_off.process_exception(request, ValueError()) is None
    assert isinstance(answer(back_off, request, 404), Response)

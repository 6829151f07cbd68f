import asyncio
from datetime import UTC, datetime
from typing import ClassVar

import pytest
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadTimeoutError, IgnoreRequest
from scrapy.http import Request, Response
from scrapy.statscollectors import MemoryStatsCollector

from crawlers import retry
from crawlers.retry import LONGEST, N_SILENT, BackOff, pause, rate_limit_wait
from crawlers.spider import Refusal, SourceSpider

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
    monkeypatch.setattr("time.monotonic", lambda: clock.now)
    monkeypatch.setattr(retry.asyncio, "sleep", clock.sleep)
    return clock


@pytest.fixture
def back_off() -> BackOff:
    crawler = Crawler(SourceSpider, {"RETRY_TIMES": 2})
    crawler.stats = MemoryStatsCollector(crawler)
    crawler.spider = SourceSpider(name="tea")
    crawler.spider._set_crawler(crawler)
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
    with pytest.raises(Refusal, match=r"a\.example wants a pause of 3600 s"):
        pauses(back_off, clock, "https://a.example/2")
    again = answer(back_off, Request("https://b.example/1"), 403, **{"Retry-After": "60"})
    assert isinstance(again, Request), "a limit that GitHub calls secondary"


def test_lost_connections_are_tried_again_and_answers_are_not(back_off, clock):
    request = Request("https://a.example/1")
    assert isinstance(back_off.process_exception(request, DownloadTimeoutError()), Request)
    assert pauses(back_off, clock, request.url) == [2]
    assert back_off.process_exception(request, ValueError()) is None
    assert isinstance(answer(back_off, request, 404), Response)


def test_a_host_that_answers_nobody_is_left_and_one_that_answers_now_and_then_is_not(back_off, clock):
    def lose(host: str, n: int) -> None:
        for number in range(n):
            back_off.process_exception(Request(f"https://{host}/{number}"), DownloadTimeoutError())

    for _ in range(9):  # one address is not a host
        back_off.process_exception(Request("https://c.example/1"), DownloadTimeoutError())
    lose("a.example", N_SILENT - 1)
    answer(back_off, Request("https://a.example/1"), 404)
    lose("a.example", N_SILENT - 1)
    lose("b.example", N_SILENT)
    for host in ("a.example", "c.example"):
        asyncio.run(back_off.process_request(Request(f"https://{host}/9")))
    with pytest.raises(IgnoreRequest, match=r"b\.example is out of reach, left for the next crawl"):
        asyncio.run(back_off.process_request(Request("https://b.example/9")))


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(NOW.timestamp()) + 40)}, 40),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "2026-11-22T12:05:00.000Z"}, 300),
        ({"ratelimit-remaining": "0", "ratelimit-reset": "7"}, 7),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1000000001"}, 0),
        ({"X-RateLimit-Remaining": "1", "X-RateLimit-Reset": "7"}, None),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "soon"}, None),
        ({}, None),
    ],
)
def test_a_rate_limit_says_when_it_is_renewed(headers, seconds):
    assert rate_limit_wait(headers, NOW) == seconds


def test_a_used_up_rate_limit_lets_the_host_rest_and_a_long_one_ends_the_asking(back_off, clock):
    used_up = {"X-RateLimit-Remaining": "0"}
    request = Request("https://a.example/1")
    assert isinstance(answer(back_off, request, 200, **used_up, **{"RateLimit-Reset": "9"}), Response)
    assert pauses(back_off, clock, request.url) == [9]
    again = answer(back_off, request, 403, **used_up, **{"RateLimit-Reset": "9"})
    assert isinstance(again, Request), "GitHub says 403 for it"
    answer(back_off, Request("https://b.example/1"), 200, **used_up, **{"RateLimit-Reset": "3600"})
    with pytest.raises(Refusal, match=r"b\.example wants a pause of 3600 s, left for the next crawl"):
        pauses(back_off, clock, "https://b.example/2")

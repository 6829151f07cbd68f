"""Redirects are followed within a site; those that lead elsewhere or in circles are told."""

from typing import Any

import pytest
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.offsite import OffsiteMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Request, Response
from scrapy.http.request import NO_CALLBACK

from crawlers.redirects import FollowRedirects
from crawlers.spider import SourceSpider

PAGE = "https://shop.example/kettle"


@pytest.fixture
def middleware(monkeypatch: pytest.MonkeyPatch) -> FollowRedirects:
    crawler = Crawler(SourceSpider, {"REDIRECT_MAX_TIMES": 3})
    crawler.spider = SourceSpider(name="tea")
    crawler.spider.allowed_domains = ["shop.example"]
    offsite = OffsiteMiddleware(None)
    offsite.crawler = crawler
    monkeypatch.setattr(crawler, "get_downloader_middleware", lambda _: offsite)
    built = FollowRedirects.from_crawler(crawler)
    monkeypatch.setattr(built, "handle_referer", lambda *_: None)
    return built


def redirected(middleware: FollowRedirects, to: str, request: Request | None = None, **more: Any) -> Request:
    request = request or Request(PAGE, **more)
    response = Response(request.url, status=302, headers={"Location": to}, request=request)
    followed = middleware.process_response(request, response)
    assert isinstance(followed, Request)
    return followed


def test_a_redirect_within_the_site_is_followed_though_others_were_there_before(middleware):
    for to in ("/log-in", PAGE, "https://www.shop.example/kettle"):
        assert redirected(middleware, to).dont_filter, "Scrapy would forget it in silence"


def test_a_circle_ends(middleware):
    request = Request(PAGE)
    for _ in range(3):
        request = redirected(middleware, PAGE, request)
    with pytest.raises(IgnoreRequest, match="max redirections"):
        redirected(middleware, PAGE, request)


@pytest.mark.parametrize("to", ["https://elsewhere.example/", "http://169.254.169.254/", "//other.example/"])
def test_a_redirect_to_another_site_is_an_error_by_its_name(middleware, to):
    with pytest.raises(IgnoreRequest, match=r"leads to (elsewhere|169|other)\S+, another site"):
        redirected(middleware, to)


def test_a_robots_txt_may_lie_elsewhere(middleware):
    followed = redirected(middleware, "https://cdn.example/robots.txt", callback=NO_CALLBACK)
    assert followed.url == "https://cdn.example/robots.txt"


def test_other_answers_are_left_alone(middleware):
    response = Response(PAGE, status=200)
    assert middleware.process_response(Request(PAGE), response) is response

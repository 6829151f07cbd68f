"""Spiders for tests, built as Scrapy would and fed answers by hand: no request is sent."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from scrapy.crawler import Crawler
from scrapy.http import Request, TextResponse
from scrapy.settings import Settings

from crawlers.post import Post
from crawlers.spider import SourceSpider

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
BRAND = '[brand]\nname = "Kettlewick"\naliases = ["kettlewick inc"]\n'


@pytest.fixture
def now() -> datetime:
    """Return when every spider for tests was started."""
    return NOW


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Any]:
    """Build a spider whose ``[[source]]`` has the keys given as TOML; the brand is Kettlewick."""

    def build(spider: type[SourceSpider], source: str = "", **arguments: object) -> SourceSpider:
        text = f'{BRAND}[[source]]\nkind = "{spider.name}"\n{source}\n'
        (tmp_path / "watchlist.toml").write_text(text, encoding="utf-8")
        settings = Settings()
        settings.setmodule("crawlers.settings", priority="project")
        paths = {
            "HATEMINE_WATCHLIST": str(tmp_path / "watchlist.toml"),
            "HATEMINE_DATA": str(tmp_path / "data"),
        }
        secrets = {name: "a secret" for name in settings if name in spider.credentials}
        settings.update(paths | secrets, priority="cmdline")
        built = spider.from_crawler(Crawler(spider, settings), **arguments)
        built.started = NOW
        return built

    return build


@pytest.fixture
def follow() -> Callable[..., tuple[list[Post], list[Request]]]:
    """Answer a request with a JSON value or a text; return the posts and the requests that come of it."""

    def answer(
        request: Request, body: object, *, headers: dict[str, str] | None = None
    ) -> tuple[list[Post], list[Request]]:
        text = body if isinstance(body, str) else json.dumps(body)
        response = TextResponse(
            request.url, body=text.encode(), encoding="utf-8", headers=headers, request=request
        )
        found = list(request.callback(response, **request.cb_kwargs))
        return [it for it in found if isinstance(it, Post)], [it for it in found if isinstance(it, Request)]

    return answer


@pytest.fixture
def started() -> Callable[[SourceSpider], list[Any]]:
    """Return what a spider begins with."""

    def begin(spider: SourceSpider) -> list[Any]:
        async def collect() -> list[Any]:
            return [it async for it in spider.start()]

        return asyncio.run(collect())

    return begin

"""Define SourceSpider, what every source's spider does alike: targets, cursors, and errors that are told."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar, Self, TypeVar, cast

import scrapy
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Request
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

from crawlers.cursor import read_cursors
from crawlers.durable import make_folder
from crawlers.post import Post
from crawlers.salt import load_key
from crawlers.watchlist import Source, Watchlist, WatchlistError, load_watchlist

REFUSALS = (403, 429)
MAX_MESSAGE = 300

T = TypeVar("T")


@dataclass(eq=False, slots=True)
class Target:
    """One thing a source is asked for, with a cursor of its own: a search, an app, a page.

    ``since`` is where to ask from (``None``: the beginning), ``newest`` the time of the newest post seen.
    """

    name: str
    since: datetime | None
    newest: datetime | None = None
    is_failed: bool = False

    def see(self, post: Post) -> None:
        """Note a post's time."""
        if post.posted_at is not None:
            self.newest = max(post.posted_at, self.newest or post.posted_at)


class SourceSpider(scrapy.Spider):
    """A source: what the watchlist says about ``name``, asked from where the last crawl ended.

    A crawl asks again for the last ``overlap``, since posts show up late. Where a crawl without cursors sees
    fewer posts than ``min_posts``, the watchlist is wrong or the source has changed: an error.
    """

    min_posts: ClassVar[int] = 1
    overlap: ClassVar[timedelta] = timedelta(days=3)

    watchlist: Watchlist
    sources: list[Source]
    started: datetime
    data: Path
    key: bytes
    cursors: dict[str, datetime]

    def __init__(self, since: datetime | str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.since = datetime.fromisoformat(since) if isinstance(since, str) else since
        if self.since is not None and self.since.tzinfo is None:
            self.since = self.since.replace(tzinfo=UTC)
        self.targets: list[Target] = []
        self.errors: list[str] = []
        self.n_refused = 0
        self.n_api_requests = 0

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Build the spider for the watchlist and the data folder in the settings."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        path = Path(crawler.settings["HATEMINE_WATCHLIST"])
        spider.watchlist = load_watchlist(path)
        spider.sources = [source for source in spider.watchlist.sources if source.kind == spider.name]
        if not spider.sources:
            raise WatchlistError(f'{path}: expected a [[source]] with kind = "{spider.name}", found none')
        spider.started = datetime.now(UTC)
        spider.data = make_folder(Path(crawler.settings["HATEMINE_DATA"]))
        spider.key = load_key(spider.data, crawler.settings["HATEMINE_SALT"])
        spider.cursors = read_cursors(spider.data, spider.name)
        return spider

    def target(self, name: str) -> Target:
        """Return a new target, to ask from ``since``, its cursor less the overlap, or the beginning."""
        cursor = self.cursors.get(name)
        target = Target(name, since=self.since or (cursor - self.overlap if cursor else None))
        self.targets.append(target)
        return target

    def request(
        self,
        target: Target,
        url: str,
        callback: Callable[..., Any],
        *,
        errback: Callable[[Failure], Any] | None = None,
        **cb_kwargs: Any,
    ) -> Request:
        """Return a request made for a target, which fails the target if it fails."""
        return Request(
            url,
            callback=callback,
            errback=errback or self.request_failed,
            cb_kwargs={"target": target, **cb_kwargs},
        )

    def read(self, target: Target, rows: Iterable[T], to_post: Callable[[T], Post]) -> Iterator[Post]:
        """Yield the posts of rows; one of an unknown shape costs itself, and the target's cursor stays."""
        for row in rows:
            try:
                post = to_post(row)
            except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
                self.fail(f"{target.name}: a record has an unknown shape: {said(error)}", target=target)
                continue
            target.see(post)
            yield post

    def request_failed(self, failure: Failure) -> None:
        """Tell that a request got no answer, or one that is none."""
        request: Request = failure.request  # type: ignore[attr-defined] # Scrapy sets it
        error = failure.value
        if isinstance(error, HttpError):
            what, is_refused = f"HTTP {error.response.status}", error.response.status in REFUSALS
        else:  # robots.txt is an IgnoreRequest too
            what, is_refused = said(error), isinstance(error, IgnoreRequest)
        self.fail(f"{request.url}: {what}", target=request.cb_kwargs["target"], is_refused=is_refused)

    def fail(self, message: str, *, target: Target | None = None, is_refused: bool = False) -> None:
        """Tell an error; with a target, the target's cursor stays where it is."""
        message = " ".join(message.split())[:MAX_MESSAGE]
        self.logger.error(message)
        self.errors.append(message)
        self.n_refused += is_refused
        if target is not None:
            target.is_failed = True


def said(error: BaseException | None) -> str:
    """Return an error in words; its ``repr`` may hold a whole text."""
    return f"{type(error).__name__}: {error}"


def spider_of(crawler: Crawler) -> SourceSpider:
    """Return the spider of a crawler that has one by now."""
    return cast("SourceSpider", crawler.spider)

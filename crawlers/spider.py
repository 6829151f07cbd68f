"""Define SourceSpider, what every source's spider does alike: targets, cursors, and errors that are told."""

import codecs
import json
import re
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Self, TypeVar, cast
from urllib.parse import urlsplit

import scrapy
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Request, Response, TextResponse
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

from crawlers.cursor import read_cursors
from crawlers.durable import make_folder
from crawlers.errors import Mistake
from crawlers.post import Post
from crawlers.salt import load_key
from crawlers.shape import Keys
from crawlers.watchlist import Source, Watchlist, WatchlistError, load_watchlist

REFUSALS = (401, 403, 429, 451)
MAX_MESSAGE = 800
MAX_ADDRESS = 250
GIVE_UP = timedelta(days=30)
"""A record that cannot be read is asked for again so long; a cursor that waits for ever fetches all anew."""

# libxml2 compares each attribute of a tag with all others: 40,000 of them took 17 s (tried with 2.14).
_FLOOD = re.compile(
    rb"""<\w[^\s<>/]*+(?:\s++[^\s=<>"'/]++(?:\s*+=\s*+(?:"[^"<]*+"|'[^'<]*+'|[^\s<>"']++))?+){1000}"""
)

T = TypeVar("T")


class Refusal(IgnoreRequest):
    """A site does not want us to ask: robots.txt, a private network, a rate limit used up."""


class BadReply(ValueError):
    """An answer is not what the source promises; the message says what was expected and what came."""


class MissingCredentials(Mistake):
    """A source needs settings that are not there."""


@dataclass(eq=False, slots=True)
class Target:
    """One thing a source is asked for, with a cursor of its own: a search, an app, a page.

    ``since`` is where to ask from (``None``: the beginning), ``newest`` the time of the newest post seen. A
    failure holds the cursor at ``held_at``, before what it cost, or, with ``is_failed``, where it was. Where
    ``--since`` leaves out what the cursor has not reached, it ``has_gap`` and stays too.
    """

    name: str
    since: datetime | None
    newest: datetime | None = None
    held_at: datetime | None = None
    is_failed: bool = False
    has_gap: bool = False

    def see(self, at: datetime | None) -> None:
        """Note the time of a post, or that of its last change where the source orders by it."""
        if at is not None:
            self.newest = max(at, self.newest or at)

    def hold(self, at: datetime | None) -> None:
        """Keep the cursor from moving past a time, or without one from moving at all."""
        if at is None:
            self.is_failed = True
        else:
            self.held_at = min(at, self.held_at or at)

    @property
    def cursor(self) -> datetime | None:
        """Where the next crawl asks from, less the overlap; ``None`` where the cursor must stay."""
        if self.is_failed or self.has_gap or self.newest is None:
            return None
        return min(self.newest, self.held_at or self.newest)


class SourceSpider(scrapy.Spider):
    """A source: what the watchlist says about ``name``, asked from where the last crawl ended.

    ``keys`` are those of its ``[[source]]``; ``credentials`` the settings without which it is skipped, and
    where to get them. A crawl asks again for the last ``overlap``, since posts show up late. Where a crawl
    without cursors sees fewer posts than ``min_posts``, the watchlist is wrong or the source has changed: an
    error.

    Where a source demands that we delete what it deletes, ``can_recheck`` is set and ``recheck`` asks for
    stored posts again instead of crawling.
    """

    keys: ClassVar[Keys] = {}
    credentials: ClassVar[Mapping[str, str]] = {}
    can_recheck: ClassVar[bool] = False
    min_posts: ClassVar[int] = 1
    overlap: ClassVar[timedelta] = timedelta(days=3)

    allowed_domains: Sequence[str]
    watchlist: Watchlist
    sources: list[Source]
    started: datetime
    data: Path
    key: bytes
    cursors: dict[str, datetime]

    def __init__(
        self, since: datetime | str | None = None, recheck: Sequence[str] = (), **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        if recheck:
            self.start = partial(self.recheck, recheck)  # type: ignore[method-assign] # in the place of a crawl
        self.since = datetime.fromisoformat(since) if isinstance(since, str) else since
        if self.since is not None and self.since.tzinfo is None:
            self.since = self.since.replace(tzinfo=UTC)
        self.targets: list[Target] = []
        self.errors: list[str] = []
        self.n_refused = 0
        self.n_api_requests = 0
        self.rested_until: dict[str, float] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Build the spider for the watchlist and the data folder in the settings."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        path = Path(crawler.settings["HATEMINE_WATCHLIST"])
        spider.watchlist = load_watchlist(path)
        spider.sources = [source for source in spider.watchlist.sources if source.kind == spider.name]
        if not spider.sources and not kwargs.get("recheck"):
            raise WatchlistError(f'{path}: expected a [[source]] with kind = "{spider.name}", found none')
        if missing := [name for name in spider.credentials if not spider.setting(name)]:
            raise MissingCredentials(f"{spider.name}: no {' and no '.join(missing)}; see `hatemine doctor`")
        if hosts := spider.hosts():
            spider.allowed_domains = sorted({host.removeprefix("www.") for host in hosts if host})
        spider.started = datetime.now(UTC)
        spider.data = make_folder(Path(crawler.settings["HATEMINE_DATA"]))
        spider.key = load_key(spider.data, crawler.settings["HATEMINE_SALT"])
        spider.cursors = read_cursors(spider.data, spider.name)
        return spider

    def recheck(self, ids: Sequence[str]) -> AsyncIterator[Any]:
        """Ask for stored posts by ``source_id``; yield them as they are now, or as deleted if gone."""
        raise NotImplementedError(f"{self.name} cannot be asked for single posts")

    def hosts(self) -> set[str]:
        """Return the hosts it may ask besides its ``allowed_domains``: those of the addresses it is given."""
        urls = (
            item["url"]
            for source in self.sources
            for items in source.options.values()
            for item in items
            if isinstance(item, Mapping) and "url" in item
        )
        return {urlsplit(url).hostname or "" for url in urls}

    def setting(self, name: str) -> str | None:
        """Return a credential; a replay needs none and gets a stand-in."""
        stand_in = "replay" if self.settings["HATEMINE_REPLAY"] else None
        value: str | None = self.settings[name] or stand_in
        return value

    def target(self, name: str) -> Target:
        """Return a new target, to ask from ``since``, its cursor less the overlap, or the beginning."""
        cursor = self.cursors.get(name)
        wanted = cursor - self.overlap if cursor else None
        target = Target(name, since=self.since or wanted)
        target.has_gap = self.since is not None and wanted is not None and self.since > wanted
        self.targets.append(target)
        return target

    def deletion(self, source_id: str) -> Post:
        """Return the post that says that its source has deleted another."""
        return Post(source=self.name, source_id=source_id, text="", is_deleted=True, fetched_at=self.started)

    def request(
        self,
        target: Target,
        url: str,
        callback: Callable[..., Any],
        *,
        errback: Callable[[Failure], Any] | None = None,
        at: datetime | None = None,
        headers: Mapping[str, str] | None = None,
        **cb_kwargs: Any,
    ) -> Request:
        """Return a request made for a target, which fails the target if it fails.

        With ``at`` it costs only what is from then on: give it where all that is older does not depend on it.
        """
        return Request(
            url,
            callback=callback,
            errback=errback or self.request_failed,
            headers=dict(headers or {}),
            # Whom a source gives a key of its own need not ask its robots.txt, which is for those without.
            meta={"at": at, "dont_obey_robotstxt": bool(self.credentials)},
            cb_kwargs={"target": target, **cb_kwargs},
        )

    def read(self, target: Target, rows: Iterable[T], to_post: Callable[[T], Post]) -> Iterator[Post]:
        """Yield the posts of rows; one of an unknown shape costs itself, and is asked for again a while."""
        for row in rows:
            try:
                post = to_post(row)
            except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
                message = f"{target.name}: a record has an unknown shape: {said(error)}"
                self.fail(message, target=target, at=self.started - GIVE_UP)
                continue
            target.see(post.posted_at)
            yield post

    def rest(self, url: str, seconds: float) -> None:
        """Ask a host for nothing for a while, as it wishes."""
        if not self.settings["HATEMINE_REPLAY"]:
            host, until = urlsplit(url).hostname or "", time.monotonic() + seconds
            self.rested_until[host] = max(until, self.rested_until.get(host, until))

    def request_failed(self, failure: Failure) -> None:
        """Tell that a request got no answer, or one that is none."""
        request: Request = failure.request  # type: ignore[attr-defined] # Scrapy sets it
        error = failure.value
        is_refused = isinstance(error, Refusal)
        if isinstance(error, HttpError):
            what, is_refused = f"HTTP {error.response.status}", error.response.status in REFUSALS
        elif isinstance(error, IgnoreRequest):
            what = str(error)
        else:
            what = said(error)
        what = what.replace(request.url, "it")
        target, at = request.cb_kwargs["target"], request.meta.get("at")
        self.fail(f"{address_of(request)}: {what}", target=target, at=at, is_refused=is_refused)

    def fail(
        self,
        message: str,
        *,
        target: Target | None = None,
        at: datetime | None = None,
        is_refused: bool = False,
    ) -> None:
        """Tell an error; with a target, its cursor stays where it is or, with ``at``, before that time."""
        message = " ".join(message.split())[:MAX_MESSAGE]
        self.logger.error(message)
        self.errors.append(message)
        self.n_refused += is_refused
        if target is not None:
            # What never gets better, such as a thread that is gone for good, must not hold a cursor for ever.
            target.hold(at and max(at, self.started - GIVE_UP))


def json_of(response: Response) -> Any:
    """Return an answer's JSON, or raise ``BadReply``; whatever content type it claims to be."""
    try:
        return json.loads(response.body)
    except (ValueError, RecursionError) as error:
        raise BadReply(f"expected JSON, found {in_short(response)}: {said(error)}") from error


def page_of(response: Response) -> TextResponse:
    """Return an answer that is a page or a feed, in the encoding it is in, or raise ``BadReply``."""
    if not isinstance(response, TextResponse):
        raise BadReply(f"expected a page, found {in_short(response)}")
    if _FLOOD.search(response.body):
        raise BadReply(f"expected a page, found a tag with 1,000 attributes, {in_short(response)}")
    try:
        # What reads as UTF-8 is UTF-8, whatever it is said to be.
        is_plain = response.body.isascii() or not response.body.decode()
    except UnicodeDecodeError:
        if response.encoding != "utf-8":
            return response
        return response.replace(body=response.body.decode("utf-8", "windows").encode(), encoding="utf-8")
    return response if is_plain or response.encoding == "utf-8" else response.replace(encoding="utf-8")


def _windows(error: UnicodeError) -> tuple[str, int]:
    """Read bytes that are no UTF-8 as what they mostly are: words pasted from Windows."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error("windows", _windows)


def in_short(response: Response) -> str:
    """Say what an answer is: its type, and the title of a page, which tells a login wall from a mishap."""
    kind = (response.headers.get("Content-Type") or b"no content type").decode("latin-1")
    title = re.search(rb"<title[^>]*>([^<]{1,200})", response.body[:20_000], re.IGNORECASE)
    said_so = f" with the title {title[1].decode('utf-8', 'replace').strip()!r}" if title else ""
    return f"{kind}{said_so}, {len(response.body)} bytes"


def said(error: BaseException | None) -> str:
    """Return an error in words: those of ours say all, others begin with their type."""
    if isinstance(error, BadReply | Refusal | Mistake):
        return str(error)
    return f"{type(error).__name__}: {error}"


def address_of(request: Request) -> str:
    """Return the address that was asked for, and the one that redirects led to; long ones in short."""
    asked, *_ = request.meta.get("redirect_urls", [request.url])
    address = asked if len(asked) <= MAX_ADDRESS else f"{asked[:MAX_ADDRESS]}…"
    return address if asked == request.url else f"{address} (led to {request.url[:100]})"


def spider_of(crawler: Crawler) -> SourceSpider:
    """Return the spider of a crawler that has one by now."""
    return cast("SourceSpider", crawler.spider)

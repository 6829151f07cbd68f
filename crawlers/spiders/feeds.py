"""Entries of feeds: RSS, Atom and JSON Feed of blogs, forums, news, alerts, and of the comments there."""

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import ClassVar
from urllib.parse import urlsplit

from scrapy.http import Request, Response

from crawlers.feed import Entry, feed_of
from crawlers.pipelines import redact, tidy
from crawlers.post import Post, content_id
from crawlers.redaction import redacted_url, without_name
from crawlers.shape import TEXT, URL, Keys
from crawlers.spider import BadReply, SourceSpider, Target, in_short

FIRST_CRAWL = timedelta(days=365)
ADDRESS = re.compile(r"(?:https?://|tag:|urn:)\S+")


class FeedsSpider(SourceSpider):
    """Reads each feed of the watchlist, and its older pages where it names them (RFC 5005).

    A feed that breaks off gives what it has, and is asked for again. One without entries is an error once it
    had some.
    """

    name = "feeds"
    keys: ClassVar[Keys] = {"feeds": {"url": URL, "about": TEXT}}

    async def start(self) -> AsyncIterator[Request]:
        """Ask for each feed."""
        for source in self.sources:
            for feed in source.options["feeds"]:
                target = self.target(feed["url"])
                yield self.request(target, feed["url"], self.parse_feed, feed=feed, seen=set())

    def parse_feed(
        self, response: Response, target: Target, feed: Mapping[str, str], seen: set[str]
    ) -> Iterator[Post | Request]:
        """Read a page of a feed, and ask for the next one unless all of this is old or known."""
        kind = (response.headers.get("Content-Type") or b"").decode("latin-1")
        page = feed_of(response.body, kind, response.url)
        if page is None:
            raise BadReply(f"expected a feed, found {in_short(response)}")
        read = partial(to_post, feed=feed, fetched_at=self.started)
        posts = list(self.read(target, page.rows, lambda row: read(page.entry(row))))
        yield from posts
        if page.odd_dates:
            n, example = len(page.odd_dates), page.odd_dates[0]
            self.fail(
                f"{target.name}: {n} dates of an unknown form, such as {example!r}; their posts have none"
            )
        if page.is_cut:
            self.fail(f"{target.name}: the feed breaks off after {len(posts)} entries", target=target)
        elif not page.rows and not seen and target.name in self.cursors:
            self.fail(f"{target.name}: an empty feed, and it had entries", target=target)
        new = {post.source_id for post in posts} - seen
        seen.update(new)
        since = target.since or self.started - FIRST_CRAWL
        is_known = all(post.posted_at and post.posted_at < since for post in posts)
        # Some name the next page on the host they are made on, which the watchlist does not.
        is_here = page.following and host_of(page.following) == host_of(response.url)
        if page.following and is_here and new and not is_known:
            yield self.request(target, page.following, self.parse_feed, feed=feed, seen=seen)


def to_post(entry: Entry, feed: Mapping[str, str], fetched_at: datetime) -> Post:
    """Read an entry. Without an id or an address of its own, a hash of what it says identifies it."""
    idents = (ident_of(name, entry.author, feed["url"]) for name in (entry.ident, entry.link))
    ident = next((ident for ident in idents if ident), None)
    is_personal = entry.link is None or ident_of(entry.link, entry.author, feed["url"]) is None
    post = Post(
        source="feeds",
        source_id=ident or "",
        parent_id=ident_of(entry.answers, None, feed["url"]),
        url=None if is_personal else entry.link,
        community=host_of(feed["url"]),
        title=entry.title,
        text=entry.text,
        author=entry.author,
        posted_at=entry.posted_at,
        edited_at=entry.edited_at,
        n_replies=entry.n_replies,
        lang=entry.lang,
        about=feed.get("about"),
        fetched_at=fetched_at,
    )
    if ident:
        return post
    said = redact(tidy(post))
    return replace(post, source_id=content_id(feed["url"], post.posted_at, said.title, said.text))


def ident_of(name: str | None, author: str | None, feed_url: str) -> str | None:
    """Return an id that is one on the whole web; ``None`` where it names a person, as those of a user do."""
    if not name or re.search("/@|/r/u_", name):
        return None
    if without_name(redacted_url(name), author or "") != name:
        return None
    return name if ADDRESS.fullmatch(name) else f"{host_of(feed_url)}/{name}"


def host_of(url: str) -> str:
    """Return the host of an address."""
    return urlsplit(url).hostname or ""

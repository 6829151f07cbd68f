"""Threads and boards of forums, read from their pages."""

import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, ClassVar
from urllib.parse import urlsplit

from parsel import Selector
from scrapy.http import Request, Response

from crawlers.post import Post
from crawlers.redaction import without_name
from crawlers.shape import TEXT, URL, Keys
from crawlers.spider import GIVE_UP, BadReply, SourceSpider, Target, page_of
from crawlers.thread import (
    ForumPage,
    ThreadPost,
    decoded,
    forum_page,
    generator,
    schema_posts,
    why_no_forum,
)

FIRST_CRAWL = timedelta(days=365)
"""How far back a board is read at first; a thread of the watchlist is read from its beginning."""
FIRST_BOARD_PAGES = 20
"""So many pages of a board are read at first; a busy one has a year's threads on hundreds."""
UNDATED_BOARD_PAGES = 5
"""So many are read at every crawl where a board does not tell when its threads were active."""


@dataclass(frozen=True, kw_only=True)
class Walk:
    """A walk through the pages of a thread or a board: from where on in time, and what was met on the way.

    ``first`` is the thread's first post. A walk goes ``back`` where it began at the last page, and has
    ``jumped`` to the first page where the address given was another's.
    """

    about: str | None
    since: datetime | None
    seen: set[str] = field(default_factory=set)
    first: str | None = None
    back: bool = False
    jumped: bool = False
    n_pages: int = 1


class ForumSpider(SourceSpider):
    """Reads each thread of the watchlist, and of each board the threads that have new posts.

    The software of a forum is found out from its pages; ``crawlers.platforms`` says where each has what. A
    thread that was read before is read from its last page back, if its first page has a link to that. What
    people quote of others is left out, and so is all that a post has besides its author's words.
    """

    name = "forum"
    keys: ClassVar[Keys] = {"pages": {"url": URL, "about": TEXT}}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.day_first: dict[str, bool | None] = {}

    async def start(self) -> AsyncIterator[Request]:
        """Ask for each page."""
        for source in self.sources:
            for page in source.options["pages"]:
                target = self.target(page["url"])
                walk = Walk(about=page.get("about"), since=target.since)
                yield self.request(target, page["url"], self.parse_page, walk=walk)

    def parse_page(self, response: Response, target: Target, walk: Walk) -> Iterator[Post | Request]:
        """Find out what a page of the watchlist is, and read it."""
        page = self.page(response)
        if page is None:
            yield from self.parse_unknown(response, target, walk)
        elif page.rows:
            yield from self.parse_thread(response, target, walk)
        else:
            since = walk.since or self.started - FIRST_CRAWL
            yield from self.parse_board(response, target, replace(walk, since=since))

    def parse_unknown(self, response: Response, target: Target, walk: Walk) -> Iterator[Post]:
        """Read a page of unknown software that marks its posts for search engines."""
        html = _html(response)
        posts, problems = schema_posts(html, response.url, self.started)
        for problem in problems:
            self.fail(f"{response.url}: {problem}", target=target)
        if not posts:
            raise BadReply(f"no forum software known here; found {generator(html)} and {why_no_forum(html)}")
        walk = replace(walk, first=posts[0].ident)
        yield from self.read(
            target, posts, partial(to_post, walk=walk, url=response.url, fetched_at=self.started)
        )

    def parse_thread(self, response: Response, target: Target, walk: Walk) -> Iterator[Post | Request]:
        """Read a page of a thread, and ask for another as long as they bring posts that are new."""
        page = self.page(response)
        if page is None or not page.rows:
            raise BadReply(f"no posts{self.found(response, page)}")
        is_start, at = walk.first is None, response.meta.get("at")
        if is_start and page.first and not walk.jumped:
            walk = replace(walk, jumped=True)
            yield self.request(target, page.first, self.parse_thread, at=at, walk=walk)
            return
        title = page.title if is_start and page.previous is None else None
        walk = replace(walk, first=walk.first or next(filter(None, map(page.ident, page.rows)), None))

        def read(row: Selector) -> Post:
            return to_post(page.post(row), walk=walk, url=page.url, title=title, fetched_at=self.started)

        posts = [post for post in self.read(target, page.rows, read) if post.source_id not in walk.seen]
        if not posts:
            return  # the end, or a page that repeats another
        yield from posts
        walk.seen.update(post.source_id for post in posts)
        times = [post.posted_at for post in posts if not post.is_deleted]
        following: str | None
        if is_start and walk.since and page.last:
            walk, following = replace(walk, back=True), page.last
        elif walk.back:
            # The first page was the first to be read.
            is_end = page.number == 2 or _are_old(times, walk.since)
            following = None if is_end else page.previous
        else:
            following = page.next
        if following:
            request = self.request(target, following, self.parse_thread, at=at, walk=walk)
            # Where the watchlist has the second page, this walk comes to it again.
            yield request.replace(dont_filter=True)

    def parse_board(self, response: Response, target: Target, walk: Walk) -> Iterator[Request]:
        """Ask for the threads of a page of a board that have new posts, and for the next page."""
        page = self.page(response)
        links = page.threads if page else []
        if not links:
            raise BadReply(f"neither posts nor threads{self.found(response, page)}")
        links = [link for link in links if link.url not in walk.seen]
        walk.seen.update(link.url for link in links)
        # A thread that nobody may read must not hold the whole board for ever.
        at = max(target.since or self.started - GIVE_UP, self.started - GIVE_UP)
        for link in links:
            if not _are_old([link.active_at], walk.since):
                thread = Walk(about=walk.about, since=walk.since)
                yield self.request(target, link.url, self.parse_thread, at=at, walk=thread)
        times = [link.active_at for link in links if not link.is_pinned]
        following = page.next if page else None
        if not links or not following or (times and _are_old(times, walk.since)):
            return
        n_most = FIRST_BOARD_PAGES if target.since is None else sys.maxsize
        if walk.n_pages >= (n_most if any(times) else UNDATED_BOARD_PAGES):
            self.logger.info("%s: read %d pages of the board, there are more", target.name, walk.n_pages)
            return
        yield self.request(target, following, self.parse_board, walk=replace(walk, n_pages=walk.n_pages + 1))

    def page(self, response: Response) -> ForumPage | None:
        """Return an answer as a page of a forum, if it is one."""
        host = _host(response.url)  # whose other pages may tell how it writes dates
        page = forum_page(_html(response), response.url, self.started, self.day_first.get(host))
        if page is not None:
            self.day_first[host] = page.day_first
        return page

    def found(self, response: Response, page: ForumPage | None) -> str:
        """Say what stands in the place of posts or threads."""
        html = _html(response)
        where = f" where {page.platform.name} has them" if page else f"; {generator(html)}"
        what = why_no_forum(html)
        return f"{where}, but {what}" + ("; the layout may have changed" if what.startswith("a page") else "")


def to_post(
    post: ThreadPost, *, walk: Walk, url: str, fetched_at: datetime, title: str | None = None
) -> Post:
    """Read a post of the thread that begins with ``walk.first``, which alone has the thread's title."""
    host = _host(url)
    is_first = post.ident == walk.first
    parent = None if is_first else post.quoted if post.quoted not in (None, post.ident) else walk.first
    writer = post.member or post.author
    return Post(
        source="forum",
        source_id=f"{host}/{post.ident}",
        parent_id=f"{host}/{parent}" if parent and not post.is_deleted else None,
        url=post.url,
        community=host,
        title=(title or post.title) if is_first else None,
        text=without_name(post.text, post.author) if post.author else post.text,
        author=f"{host}/{writer}" if writer else None,
        posted_at=post.posted_at,
        edited_at=post.edited_at,
        score=post.score,
        about=walk.about,
        is_deleted=post.is_deleted,
        fetched_at=fetched_at,
    )


def _are_old(times: list[datetime | None], since: datetime | None) -> bool:
    return since is not None and all(time is not None and time < since for time in times)


def _html(response: Response) -> str:
    return decoded(response.body, page_of(response).text)


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")

"""Stories, polls and comments of Hacker News, through Algolia's search."""

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, ClassVar
from urllib.parse import urlencode

from scrapy.http import Request, Response

from crawlers.markup import plain
from crawlers.post import Post
from crawlers.shape import TEXT, Keys
from crawlers.spider import SourceSpider, Target, json_of

API = "https://hn.algolia.com/api/v1"
PAGE = "https://news.ycombinator.com/item?id="
FIRST_CRAWL = timedelta(days=365)
PAGE_SIZE = 1000  # the most there is


@dataclass(frozen=True, kw_only=True)
class Search:
    """One page of a search for posts from ``since`` until before ``before``, in seconds."""

    query: str
    tag: str
    since: int
    before: int | None = None
    page: int = 0
    seen: set[str] = field(default_factory=set)

    @property
    def url(self) -> str:
        """The address of this page."""
        until = f",created_at_i<{self.before}" if self.before else ""
        parameters = {
            "query": self.query,
            "tags": f"({self.tag})",
            "numericFilters": f"created_at_i>{self.since}{until}",
            "hitsPerPage": PAGE_SIZE,
            "page": self.page,
        }
        return f"{API}/search_by_date?{urlencode(parameters)}"


class HackernewsSpider(SourceSpider):
    """Searches for each query, newest first, and reads the thread of each story found.

    A query that is the address of an item's page reads that item and all below it.
    """

    name = "hackernews"
    overlap = timedelta(days=14)  # a story can be answered for so long
    keys: ClassVar[Keys] = {"queries": TEXT}
    allowed_domains = ("hn.algolia.com",)

    async def start(self) -> AsyncIterator[Request]:
        """Ask for each query's stories, polls and comments, or for the item it is the address of."""
        queries = (query for source in self.sources for query in self.watchlist.queries(source))
        for query in dict.fromkeys(queries):
            if item := re.fullmatch(re.escape(PAGE) + r"(\d+)", query):
                yield self.thread(self.target(query), item[1])
                continue
            for tag in ("story", "poll", "comment"):
                target = self.target(f"{query} ({tag})")
                since = target.since or self.started - FIRST_CRAWL
                yield self.page(target, Search(query=query, tag=tag, since=int(since.timestamp())))

    def page(self, target: Target, search: Search) -> Request:
        """Return the request for a page of a search."""
        return self.request(target, search.url, self.parse_page, search=search)

    def thread(self, target: Target, item_id: str, at: datetime | None = None) -> Request:
        """Return the request for an item, posted ``at``, and all below it."""
        return self.request(target, f"{API}/items/{item_id}", self.parse_thread, at=at)

    def parse_page(self, response: Response, target: Target, search: Search) -> Iterator[Post | Request]:
        """Read a page of a search, then its threads and the next page."""
        reply = json_of(response)
        hits = {id_: hit for hit in reply["hits"] if (id_ := hit.get("objectID")) not in search.seen}
        if not hits:
            return  # the end, or a page that repeats another
        yield from self.read(target, hits.values(), partial(hit_to_post, fetched_at=self.started))
        for item_id, hit in hits.items():
            if item_id and hit.get("num_comments"):
                yield self.thread(target, item_id, datetime.fromtimestamp(hit["created_at_i"], UTC))
        search.seen.update(hits)
        if search.page + 1 < reply["nbPages"]:
            yield self.page(target, replace(search, page=search.page + 1))
        elif reply["nbHits"] > (search.page + 1) * PAGE_SIZE:
            # A search gives 1,000 hits at most: another one goes on where it ended, in the same second.
            oldest = min(hit["created_at_i"] for hit in hits.values())
            if oldest + 1 == search.before:
                self.fail(f"{target.name}: more than {PAGE_SIZE} hits in second {oldest}", target=target)
                return
            yield self.page(target, replace(search, page=0, before=oldest + 1))

    def parse_thread(self, response: Response, target: Target) -> Iterator[Post]:
        """Read an item and all below it."""
        items = every_item(json_of(response))
        yield from self.read(target, items, partial(item_to_post, fetched_at=self.started))


def every_item(item: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield an item and all below it, parents first; a poll's options are none of our posts."""
    waiting = [item]
    while waiting:
        item = waiting.pop(0)
        if item["type"] != "pollopt":
            yield item
        waiting.extend(item["children"])


def hit_to_post(hit: Mapping[str, Any], fetched_at: datetime) -> Post:
    """Read a hit of a search."""
    is_comment = "comment" in hit["_tags"]
    return Post(
        source="hackernews",
        source_id=hit["objectID"],
        parent_id=str(hit["parent_id"]) if is_comment else None,
        url=PAGE + hit["objectID"],
        title=None if is_comment else hit["title"],
        text=plain(hit["comment_text"] if is_comment else hit.get("story_text") or ""),
        author=hit["author"],
        posted_at=datetime.fromtimestamp(hit["created_at_i"], UTC),
        score=hit.get("points"),
        n_replies=hit.get("num_comments"),
        fetched_at=fetched_at,
    )


def item_to_post(item: Mapping[str, Any], fetched_at: datetime) -> Post:
    """Read an item of a thread; one that was deleted has neither author nor text."""
    is_comment = item["type"] == "comment"
    return Post(
        source="hackernews",
        source_id=str(item["id"]),
        parent_id=str(item["parent_id"]) if is_comment else None,
        url=f"{PAGE}{item['id']}",
        title=None if is_comment else item["title"],
        text=plain(item["text"] or ""),
        author=item["author"],
        posted_at=datetime.fromtimestamp(item["created_at_i"], UTC),
        score=item["points"],
        is_deleted=item["author"] is None and not item["text"],
        fetched_at=fetched_at,
    )

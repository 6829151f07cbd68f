"""Posts and comments of Lemmy, through the API of its instances."""

import html
import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, ClassVar
from urllib.parse import urlencode, urlsplit

from scrapy.http import Request, Response

from crawlers.activitypub import source_id_of, url_of
from crawlers.dates import in_utc
from crawlers.post import Post
from crawlers.redaction import without_name
from crawlers.shape import HOST, TEXT, Keys, Shape
from crawlers.spider import BadReply, SourceSpider, Target, json_of

PAGE_SIZE = 50  # the most there is
FIRST_CRAWL = timedelta(days=365)
COMMUNITY = Shape(
    'a community ("technology" or "technology@nest.example")', r"\w+(@[\w-]+(\.[\w-]+)+(:\d+)?)?"
)
ADDRESS = re.compile(r"https://(?P<instance>[\w.:-]+)/post/(?P<id>\d+)/?")

Parameters = Mapping[str, str | int]


@dataclass(frozen=True, kw_only=True)
class Listing:
    """A page of what an instance lists, be it posts or comments.

    ``at`` is when the post was posted whose thread this is; ``known`` are the comments met in it, by their
    numbers on the instance.
    """

    path: str
    parameters: Parameters
    rows: str
    at: datetime | None = None
    page: int = 1
    known: dict[int, str] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)

    @property
    def is_thread(self) -> bool:
        """Whether these are the comments of a single post, the oldest first; else the newest are."""
        return "post_id" in self.parameters

    @property
    def query(self) -> str:
        """The path and the parameters of this page."""
        return f"{self.path}?{urlencode({**self.parameters, 'limit': PAGE_SIZE, 'page': self.page})}"


class LemmySpider(SourceSpider):
    """Reads, per instance, the posts and comments of each community and what each query finds, with threads.

    Without communities and queries, the brands' names are the queries. A query that is the address of a post
    reads that and its comments.
    """

    name = "lemmy"
    keys: ClassVar[Keys] = {"instances": HOST, "communities": COMMUNITY, "queries": TEXT}

    def hosts(self) -> set[str]:
        """Return the instances, and those of the addresses among the queries."""
        instances = {instance for source in self.sources for instance in source.options["instances"]}
        queries = (query for source in self.sources for query in source.options["queries"])
        instances |= {address["instance"] for query in queries if (address := ADDRESS.fullmatch(query))}
        return {urlsplit(f"//{instance}").hostname or "" for instance in instances}

    async def start(self) -> AsyncIterator[Request]:
        """Ask each instance for each community and each query, and for the posts given as addresses."""
        for source in self.sources:
            instances, communities = source.options["instances"], source.options["communities"]
            queries = source.options["queries"] or (() if communities else self.watchlist.queries(source))
            for address in filter(None, map(ADDRESS.fullmatch, queries)):
                yield self.post(address["instance"], address["id"])
            searches = [query for query in queries if not ADDRESS.fullmatch(query)]
            if not instances and (communities or searches):
                self.fail("[[source]] (lemmy): expected instances to ask, found none")
            for instance in instances:
                for community in communities:
                    yield self.community(instance, community, "post")
                    yield self.community(instance, community, "comment")
                for query in searches:
                    yield self.search(instance, query, "Posts")
                    yield self.search(instance, query, "Comments")

    def community(self, instance: str, name: str, what: str) -> Request:
        """Return the request for the newest posts or comments of a community."""
        parameters: Parameters = {"community_name": name, "type_": "All", "sort": "New"}
        listing = Listing(path=f"{what}/list", parameters=parameters, rows=f"{what}s")
        return self.page(self.target(f"{instance} {name} {what}s"), instance, listing)

    def search(self, instance: str, query: str, what: str) -> Request:
        """Return the request for the newest posts or comments that a query finds."""
        # Without `listing_type` an instance searches what it likes, such as its own communities.
        parameters: Parameters = {"q": query, "type_": what, "listing_type": "All", "sort": "New"}
        listing = Listing(path="search", parameters=parameters, rows=what.lower())
        return self.page(self.target(f"{instance} search {query} ({what.lower()})"), instance, listing)

    def post(self, instance: str, post_id: str) -> Request:
        """Return the request for a single post."""
        target = self.target(f"{instance}/post/{post_id}")
        url = f"https://{instance}/api/v3/post?id={post_id}"
        return self.request(target, url, self.parse_post, instance=instance)

    def page(self, target: Target, instance: str, listing: Listing) -> Request:
        """Return the request for a page of a listing."""
        url = f"https://{instance}/api/v3/{listing.query}"
        return self.request(target, url, self.parse_page, at=listing.at, instance=instance, listing=listing)

    def thread(self, target: Target, instance: str, post_id: int, at: datetime | None) -> Request:
        """Return the request for the comments of a post of that time, so that each comes after its parent.

        Not with ``max_depth``: then Lemmy has no pages, and gives 300 comments at most (issues 3585 and 4543
        of LemmyNet/lemmy).
        """
        parameters: Parameters = {"post_id": post_id, "type_": "All", "sort": "Old"}
        listing = Listing(path="comment/list", parameters=parameters, rows="comments", at=at)
        return self.page(target, instance, listing)

    def parse_post(self, response: Response, target: Target, instance: str) -> Iterator[Post | Request]:
        """Read a single post, and ask for its thread."""
        view = json_of(response)["post_view"]
        read = partial(to_post, instance=instance, known={}, fetched_at=self.started)
        for post in self.read(target, [view], read):
            yield post
            if post.n_replies:
                yield self.thread(target, instance, view["post"]["id"], None)

    def parse_page(
        self, response: Response, target: Target, instance: str, listing: Listing
    ) -> Iterator[Post | Request]:
        """Read a page, then the threads of posts that a search found, and the next page."""
        views = json_of(response)[listing.rows]
        if not isinstance(views, list):
            raise BadReply(f"expected a list of {listing.rows}, found {type(views).__name__}")
        listing.known.update(comment_ids(views))
        read = partial(to_post, instance=instance, known=listing.known, fetched_at=self.started)
        new = []
        for view in views:
            for post in self.read(target, [view], read):
                if post.source_id in listing.seen:
                    continue
                yield post
                new.append(post)
                if listing.path == "search" and listing.rows == "posts" and post.n_replies:
                    yield self.thread(target, instance, view["post"]["id"], post.posted_at)
        listing.seen.update(post.source_id for post in new)
        since = target.since or self.started - FIRST_CRAWL
        # A community's pinned posts are old and come first, but on a page with the newest.
        is_old = not listing.is_thread and all(post.posted_at and post.posted_at < since for post in new)
        is_last = len(views) < PAGE_SIZE or not new  # or it repeats another
        if not is_last and not is_old:
            yield self.page(target, instance, replace(listing, page=listing.page + 1))


def comment_ids(views: Sequence[Any]) -> dict[int, str]:
    """Return the ``source_id`` of each comment by its number on the instance, by which answers name it."""
    ids = {}
    for view in views:
        try:
            ids[int(view["comment"]["id"])] = source_id_of(view["comment"]["ap_id"])
        except (LookupError, TypeError, ValueError, AttributeError):
            continue  # a post, or told when it is read
    return ids


def to_post(view: Mapping[str, Any], instance: str, known: Mapping[int, str], fetched_at: datetime) -> Post:
    """Read a post or a comment; a comment whose parent is not known answers the post."""
    is_comment = "comment" in view
    row = view["comment" if is_comment else "post"]
    source_id, name = source_id_of(row["ap_id"]), view["creator"]["name"]
    page = f"https://{instance}/{'comment' if is_comment else 'post'}/{row['id']}"
    # Not name@host, which looks like an e-mail.
    community = f"{urlsplit(view['community']['actor_id']).hostname}/c/{view['community']['name']}"
    parent_id = None
    if is_comment:  # its path is 0.1.2, with the numbers of all above it
        above = int(row["path"].split(".")[-2])
        parent_id = known.get(above) or source_id_of(view["post"]["ap_id"])
    return Post(
        source="lemmy",
        source_id=source_id,
        parent_id=parent_id,
        url=url_of(source_id) or page,
        community=community,
        title=None if is_comment else without_name(row["name"], name),
        # Markdown: tags are words in it, entities are not.
        text=without_name(html.unescape(row["content"] if is_comment else row.get("body") or ""), name),
        author=view["creator"]["actor_id"],
        posted_at=in_utc(datetime.fromisoformat(row["published"])),
        edited_at=in_utc(datetime.fromisoformat(row["updated"])) if row.get("updated") else None,
        score=view["counts"]["score"],
        n_replies=view["counts"]["child_count" if is_comment else "comments"],
        is_deleted=row["deleted"] or row["removed"],
        fetched_at=fetched_at,
    )

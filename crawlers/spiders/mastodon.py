"""Statuses of the fediverse, through the API of Mastodon instances."""

import re
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property, partial
from typing import Any, ClassVar
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from requests.utils import parse_header_links
from scrapy.http import Request, Response

from crawlers.activitypub import source_id_of, url_of
from crawlers.dates import in_utc
from crawlers.errors import Mistake
from crawlers.markup import plain
from crawlers.post import Post
from crawlers.redaction import without_name
from crawlers.shape import HOST, TEXT, Keys, Shape
from crawlers.spider import BadReply, SourceSpider, Target, json_of

PAGE_SIZE = 40  # the most there is
FIRST_CRAWL = timedelta(days=365)
TAG = Shape("a hashtag without #", r"\w*[^\W\d]\w*")
# https://hatch.example/@ada/1, /users/ada/statuses/1 or, without a person, /statuses/1.
ADDRESS = re.compile(r"https://(?P<instance>[\w.:-]+)/(?:@[^/]+/|(?:users/[^/]+/)?statuses/)(?P<id>\w+)/?")
_TAG = re.compile(r"</?(?:del|ruby|rt|rp)(?:\s[^<>]*)?>")  # of those an instance lets pass

Parameters = Mapping[str, str | int]
Callback = Callable[..., Iterator[Post | Request]]


@dataclass(frozen=True, kw_only=True)
class Listing:
    """A page of an instance's timeline of a tag, or of its search; both have the newest first."""

    path: str
    parameters: Parameters
    seen: set[str] = field(default_factory=set)

    @property
    def is_search(self) -> bool:
        """Whether the next page is found by its offset; a timeline's by a link."""
        return "offset" in self.parameters

    def following(self, response: Response, n_rows: int) -> "Listing | None":
        """Return the next page, if there is one."""
        if self.is_search:
            offset = int(self.parameters["offset"]) + n_rows
            return replace(self, parameters={**self.parameters, "offset": offset})
        links = parse_header_links((response.headers.get("Link") or b"").decode("latin-1"))
        link = next((link["url"] for link in links if link.get("rel") == "next"), "")
        # Of the link only this: an instance must not lead us, and the token with us, elsewhere.
        max_id = parse_qs(urlsplit(link).query).get("max_id")
        return replace(self, parameters={**self.parameters, "max_id": max_id[0]}) if max_id else None


class MastodonSpider(SourceSpider):
    """Reads, per instance, the timeline of each tag and what each query finds, with all replies.

    Without tags and queries, the brands' names are the tags. Instances search for those only who log in, and
    find nothing for others: HATEMINE_MASTODON_TOKENS has their tokens. A query that is the address of a
    status reads that and its thread.
    """

    name = "mastodon"
    keys: ClassVar[Keys] = {"instances": HOST, "tags": TAG, "queries": TEXT}

    def hosts(self) -> set[str]:
        """Return the instances, and those of the addresses among the queries."""
        instances = {instance for source in self.sources for instance in source.options["instances"]}
        queries = (query for source in self.sources for query in source.options["queries"])
        instances |= {address["instance"] for query in queries if (address := ADDRESS.fullmatch(query))}
        return {urlsplit(f"//{instance}").hostname or "" for instance in instances}

    @cached_property
    def tokens(self) -> Mapping[str, str]:
        """The access tokens by instance."""
        pairs = (self.settings.get("HATEMINE_MASTODON_TOKENS") or "").split()
        if not all(re.fullmatch(r"[^=]+=.+", pair) for pair in pairs):
            raise Mistake("HATEMINE_MASTODON_TOKENS: expected instance=token, with spaces between several")
        return dict(pair.split("=", 1) for pair in pairs)

    async def start(self) -> AsyncIterator[Request]:
        """Ask each instance for each tag and each query, and for the statuses given as addresses."""
        for source in self.sources:
            instances, queries = source.options["instances"], source.options["queries"]
            for address in filter(None, map(ADDRESS.fullmatch, queries)):
                for request in self.status(address["instance"], address["id"]):
                    yield request
            searches = [query for query in queries if not ADDRESS.fullmatch(query)]
            tags = source.options["tags"] or (() if queries else self.name_tags())
            if not instances and (tags or searches):
                self.fail("[[source]] (mastodon): expected instances to ask, found none")
            for instance in instances:
                for tag in dict.fromkeys(tag.lower() for tag in tags):
                    yield self.timeline(instance, tag)
                if searches and not self.token(instance):
                    why = "its search finds nothing for those who do not log in; see HATEMINE_MASTODON_TOKENS"
                    self.fail(f"{instance}: {why}", is_refused=True)
                    continue
                for query in searches:
                    yield self.search(instance, query)

    def name_tags(self) -> Sequence[str]:
        """Return the brands' names and aliases as hashtags: letters and digits, and not digits only."""
        names = (name for brand in self.watchlist.brands for name in brand.names)
        tags = ("".join(filter(str.isalnum, name)) for name in names)
        return [tag for tag in tags if re.fullmatch(TAG.pattern, tag)]

    def token(self, instance: str) -> str | None:
        """Return the access token for an instance; a replay needs none and gets a stand-in."""
        return "replay" if self.settings["HATEMINE_REPLAY"] else self.tokens.get(instance)

    def status(self, instance: str, status_id: str) -> Iterator[Request]:
        """Yield the requests for a status and for its thread."""
        target = self.target(f"{instance}/statuses/{status_id}")
        yield self.ask(target, instance, f"/api/v1/statuses/{status_id}", self.parse_status)
        yield self.thread(target, instance, status_id, known={})

    def timeline(self, instance: str, tag: str) -> Request:
        """Return the request for the newest statuses with a tag."""
        listing = Listing(path=f"/api/v1/timelines/tag/{quote(tag)}", parameters={"limit": PAGE_SIZE})
        return self.page(self.target(f"{instance} #{tag}"), instance, listing)

    def search(self, instance: str, query: str) -> Request:
        """Return the request for the newest statuses that a query finds."""
        parameters: Parameters = {"type": "statuses", "q": query, "limit": PAGE_SIZE, "offset": 0}
        listing = Listing(path="/api/v2/search", parameters=parameters)
        return self.page(self.target(f"{instance} search {query}"), instance, listing)

    def page(self, target: Target, instance: str, listing: Listing) -> Request:
        """Return the request for a page of a listing."""
        path = f"{listing.path}?{urlencode(listing.parameters)}"
        return self.ask(target, instance, path, self.parse_page, listing=listing)

    def thread(
        self,
        target: Target,
        instance: str,
        status_id: str,
        known: Mapping[str, str],
        at: datetime | None = None,
    ) -> Request:
        """Return the request for what a status, posted ``at``, answers and what answers it."""
        path = f"/api/v1/statuses/{status_id}/context"
        return self.ask(target, instance, path, self.parse_thread, at=at, known=known)

    def ask(self, target: Target, instance: str, path: str, callback: Callback, **more: Any) -> Request:
        """Return a request to an instance, logged in where there is a token."""
        token = self.token(instance)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        url = f"https://{instance}{path}"
        return self.request(target, url, callback, headers=headers, instance=instance, **more)

    def parse_page(
        self, response: Response, target: Target, instance: str, listing: Listing
    ) -> Iterator[Post | Request]:
        """Read a page of a listing, then its threads and the next page."""
        reply = json_of(response)
        rows = reply["statuses"] if listing.is_search else reply
        if not isinstance(rows, list):
            raise BadReply(f"expected a list of statuses, found {type(rows).__name__}")
        known = source_ids(rows)
        new = known.keys() - listing.seen
        read = partial(to_post, instance=instance, known=known, fetched_at=self.started)
        times = []
        for row in rows:
            if not is_ours(row) or id_of(row) in listing.seen:
                continue
            for post in self.read(target, [row], read):
                yield post
                times.append(post.posted_at)
                if post.n_replies:
                    yield self.thread(target, instance, row["id"], known, post.posted_at)
        listing.seen.update(new)
        since = target.since or self.started - FIRST_CRAWL
        is_old = bool(times) and all(time and time < since for time in times)
        following = listing.following(response, len(rows))
        if new and following and not is_old:  # a page with nothing new repeats another
            yield self.page(target, instance, following)

    def parse_status(self, response: Response, target: Target, instance: str) -> Iterator[Post | Request]:
        """Read a single status."""
        read = partial(to_post, instance=instance, known={}, fetched_at=self.started)
        yield from self.read(target, filter(is_ours, [json_of(response)]), read)

    def parse_thread(
        self, response: Response, target: Target, instance: str, known: Mapping[str, str]
    ) -> Iterator[Post | Request]:
        """Read a thread; who does not log in gets 60 replies, so go on from those whose own are missing."""
        reply = json_of(response)
        rows = [*reply["ancestors"], *reply["descendants"]]
        known = {**known, **source_ids(rows)}
        read = partial(to_post, instance=instance, known=known, fetched_at=self.started)
        answered = {row.get("in_reply_to_id") for row in rows if isinstance(row, dict)}
        below = {id_of(row) for row in reply["descendants"]}
        for row in filter(is_ours, rows):
            for post in self.read(target, [row], read):
                yield post
                if post.n_replies and row["id"] in below - answered:
                    yield self.thread(target, instance, row["id"], known, post.posted_at)


def is_ours(row: Any) -> bool:
    """Tell whether a status is no boost of another, and public: a token also shows what is not."""
    return not isinstance(row, dict) or (
        not row.get("reblog") and row.get("visibility", "public") in ("public", "unlisted")
    )


def id_of(row: Any) -> str:
    """Return a status's id on the instance; a row without one is nothing yet, and told when it is read."""
    return str(row.get("id", "")) if isinstance(row, dict) else ""


def source_ids(rows: Sequence[Any]) -> dict[str, str]:
    """Return the ``source_id`` of each status by its id on the instance, by which answers name it."""
    ids = {}
    for row in rows:
        try:
            ids[id_of(row)] = source_id_of(row["uri"])
        except (LookupError, TypeError, ValueError, AttributeError):
            continue  # told when it is read
    return ids


def words_of(content: str) -> str:
    """Return the text of a status's HTML, in which spaces and line ends mean nothing."""
    return plain(_TAG.sub("", " ".join(content.split())))


def to_post(row: Mapping[str, Any], instance: str, known: Mapping[str, str], fetched_at: datetime) -> Post:
    """Read a status. One that answers another of which nothing is known answers one of the instance."""
    source_id, username, parent = source_id_of(row["uri"]), row["account"]["username"], row["in_reply_to_id"]
    page = f"https://{instance}/statuses/{row['id']}"
    return Post(
        source="mastodon",
        source_id=source_id,
        parent_id=known.get(parent, f"{instance}/statuses/{parent}") if parent else None,
        # The status's own `url` has its author's name in it.
        url=url_of(source_id) or page,
        title=without_name(row["spoiler_text"], username) or None,
        text=without_name(words_of(row["content"]), username),
        # `acct` has no host on the author's own instance.
        author=f"{username}@{urlsplit(row['uri']).hostname}",
        posted_at=in_utc(datetime.fromisoformat(row["created_at"])),
        edited_at=in_utc(datetime.fromisoformat(row["edited_at"])) if row.get("edited_at") else None,
        score=row["favourites_count"],
        n_replies=row["replies_count"],
        lang=row["language"],
        fetched_at=fetched_at,
    )

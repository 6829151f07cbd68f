"""Posts of Bluesky, through the API that its app uses."""

import json
import re
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, ClassVar, Self
from urllib.parse import parse_qs, urlencode, urlsplit

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.http import Request, Response
from twisted.python.failure import Failure

from crawlers.dates import in_utc
from crawlers.post import Post
from crawlers.redaction import without_name
from crawlers.shape import TEXT, Keys
from crawlers.spider import BadReply, SourceSpider, Target, json_of

HOST = "bsky.social"
PAGE_SIZE = 100  # the most there is
BATCH = 25  # posts by id, likewise
DEPTH = 100  # of 1,000 that it gives, since JSON as deep cannot be read
FIRST_CRAWL = timedelta(days=365)
TIME = "%Y-%m-%dT%H:%M:%SZ"
POST = "app.bsky.feed.post"
URI = re.compile(rf"at://(did:[a-z]+:[\w.:%-]+)/{re.escape(POST)}/([\w.~:-]+)")
# at://did:plc:1/app.bsky.feed.post/2 or https://bsky.app/profile/ada.example/post/2.
ADDRESS = re.compile(
    rf"(?:at://|https://bsky\.app/profile/)(?P<actor>[\w.:%-]+)/(?:{re.escape(POST)}|post)/(?P<key>[\w.~:-]+)/?"
)

Parse = Callable[..., Iterator[Post | Request]]


@dataclass(frozen=True, kw_only=True)
class Search:
    """A page of a search for posts from ``since`` until before ``until``, the newest first."""

    query: str
    since: str
    until: str | None = None
    cursor: str | None = None
    seen: set[str] = field(default_factory=set)

    @property
    def parameters(self) -> Mapping[str, object]:
        """What to ask app.bsky.feed.searchPosts for."""
        limits = {"until": self.until, "cursor": self.cursor}
        given = {name: value for name, value in limits.items() if value}
        return {"q": self.query, "sort": "latest", "since": self.since, "limit": PAGE_SIZE, **given}


class BlueskySpider(SourceSpider):
    """Logs in, searches for each query, newest first, and reads the thread of each post with replies.

    A query that is the address of a post reads that and its thread. A session lasts two hours; a crawl that
    takes longer logs in again.
    """

    name = "bluesky"
    keys: ClassVar[Keys] = {"queries": TEXT}
    credentials: ClassVar = {
        "HATEMINE_BLUESKY_HANDLE": "an account's handle without @, such as brand.bsky.social",
        "HATEMINE_BLUESKY_PASSWORD": "an app password of it, from https://bsky.app/settings/app-passwords",
    }
    allowed_domains = (HOST,)
    can_recheck = True
    handle_httpstatus_list = (400,)  # it says in words what is wrong

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.token = ""
        self.waiting: list[Request] = []
        """Requests that wait for a session."""

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Build the spider."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider.sign, signals.request_reached_downloader)
        return spider

    def sign(self, request: Request) -> None:
        """Add the session to a request that is about to be sent: it may have waited longer than one lasts."""
        if self.token and request.method == "GET" and urlsplit(request.url).hostname == HOST:
            request.headers["Authorization"] = f"Bearer {self.token}"

    async def start(self) -> AsyncIterator[Request]:
        """Log in, then search for each query, or read the post it is the address of."""
        queries = (query for source in self.sources for query in self.watchlist.queries(source))
        for query in dict.fromkeys(queries):
            if address := ADDRESS.fullmatch(query):
                target = self.target(f"post {address['key']}")  # without a handle
                uri = f"at://{address['actor']}/{POST}/{address['key']}"
                self.waiting.append(self.thread(target, uri))
            else:
                target = self.target(query)
                since = target.since or self.started - FIRST_CRAWL
                self.waiting.append(self.page(target, Search(query=query, since=f"{since:{TIME}}")))
        yield self.login()

    async def recheck(self, ids: Sequence[str]) -> AsyncIterator[Request]:
        """Ask for stored posts as they are now."""
        target = Target("getPosts", None)
        for start in range(0, len(ids), BATCH):
            uris = [uri_of(source_id) for source_id in ids[start : start + BATCH]]
            request = self.ask(target, "app.bsky.feed.getPosts", {"uris": uris}, self.parse_posts, uris=uris)
            self.waiting.append(request)
        yield self.login()

    def login(self) -> Request:
        """Return the request for a session, which the requests in ``waiting`` wait for."""
        who = {
            "identifier": self.setting("HATEMINE_BLUESKY_HANDLE"),
            "password": self.setting("HATEMINE_BLUESKY_PASSWORD"),
        }
        url = f"https://{HOST}/xrpc/com.atproto.server.createSession"
        request = self.request(Target("login", None), url, self.parse_session, errback=self.login_failed)
        headers = {"Content-Type": "application/json"}
        return request.replace(
            method="POST", body=json.dumps(who), headers=headers, dont_filter=True, priority=1
        )

    def parse_session(self, response: Response, **_target: Target) -> Iterator[Request]:
        """Take the session, and go on."""
        try:
            reply = json_of(response)
            if response.status != 200:
                raise BadReply(in_words(response.status, reply))
            self.token = reply["accessJwt"]
        except (BadReply, LookupError, TypeError):
            self.hold_all()
            raise
        waiting, self.waiting = self.waiting, []
        yield from waiting

    def login_failed(self, failure: Failure) -> None:
        """Tell that there is no session."""
        self.hold_all()
        self.request_failed(failure)

    def hold_all(self) -> None:
        """Hold every cursor, since what waits for a session is not asked for."""
        for target in self.targets:
            target.hold(None)

    def page(self, target: Target, search: Search) -> Request:
        """Return the request for a page of a search."""
        method = "app.bsky.feed.searchPosts"
        return self.ask(target, method, search.parameters, self.parse_page, search=search)

    def thread(self, target: Target, uri: str, at: datetime | None = None, **limits: int) -> Request:
        """Return the request for a post, posted ``at``, with what it answers and what answers it."""
        parameters = {"uri": uri, "depth": DEPTH, **limits}
        return self.ask(target, "app.bsky.feed.getPostThread", parameters, self.parse_thread, at=at)

    def ask(
        self, target: Target, method: str, parameters: Mapping[str, object], parse: Parse, **more: Any
    ) -> Request:
        """Return a request of the API."""
        url = f"https://{HOST}/xrpc/{method}?{urlencode(parameters, doseq=True)}"
        return self.request(target, url, self.parse_reply, parse=parse, **more)

    def parse_reply(
        self, response: Response, target: Target, parse: Parse, **more: Any
    ) -> Iterator[Post | Request]:
        """Hand a reply on; where the session has expired, ask again with a new one."""
        reply = json_of(response)
        asked = parse_qs(urlsplit(response.url).query).get("uri", [""])[0]
        if response.status == 200:
            yield from parse(reply, target, **more)
        elif reply["error"] == "ExpiredToken" and response.request is not None:
            yield from self.renew(response.request)
        elif reply["error"] == "NotFound" and (source_id := source_id_of(asked)):
            yield self.deletion(source_id)
        else:
            raise BadReply(in_words(response.status, reply))

    def renew(self, request: Request) -> Iterator[Request]:
        """Ask again what came too late for its session; log in for that unless another request has."""
        is_current = request.headers.get("Authorization") == f"Bearer {self.token}".encode()
        if is_current and request.meta.get("is_renewed"):
            raise BadReply("a session expired as soon as it began")
        again = request.replace(dont_filter=True, meta={**request.meta, "is_renewed": is_current})
        if not is_current:
            yield again
            return
        if not self.waiting:
            yield self.login()
        self.waiting.append(again)

    def parse_page(self, reply: Any, target: Target, search: Search) -> Iterator[Post | Request]:
        """Read a page of a search, then its threads and the next page."""
        rows, last = reply["posts"], None
        read = partial(to_post, fetched_at=self.started)
        for row in rows:
            for post in self.read(target, [row], read):
                if post.source_id in search.seen:
                    continue
                search.seen.add(post.source_id)
                last = post.posted_at
                yield post
                if post.n_replies:
                    yield self.thread(target, row["uri"], post.posted_at)
        if last is None:
            return  # the end, or a page that repeats another
        if reply.get("cursor"):
            yield self.page(target, replace(search, cursor=reply["cursor"]))
        elif len(rows) == PAGE_SIZE:
            # A cursor may not lead through all there is, says the lexicon: another search goes on from there.
            until = last + timedelta(seconds=1)
            yield self.page(target, replace(search, cursor=None, until=f"{until:{TIME}}"))

    def parse_thread(self, reply: Any, target: Target) -> Iterator[Post | Request]:
        """Read a thread; where the server cuts it, go on from the deepest posts."""
        nodes = list(every_node(reply["thread"]))
        deepest = max(level for level, _ in nodes)
        for level, node in nodes:
            kind = node.get("$type", "")
            if kind.endswith("#notFoundPost") and (gone := source_id_of(node["uri"])):
                yield self.deletion(gone)
            if "post" not in node:
                continue  # gone, or its author has blocked us or the post above
            for post in self.read(target, [node["post"]], partial(to_post, fetched_at=self.started)):
                yield post
                if post.n_replies and level == deepest > 0:
                    yield self.thread(target, node["post"]["uri"], post.posted_at)

    def parse_posts(self, reply: Any, target: Target, uris: Sequence[str]) -> Iterator[Post | Request]:
        """Read stored posts as they are now, and ask for each that is not there why it is not.

        That proves nothing yet: left out is also who has blocked us, and what an outage keeps from us.
        """
        posts = list(self.read(target, reply["posts"], partial(to_post, fetched_at=self.started)))
        yield from posts
        found = {post.source_id for post in posts}
        for uri in uris:
            if source_id_of(uri) not in found:
                yield self.thread(target, uri, depth=0, parentHeight=0)


def every_node(thread: Any) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield every node of a thread with its level: 0 is the post asked for, those above it are below 0."""
    waiting = [(0, thread)]
    while waiting:
        level, node = waiting.pop()
        yield level, node
        waiting.extend((level + 1, below) for below in reversed(node.get("replies") or []))
        if node.get("parent"):
            waiting.append((level - 1, node["parent"]))


def source_id_of(uri: str) -> str | None:
    """Return did/key for the address of a post.

    A DID is the id of a public repository, no name, and a post's address cannot do without: with a hash in
    its place nothing could be asked for again, and what its author deletes would stay with us.
    """
    found = URI.fullmatch(uri)
    return f"{found[1]}/{found[2]}" if found else None


def uri_of(source_id: str) -> str:
    """Return the address of a post."""
    did, _, key = source_id.rpartition("/")
    return f"at://{did}/{POST}/{key}"


def in_words(status: int, reply: Any) -> str:
    """Say what is wrong, as the API does."""
    return f"HTTP {status}: {reply['error']}: {reply.get('message')}"


def to_post(row: Mapping[str, Any], fetched_at: datetime) -> Post:
    """Read a post as a viewer sees it."""
    record, author = row["record"], row["author"]
    source_id = source_id_of(row["uri"])
    if source_id is None:
        raise ValueError("expected the address of a post")
    did, _, key = source_id.rpartition("/")
    parent = (record.get("reply") or {}).get("parent")
    times = (in_utc(datetime.fromisoformat(at)) for at in (record["createdAt"], row["indexedAt"]))
    return Post(
        source="bluesky",
        source_id=source_id,
        parent_id=source_id_of(parent["uri"]) if parent else None,
        url=f"https://bsky.app/profile/{did}/post/{key}",
        text=without_name(record["text"], author["handle"]),
        author=author["did"],
        posted_at=min(times),  # the first is what the author's app claims
        score=row["likeCount"],
        n_replies=row["replyCount"],
        lang=next(iter(record.get("langs") or []), None),
        fetched_at=fetched_at,
    )

"""Topics of forums that run Discourse."""

import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, ClassVar
from urllib.parse import urlencode, urlsplit

from parsel import Selector
from scrapy.http import Request, Response
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

from crawlers.dates import in_utc
from crawlers.post import Post
from crawlers.prose import text_of
from crawlers.redaction import redacted, without_name
from crawlers.shape import TEXT, URL, Keys
from crawlers.spider import GIVE_UP, BadReply, SourceSpider, Target, json_of

FIRST_CRAWL = timedelta(days=365)
BATCH = 20  # posts a request, as Discourse's own pages ask
LAST_PAGE = 10
SEARCH_PAUSE = 8
"""Seconds. A visitor may search eight times a minute (rate_limit_search_anon_user_per_minute)."""
LIKE = 2
SMALL_ACTION = 3

# https://forum.example/t/some-title/123/4 or /t/123/4 is a topic, from its fourth post on.
TOPIC = re.compile(
    r"(?P<base>https?://[^?#]+?)/t/(?:(?=[^/?#]*[^/?#\d])[^/?#]+/)?(?P<id>\d+)(?:/\d*)?(?:[?#].*)?"
)
LISTING = re.compile(r"(?P<base>https?://[^?#]+?)/(?P<path>(?:c|tag)/[^?#]+?)(?:/l/\w+)?/?(?:[?#].*)?")

QUOTES = "aside.quote, blockquote"
JUNK = ".lightbox .meta"  # a picture's name and size


@dataclass(frozen=True, kw_only=True)
class Site:
    """A forum, maybe in a folder of its host, and the brand that what is read there is about."""

    base: str
    about: str | None

    @property
    def name(self) -> str:
        """The address without its scheme: ``forum.example``."""
        return self.base.partition("://")[2].lower()


@dataclass(frozen=True, kw_only=True)
class Search:
    """A page of a search for posts from ``since`` until ``before``; its site's next ones are ``waiting``."""

    site: Site
    query: str
    since: datetime
    waiting: list[tuple[Target, "Search"]] = field(repr=False)
    before: date | None = None
    page: int = 1
    seen: set[int] = field(default_factory=set)

    @property
    def url(self) -> str:
        """The address of this page."""
        until = f" before:{self.before}" if self.before else ""
        query = f"{self.query} after:{self.since.date()}{until} order:latest"
        return f"{self.site.base}/search.json?{urlencode({'q': query, 'page': self.page})}"


@dataclass(frozen=True, kw_only=True)
class Thread:
    """What the posts of a topic need to know of it; ``ids`` are those met, by their number in it."""

    site: Site
    topic_id: int
    title: str
    n_posts: int
    first_id: int
    ids: dict[int, int] = field(default_factory=dict)


class DiscourseSpider(SourceSpider):
    """Reads the topics that each query finds on a site, or all its new ones where it is ``about`` a brand.

    A site may also be the address of a category, of a tag or of a single topic. Discourse's own robots.txt
    forbids ``/search``: most sites can be read by listings only. Of a long topic that was read before, the
    posts between its first twenty and those since the last crawl are not asked for again.
    """

    name = "discourse"
    keys: ClassVar[Keys] = {"sites": {"url": URL, "about": TEXT}, "queries": TEXT}

    async def start(self) -> AsyncIterator[Request]:
        """Ask for each site's newest topics, for its first search, or for the topic it is."""
        for source in self.sources:
            for row in source.options["sites"]:
                queries = source.options["queries"] if "about" in row else self.watchlist.queries(source)
                for request in self.of_site(row["url"], row.get("about"), queries):
                    yield request

    def of_site(self, url: str, about: str | None, queries: Sequence[str]) -> Iterator[Request]:
        """Yield what to ask a site for first."""
        if found := TOPIC.fullmatch(url):
            target = self.target(url)
            yield self.topic(target, Site(base=found["base"], about=about), found["id"], target.since)
        elif found := LISTING.fullmatch(url):
            path = found["path"] + ("/l/latest" if found["path"].startswith("c/") else "")
            yield self.listing(self.target(url), Site(base=found["base"], about=about), path, 0, set())
        elif not queries:
            site = Site(base=re.split("[?#]", url)[0].rstrip("/"), about=about)
            yield self.listing(self.target(url), site, "latest", 0, set())
        else:
            site = Site(base=re.split("[?#]", url)[0].rstrip("/"), about=about)
            waiting: list[tuple[Target, Search]] = []
            for query in queries:
                target = self.target(f"{site.name} {query}")
                since = target.since or self.started - FIRST_CRAWL
                waiting.append((target, Search(site=site, query=query, since=since, waiting=waiting)))
            yield from self.next_search(waiting)

    def next_search(self, waiting: list[tuple[Target, Search]]) -> Iterator[Request]:
        """Yield the request for a site's next search: one at a time, since searches are rationed."""
        if waiting:
            yield self.search(*waiting.pop(0))

    def search(self, target: Target, search: Search) -> Request:
        """Return the request for a page of a search."""
        return self.request(target, search.url, self.parse_search, errback=self.search_failed, search=search)

    def listing(self, target: Target, site: Site, path: str, number: int, seen: set[int]) -> Request:
        """Return the request for a page of a listing, the topics with the newest posts first."""
        url = f"{site.base}/{path}.json?page={number}"
        return self.request(target, url, self.parse_listing, site=site, path=path, number=number, seen=seen)

    def topic(
        self,
        target: Target,
        site: Site,
        topic_id: int | str,
        since: datetime | None,
        created_at: datetime | None = None,
    ) -> Request:
        """Return the request for a topic, of which the posts from ``since`` on are wanted."""
        # An older topic has posts of any time since the last crawl.
        at = created_at if created_at and since and created_at >= since else None
        url = f"{site.base}/t/{topic_id}.json"
        return self.request(target, url, self.parse_topic, at=at, site=site, since=since)

    def parse_search(self, response: Response, target: Target, search: Search) -> Iterator[Request]:
        """Ask for the topics found, for the next page, and for the site's next search."""
        self.rest(response.url, SEARCH_PAUSE)
        if not search.seen:
            yield from self.next_search(search.waiting)
        reply = json_of(response)
        if error := (reply["grouped_search_result"] or {}).get("error"):  # a busy site answers so, with 200
            raise BadReply(f"expected what a search finds, found {error!r}")
        hits = {hit["topic_id"]: hit for hit in reply["posts"] if hit["topic_id"] not in search.seen}
        topics = {topic["id"]: topic for topic in reply.get("topics", [])}
        for topic_id, hit in hits.items():
            target.see(_time(hit["created_at"]))
            created = topics.get(topic_id, {}).get("created_at")
            yield self.topic(target, search.site, topic_id, search.since, created and _time(created))
        search.seen.update(hits)
        if not hits or not reply["grouped_search_result"]["more_full_page_results"]:
            return
        if search.page < LAST_PAGE:
            yield self.search(target, replace(search, page=search.page + 1))
        else:
            oldest = min(_time(hit["created_at"]) for hit in hits.values())
            before = (oldest + timedelta(days=1)).date()
            yield self.search(target, replace(search, page=1, before=before))

    def search_failed(self, failure: Failure) -> Iterator[Request]:
        """Tell that a search failed, and ask for the site's next."""
        self.request_failed(failure)
        yield from self.next_search(failure.request.cb_kwargs["search"].waiting)  # type: ignore[attr-defined]

    def parse_listing(
        self, response: Response, target: Target, site: Site, path: str, number: int, seen: set[int]
    ) -> Iterator[Request]:
        """Ask for the topics with new posts, and for the next page until one has none."""
        reply = json_of(response)["topic_list"]
        since = target.since or self.started - FIRST_CRAWL
        topics = {topic["id"]: topic for topic in reply["topics"] if topic["id"] not in seen}
        has_new = not any(not topic.get("pinned") for topic in topics.values())
        for topic_id, topic in topics.items():
            bumped_at = _time(topic.get("bumped_at") or topic["created_at"])
            if bumped_at >= since:
                has_new = True
                target.see(bumped_at)
                yield self.topic(target, site, topic_id, since, _time(topic["created_at"]))
        seen.update(topics)
        if topics and has_new and reply.get("more_topics_url"):
            yield self.listing(target, site, path, number + 1, seen)

    def parse_topic(
        self, response: Response, target: Target, site: Site, since: datetime | None
    ) -> Iterator[Post | Request]:
        """Read a topic's first posts, and ask for the rest."""
        topic = json_of(response)
        posts, stream = topic["post_stream"]["posts"], topic["post_stream"].get("stream")
        thread = Thread(
            site=site,
            topic_id=topic["id"],
            title=topic["title"],
            n_posts=topic["posts_count"],
            first_id=(stream or [posts[0]["id"]])[0],
        )
        yield from self.posts(target, thread, posts)
        if stream is None and topic["posts_count"] > len(posts):  # as of more than 10,000
            message = f"{response.url}: no list of its posts, of which there are {topic['posts_count']}"
            self.fail(message, target=target, at=self.started - GIVE_UP)
        n_old = n_older(topic.get("timeline_lookup") or [], since, self.started) if since else 0
        read = {post.get("id") for post in posts if isinstance(post, Mapping)}
        yield from self.more(target, thread, [id_ for id_ in (stream or [])[n_old:] if id_ not in read])

    def more(self, target: Target, thread: Thread, ids: Sequence[int]) -> Iterator[Request]:
        """Yield the request for the next posts of a topic, if there are any."""
        if ids:
            query = urlencode([("post_ids[]", id_) for id_ in ids[:BATCH]])
            url = f"{thread.site.base}/t/{thread.topic_id}/posts.json?{query}"
            yield self.request(
                target, url, self.parse_more, errback=self.more_failed, thread=thread, ids=ids[BATCH:]
            )

    def parse_more(
        self, response: Response, target: Target, thread: Thread, ids: Sequence[int]
    ) -> Iterator[Post | Request]:
        """Read some posts of a topic, and ask for the next."""
        yield from self.posts(target, thread, json_of(response)["post_stream"]["posts"])
        yield from self.more(target, thread, ids)

    def more_failed(self, failure: Failure) -> Iterator[Request]:
        """Tell that posts are missing, and ask for the next unless the host itself is out of reach."""
        self.request_failed(failure)
        if isinstance(failure.value, HttpError):
            yield from self.more(**failure.request.cb_kwargs)  # type: ignore[attr-defined] # Scrapy sets it

    def posts(self, target: Target, thread: Thread, rows: Sequence[Any]) -> Iterator[Post]:
        """Yield the posts among what stands in a topic; "closed this topic" is none."""
        rows = [row for row in rows if not is_action(row)]
        yield from self.read(target, rows, partial(to_post, thread=thread, fetched_at=self.started))


def n_older(lookup: Sequence[Sequence[int]], since: datetime, now: datetime) -> int:
    """Return how many posts at a topic's beginning are surely older than a time.

    ``timeline_lookup`` has pairs of a post's place, from 1, and its age in days; long topics leave some out.
    """
    days = (now - since).days + 1
    return max((place - 1 for place, age in lookup if age > days), default=0)


def is_action(row: Any) -> bool:
    """Tell whether what stands in a topic is a note of what was done to it, and no post."""
    return isinstance(row, Mapping) and (
        row.get("post_type") == SMALL_ACTION or row.get("action_code") is not None
    )


def to_post(post: Mapping[str, Any], thread: Thread, fetched_at: datetime) -> Post:
    """Read a post. One that answers none answers the topic's first."""
    site = thread.site
    thread.ids[post["post_number"]] = post["id"]
    is_first = post["id"] == thread.first_id
    parent = thread.ids.get(post["reply_to_post_number"], thread.first_id)
    username = post["username"] or ""  # of an account that is gone, none
    likes = [action["count"] for action in post["actions_summary"] if action["id"] == LIKE]
    return Post(
        source="discourse",
        source_id=f"{site.name}/{post['id']}",
        parent_id=None if is_first else f"{site.name}/{parent}",
        url=f"{site.base}/t/{thread.topic_id}/{post['post_number']}",
        community=urlsplit(site.base).hostname,
        title=without_name(thread.title, username) if is_first else None,
        text=without_name(redacted(own_words(post["cooked"])), username),
        author=f"{site.name}/{username}" if username else None,
        posted_at=_time(post["created_at"]),
        edited_at=_time(post["updated_at"]) if post["version"] > 1 else None,
        score=sum(likes),
        n_replies=thread.n_posts - 1 if is_first else post["reply_count"],
        about=site.about,
        is_deleted=bool(post.get("user_deleted") or post.get("hidden") or post.get("deleted_at")),
        fetched_at=fetched_at,
    )


def own_words(html: str, *, has_code: bool = True) -> str:
    """Return what a post says in its author's own words: no quotes, of a link's preview only its address.

    Without ``has_code``, [code] stands for blocks of code and logs.
    """
    page = Selector(text=html, type="html")
    for part in page.css("[data-onebox-src]" if has_code else "[data-onebox-src], pre"):
        said = part.attrib.get("data-onebox-src", "[code]")
        part.root.clear(keep_tail=True)
        part.root.text = said
    junk, quotes = ([part.root for part in page.css(css)] for css in (JUNK, QUOTES))
    return text_of(page.root, junk, quotes)


def _time(text: str) -> datetime:
    return in_utc(datetime.fromisoformat(text))

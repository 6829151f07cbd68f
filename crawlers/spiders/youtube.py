"""Comments below videos of YouTube, through its Data API."""

import html
import json
import re
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, ClassVar
from urllib.parse import urlencode

from scrapy.http import Request, Response
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

from crawlers.dates import in_utc
from crawlers.post import Post
from crawlers.shape import TEXT, Keys, Shape
from crawlers.spider import REFUSALS, BadReply, SourceSpider, Target, address_of, json_of

API = "https://www.googleapis.com/youtube/v3"
PAGE = "https://www.youtube.com/watch?v="
VIDEO = Shape("a video's id of 11 characters", r"[\w-]{11}")
CHANNEL = Shape('a channel\'s id ("UC" and 22 characters)', r"UC[\w-]{22}")
COMMENTS = {"maxResults": 100, "textFormat": "plainText"}
FIRST_CRAWL = timedelta(days=365)
WATCHED = timedelta(days=30)
"""So long after a video is published does a search look for it again, and for new comments below it."""
WITNESS = "jNQXAC9IVRw"  # the first video of all, which is there as long as YouTube is
MAX_IDS = 50
DAY = 86_400.0
# https://developers.google.com/youtube/v3/docs/errors
SPENT = {"quotaExceeded", "dailyLimitExceeded", "rateLimitExceeded", "userRateLimitExceeded"}
GONE = {"commentNotFound", "commentThreadNotFound"}

Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Listing:
    """Threads ``of`` a video or a channel, newest first; a page all older than ``known`` is the last."""

    of: Mapping[str, str]
    known: datetime | None
    seen: set[str] = field(default_factory=set)


class YoutubeSpider(SourceSpider):
    """Reads the comments below videos: those given by id, a channel's, and those that each query finds.

    A query finds its 50 newest videos, as one more page of a search costs as much as a hundred of comments;
    each video has a cursor of its own. A video's title is a post too, since it says what the comments are
    about; its description is none, since it names whatever its maker advertises.
    """

    name = "youtube"
    keys: ClassVar[Keys] = {"videos": VIDEO, "channels": CHANNEL, "queries": TEXT}
    credentials: ClassVar = {
        "HATEMINE_YOUTUBE_KEY": "an API key with the YouTube Data API v3, from https://console.cloud.google.com"
    }
    can_recheck = True
    allowed_domains = ("www.googleapis.com",)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.with_title: set[str] = set()
        self.with_comments: set[str] = set()

    async def start(self) -> AsyncIterator[Request]:
        """Ask for the threads of each video and channel, and search for each query."""
        first = self.started - FIRST_CRAWL
        videos = [video for source in self.sources for video in source.options["videos"]]
        for request in (*self.titles(videos), *self.comments(videos)):
            yield request
        for channel in dict.fromkeys(it for source in self.sources for it in source.options["channels"]):
            target = self.target(f"channel {channel}")
            of = {"allThreadsRelatedToChannelId": channel}
            yield self.threads(target, Listing(of=of, known=target.since or first))
        for query in dict.fromkeys(self.queries()):
            target = self.target(f"search {query}")
            after = target.since - WATCHED if target.since else first
            search = {
                "part": "snippet",
                "type": "video",
                "q": query,
                "order": "date",
                "publishedAfter": after.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
                "maxResults": 50,
            }
            yield self.ask(target, "search", search, self.parse_search)

    def queries(self) -> Iterator[str]:
        """Yield what to search for; brand names only where a source names nothing else, as it is dear."""
        for source in self.sources:
            options = source.options
            if options["queries"] or not (options["videos"] or options["channels"]):
                yield from self.watchlist.queries(source)

    def ask(
        self, target: Target, method: str, query: Row, callback: Callable[..., Any], **more: Any
    ) -> Request:
        """Return the request for a list of things."""
        headers = {"X-Goog-Api-Key": self.setting("HATEMINE_YOUTUBE_KEY") or ""}
        return self.request(target, f"{API}/{method}?{urlencode(query)}", callback, headers=headers, **more)

    def titles(self, videos: Iterable[str]) -> Iterator[Request]:
        """Yield the requests for the titles of videos; no cursor depends on them."""
        wanted = [video for video in dict.fromkeys(videos) if video not in self.with_title]
        self.with_title.update(wanted)
        for ids in batches(wanted, MAX_IDS):
            query = {"part": "snippet", "id": ",".join(ids)}
            yield self.ask(Target("titles", None), "videos", query, self.parse_titles)

    def comments(self, videos: Iterable[str]) -> Iterator[Request]:
        """Yield the requests for the newest threads below videos."""
        for video in videos:
            if video not in self.with_comments:
                self.with_comments.add(video)
                target = self.target(f"video {video}")
                yield self.threads(target, Listing(of={"videoId": video}, known=target.since))

    def threads(self, target: Target, listing: Listing, **page: str) -> Request:
        """Return the request for a page of threads."""
        query = {"part": "snippet,replies", **listing.of, "order": "time", **COMMENTS, **page}
        return self.ask(target, "commentThreads", query, self.parse_threads, listing=listing)

    def replies(self, target: Target, thread: Post, seen: set[str], **page: str) -> Request:
        """Return the request for a page of a thread's replies."""
        query = {"part": "snippet", "parentId": thread.source_id, **COMMENTS, **page}
        more: dict[str, Any] = {"at": thread.posted_at, "thread": thread, "seen": seen}
        return self.ask(target, "comments", query, self.parse_replies, **more)

    def parse_titles(self, response: Response, target: Target) -> Iterator[Post]:
        """Read videos."""
        rows = json_of(response)["items"]
        yield from self.read(target, rows, partial(video_to_post, fetched_at=self.started))

    def parse_search(self, response: Response, target: Target) -> Iterator[Post | Request]:
        """Read the videos that a search found, and ask for the comments below them."""
        reply = json_of(response)
        videos = list(self.read(target, reply["items"], partial(result_to_post, fetched_at=self.started)))
        yield from videos
        self.with_title.update(video.source_id for video in videos)
        yield from self.comments(video.source_id for video in videos)
        oldest = min((video.posted_at for video in videos if video.posted_at), default=None)
        if oldest and reply.get("nextPageToken") and (target.since is None or oldest > target.since):
            self.logger.warning("%s: more than a page of videos; none before %s", target.name, oldest)

    def parse_threads(self, response: Response, target: Target, listing: Listing) -> Iterator[Post | Request]:
        """Read a page of threads; ask for the replies that did not come with them, and for the next page."""
        reply, threads = json_of(response), []
        for row in unseen(reply["items"], listing.seen):
            for thread in self.read(target, [row], partial(thread_to_post, fetched_at=self.started)):
                threads.append(thread)
                yield thread
                replies = row.get("replies", {}).get("comments", [])
                yield from self.read(target, replies, self.reply_to_post(thread))
                if (thread.n_replies or 0) > len(replies):
                    yield self.replies(target, thread, set())
        yield from self.titles(thread.parent_id for thread in threads if thread.parent_id)
        times = [thread.posted_at for thread in threads]
        is_known = listing.known is not None and all(time and time < listing.known for time in times)
        if threads and not is_known and (token := reply.get("nextPageToken")):
            yield self.threads(target, listing, pageToken=token)

    def parse_replies(
        self, response: Response, target: Target, thread: Post, seen: set[str]
    ) -> Iterator[Post | Request]:
        """Read a page of replies, and ask for the next."""
        reply = json_of(response)
        posts = list(self.read(target, unseen(reply["items"], seen), self.reply_to_post(thread)))
        yield from posts
        if posts and (token := reply.get("nextPageToken")):
            yield self.replies(target, thread, seen, pageToken=token)

    def reply_to_post(self, thread: Post) -> Callable[[Row], Post]:
        """Return what reads a reply in a thread."""
        return partial(comment_to_post, video=thread.parent_id, fetched_at=self.started)

    async def recheck(self, ids: Sequence[str]) -> AsyncIterator[Request]:
        """Ask for stored videos; for comments, first for one that is there now, to ask for it with them."""
        target = Target("recheck", None)
        videos = [id_ for id_ in ids if re.fullmatch(VIDEO.pattern, id_)]
        for some in batches(videos, MAX_IDS - 1):
            yield self.look_up(target, "videos", some, WITNESS)
        if comments := sorted(set(ids).difference(videos)):
            query = {"part": "id", "videoId": WITNESS, "order": "relevance", "maxResults": 1}
            yield self.ask(target, "commentThreads", query, self.parse_witness, comments=comments)

    def parse_witness(self, response: Response, target: Target, comments: Sequence[str]) -> Iterator[Request]:
        """Ask for stored comments, together with one that is there."""
        witness = json_of(response)["items"][0]["id"]
        threads = [id_ for id_ in comments if "." not in id_]
        for some in batches(threads, MAX_IDS - 1):
            yield self.look_up(target, "commentThreads", some, witness)
        for some in batches([id_ for id_ in comments if "." in id_], MAX_IDS - 1):
            yield self.look_up(target, "comments", some, witness)

    def look_up(self, target: Target, method: str, ids: Sequence[str], witness: str | None) -> Request:
        """Return the request for things by id."""
        query = {"part": "snippet", "id": ",".join([*ids, witness] if witness else ids)}
        if method != "videos":
            query["textFormat"] = "plainText"
        more: dict[str, Any] = {"things": method, "ids": ids, "witness": witness}
        return self.ask(target, method, query, self.parse_things, errback=self.look_up_failed, **more)

    def parse_things(
        self, response: Response, target: Target, things: str, ids: Sequence[str], witness: str | None
    ) -> Iterator[Post]:
        """Read what is there; what is not is deleted, if the witness is there."""
        rows = {row["id"]: row for row in json_of(response)["items"]}
        if (witness or ids[0]) not in rows:  # an outage must not look like a wave of deletions
            raise BadReply(f"expected {witness or ids[0]} among the {things}, found {len(rows)} others")
        to_post = partial(TO_POST[things], fetched_at=self.started)
        yield from self.read(target, [rows[id_] for id_ in ids if id_ in rows], to_post)
        yield from (self.deletion(id_) for id_ in ids if id_ not in rows)

    def look_up_failed(self, failure: Failure) -> Iterator[Post | Request]:
        """Find out which of several comments is not there, if YouTube says so of them all."""
        asked = failure.request.cb_kwargs  # type: ignore[attr-defined] # Scrapy sets it
        target, method, ids = asked["target"], asked["things"], asked["ids"]
        if reason_of(failure) not in GONE:
            self.request_failed(failure)
        elif len(ids) > 1:
            yield self.look_up(target, method, ids[: len(ids) // 2], asked["witness"])
            yield self.look_up(target, method, ids[len(ids) // 2 :], asked["witness"])
        elif asked["witness"]:
            yield self.look_up(target, method, ids, None)  # it may be the witness that has gone
        else:
            yield self.deletion(ids[0])

    def request_failed(self, failure: Failure) -> None:
        """Tell why a request got no answer; once the day's quota is used up, nothing more is asked."""
        request: Request = failure.request  # type: ignore[attr-defined] # Scrapy sets it
        target, reason = request.cb_kwargs["target"], reason_of(failure)
        if reason is None:
            super().request_failed(failure)
        elif reason == "commentsDisabled":
            self.logger.warning("%s: comments are switched off", target.name)
        else:
            if reason in SPENT:
                self.rest(request.url, DAY)
            status = failure.value.response.status  # type: ignore[union-attr] # it gave the reason
            message = f"{address_of(request)}: HTTP {status}, {reason}"
            self.fail(message, target=target, at=request.meta["at"], is_refused=status in REFUSALS)


def batches(ids: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    """Yield the ids, so many at a time."""
    return (ids[start : start + size] for start in range(0, len(ids), size))


def unseen(rows: Iterable[Row], seen: set[str]) -> list[Row]:
    """Return the rows that no page before gave; one without an id is new, and will be told."""
    new = [row for row in rows if row.get("id") not in seen]
    seen.update(row["id"] for row in new if "id" in row)
    return new


def reason_of(failure: Failure) -> str | None:
    """Return the reason that YouTube gives for an error, if it gives one."""
    if not isinstance(failure.value, HttpError):
        return None
    try:
        reason: str = json.loads(failure.value.response.body)["error"]["errors"][0]["reason"]
    except (ValueError, LookupError, TypeError):
        return None  # not an answer of YouTube's: a proxy's, a replay's
    return reason


def result_to_post(row: Row, fetched_at: datetime) -> Post:
    """Read a video that a search found; a search gives titles as HTML."""
    video = {**row, "id": row["id"]["videoId"]}
    return replace(video_to_post(video, fetched_at), title=html.unescape(row["snippet"]["title"]))


def video_to_post(row: Row, fetched_at: datetime) -> Post:
    """Read a video: its title."""
    snippet = row["snippet"]
    return Post(
        source="youtube",
        source_id=row["id"],
        url=PAGE + row["id"],
        title=snippet["title"],
        text="",
        author=snippet["channelId"],
        posted_at=in_utc(datetime.fromisoformat(snippet["publishedAt"])),
        fetched_at=fetched_at,
    )


def thread_to_post(row: Row, fetched_at: datetime) -> Post:
    """Read the comment that begins a thread."""
    snippet = row["snippet"]
    post = comment_to_post(snippet["topLevelComment"], fetched_at, video=snippet.get("videoId"))
    return replace(post, n_replies=snippet["totalReplyCount"])


def comment_to_post(row: Row, fetched_at: datetime, video: str | None = None) -> Post:
    """Read a comment: a reply, or one below a ``video`` or, as there once were, on a channel."""
    snippet, thread = row["snippet"], row["id"].partition(".")[0]
    posted_at, changed_at = (
        in_utc(datetime.fromisoformat(snippet[name])) for name in ("publishedAt", "updatedAt")
    )
    return Post(
        source="youtube",
        source_id=row["id"],
        parent_id=thread if thread != row["id"] else video,
        url=f"{PAGE}{video}&lc={row['id']}" if video else None,
        text=snippet["textDisplay"],
        # An account that is closed has no id any more.
        author=snippet.get("authorChannelId", {}).get("value"),
        posted_at=posted_at,
        edited_at=changed_at if changed_at != posted_at else None,
        score=snippet["likeCount"],
        fetched_at=fetched_at,
    )


TO_POST = {"videos": video_to_post, "commentThreads": thread_to_post, "comments": comment_to_post}

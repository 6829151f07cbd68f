"""Posts and comments of Reddit, through its API and PRAW."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, ClassVar, TypeVar

import praw
import requests
from praw.models import Comment, MoreComments
from praw.models.comment_forest import CommentForest
from prawcore.exceptions import RequestException, TooManyRequests

from crawlers.bounded import BoundedAdapter
from crawlers.post import Post
from crawlers.replay import ReplayAdapter
from crawlers.retry import LONGEST, pause
from crawlers.shape import TEXT, Keys, Shape
from crawlers.spider import REFUSALS, BadReply, SourceSpider, Target, said

# https://www.reddit.com/r/flights/comments/abc123/some_title/def456/ is a thread, or with def456 a comment.
ADDRESS = re.compile(
    r"https?://(?:(?:[a-z]+\.)?reddit\.com/(?:r/\w+/|user/[\w-]+/)?comments|redd\.it)/"
    r"(?P<thread>[a-z0-9]+)(?:/[^/?#]*(?:/(?P<comment>[a-z0-9]+))?)?/?(?:[?#].*)?"
)
SITE = "https://www.reddit.com"
OAUTH_SITE = "https://oauth.reddit.com"
N_SILENT = 3
"""So many questions in a row get no answer, and the rest is left for the next crawl."""
WITNESS = "t5_2qh1i"  # r/AskReddit, which is there as long as Reddit is
INFO_SIZE = 99  # and the witness: 100 is the most there is
SUBREDDIT = Shape("a subreddit's name without r/", r"\w{2,50}")
GONE = re.compile(r"\s*\[ ?(?:deleted|removed(?: by reddit)?) ?\]\s*", re.IGNORECASE)
EVERYWHERE = "all"

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Listing:
    """A listing of a subreddit: what to ask PRAW for, and how to read what comes.

    ``what`` names it where others share its target. ``is_by_time`` says that the newest come first,
    ``has_threads`` that the comments below are wanted too.
    """

    target: Target
    things: Callable[[], Iterator[Any]]
    what: str = ""
    is_by_time: bool = True
    has_threads: bool = False


class RedditSpider(SourceSpider):
    """Reads, per subreddit, what each query finds with all comments below it, then all that is new.

    A listing ends after about 1,000 things, so the first crawl reads ``hot`` and ``top`` besides ``new``. A
    query that is the address of a thread or of a comment reads that. What fails costs itself, not the rest.
    """

    name = "reddit"
    keys: ClassVar[Keys] = {"subreddits": SUBREDDIT, "queries": TEXT}
    can_recheck = True
    credentials: ClassVar = {
        "HATEMINE_REDDIT_CLIENT_ID": "an app of https://www.reddit.com/prefs/apps, which Reddit approves",
        "HATEMINE_REDDIT_CLIENT_SECRET": "the secret of that app",
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.n_silent = 0

    async def start(self) -> AsyncIterator[Post]:
        """Yield all posts; PRAW asks in a thread, so that the other spiders do not wait for it."""
        reddit = self.connect()
        read_threads: set[str] = set()
        for query, address in self.addresses().items():
            target = self.target(query)
            if address["comment"]:
                posts = self.read_branch(reddit, target, address["thread"], address["comment"])
            else:
                read_threads.add(address["thread"])
                posts = self.read_thread(reddit, target, address["thread"])
            async for post in self.guarded(target, posts):
                yield post
        for listing in self.listings(reddit):
            posts = self.read_listing(reddit, listing, read_threads)
            async for post in self.guarded(listing.target, posts, listing.what):
                yield post

    def connect(self) -> praw.Reddit:
        """Return Reddit's API."""
        base = self.settings["HATEMINE_REPLAY"]
        session = requests.Session()
        session.hooks["response"].append(self.count_request)
        session.trust_env = not base
        limits: dict[str, Any] = {
            "maxsize": self.settings.getint("DOWNLOAD_MAXSIZE"),
            "seconds": self.settings.getfloat("DOWNLOAD_TIMEOUT"),
        }
        session.adapters.clear()  # no redirect leads elsewhere
        for site in (SITE, OAUTH_SITE):
            session.mount(f"{site}/", ReplayAdapter(base, **limits) if base else BoundedAdapter(**limits))
        return praw.Reddit(
            client_id=self.setting("HATEMINE_REDDIT_CLIENT_ID"),
            client_secret=self.setting("HATEMINE_REDDIT_CLIENT_SECRET"),
            user_agent=self.settings["USER_AGENT"],
            check_for_updates=False,
            # Not from a praw.ini that lies around: credentials go there.
            oauth_url=OAUTH_SITE,
            reddit_url=SITE,
            requestor_kwargs={"session": session},
        )

    def count_request(self, *_args: object, **_kwargs: object) -> None:
        """Count an answer."""
        self.n_api_requests += 1
        self.n_silent = 0

    def addresses(self) -> dict[str, re.Match[str]]:
        """Return the queries that are addresses, each once."""
        queries = (query for source in self.sources for query in self.watchlist.queries(source))
        return {query: address for query in queries if (address := ADDRESS.fullmatch(query))}

    def listings(self, reddit: praw.Reddit) -> Iterator[Listing]:
        """Yield what to read of each subreddit; without ``subreddits``, searches of all of Reddit."""
        for source in self.sources:
            queries = [query for query in self.watchlist.queries(source) if not ADDRESS.fullmatch(query)]
            for name in source.options["subreddits"] or (EVERYWHERE,):
                subreddit = reddit.subreddit(name)
                for query in queries:
                    find = partial(subreddit.search, query, sort="new", time_filter="all", limit=None)
                    yield Listing(
                        target=self.target(f"r/{name} search {query}"), things=find, has_threads=True
                    )
                if name.lower() == EVERYWHERE:
                    continue
                new = self.target(f"r/{name} new")
                yield Listing(target=new, things=partial(subreddit.new, limit=None))
                comments = self.target(f"r/{name} comments")
                yield Listing(target=comments, things=partial(subreddit.comments, limit=None))
                if new.since is None:
                    hot, top = subreddit.hot, partial(subreddit.top, time_filter="year")
                    yield Listing(target=new, what="hot", things=partial(hot, limit=None), is_by_time=False)
                    yield Listing(target=new, what="top", things=partial(top, limit=None), is_by_time=False)

    async def recheck(self, ids: Sequence[str]) -> AsyncIterator[Post]:
        """Yield stored posts as they are now; Reddit leaves out of ``info`` what is gone for good."""
        reddit, target = self.connect(), Target("info", None)
        for start in range(0, len(ids), INFO_SIZE):
            posts = self.read_info(reddit, target, ids[start : start + INFO_SIZE])
            async for post in self.guarded(target, posts):
                yield post

    async def read_info(
        self, reddit: praw.Reddit, target: Target, fullnames: Sequence[str]
    ) -> AsyncIterator[Post]:
        """Yield posts by name, and deletions of those that are not there."""
        things = await self.ask(lambda: list(reddit.info(fullnames=[*fullnames, WITNESS])))
        found = {thing.fullname for thing in things}
        if WITNESS not in found:  # an outage must not look like a wave of deletions
            raise BadReply(f"expected {WITNESS} among the things, found {len(found)} others")
        posts = [thing for thing in things if thing.fullname != WITNESS]
        for post in self.read(target, posts, self.to_post):
            yield post
        for name in fullnames:
            if name not in found:
                yield self.deletion(name)

    async def read_listing(
        self, reddit: praw.Reddit, listing: Listing, read_threads: set[str]
    ) -> AsyncIterator[Post]:
        """Yield a listing's posts, and those of the threads it leads to."""
        target = listing.target
        things = listing.things()
        while (thing := await self.ask(next, things, None)) is not None:
            for post in self.read(target, [thing], self.to_post):
                if listing.is_by_time and target.since and post.posted_at and post.posted_at < target.since:
                    return
                yield post
            if listing.has_threads and thing.num_comments and thing.id not in read_threads:
                read_threads.add(thing.id)
                posts = self.read_thread(reddit, target, thing.id)
                async for post in self.guarded(target, posts, f"thread {thing.id}"):
                    yield post

    async def read_thread(self, reddit: praw.Reddit, target: Target, thread_id: str) -> AsyncIterator[Post]:
        """Yield a submission and every comment below it: first those that come with it, then the rest."""
        submission = reddit.submission(thread_id)
        forest = await self.ask(lambda: submission.comments)
        comments = {comment.id: comment for comment in forest.list() if isinstance(comment, Comment)}
        for post in self.read(target, [submission, *comments.values()], self.to_post):
            yield post
        await self.ask(forest.replace_more, limit=None)
        rest = {comment.id: comment for comment in forest.list() if isinstance(comment, Comment)}
        for post in self.read(target, (rest[id_] for id_ in rest if id_ not in comments), self.to_post):
            yield post

    async def read_branch(
        self, reddit: praw.Reddit, target: Target, thread_id: str, comment_id: str
    ) -> AsyncIterator[Post]:
        """Yield a comment, what it answers and what answers it; one that is not there any more is deleted."""
        path = f"comments/{thread_id}/_/{comment_id}"
        submissions, comments = await self.ask(reddit.get, path, params={"context": 100})
        forest = CommentForest(submissions[0], list(comments))
        things = [thing for thing in [submissions[0], *forest.list()] if not isinstance(thing, MoreComments)]
        for post in self.read(target, things, self.to_post):
            yield post
        if all(thing.id != comment_id for thing in things):
            yield self.deletion(f"t1_{comment_id}")

    async def guarded(
        self, target: Target, posts: AsyncIterator[Post], what: str = ""
    ) -> AsyncIterator[Post]:
        """Yield posts until they end or fail; a failure is told, whatever PRAW raises."""
        try:
            async for post in posts:
                yield post
        except Exception as error:
            # PRAW has a type of its own for most refusals, but none for those of the log-in.
            is_refused = getattr(getattr(error, "response", None), "status_code", None) in REFUSALS
            where = f"{target.name}, {what}" if what else target.name
            self.fail(f"{where}: {said(error)}", target=target, is_refused=is_refused)

    async def ask(self, function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """Call PRAW in a thread; where Reddit asks for a pause, call again after it."""
        for n_retries in range(self.settings.getint("RETRY_TIMES") + 1):
            if self.n_silent >= N_SILENT:
                raise BadReply("Reddit is out of reach, left for the next crawl")
            try:
                return await asyncio.to_thread(function, *args, **kwargs)
            except RequestException:
                self.n_silent += 1
                raise
            except TooManyRequests as error:
                seconds = pause(n_retries, error.retry_after, datetime.now(UTC))
                if seconds > LONGEST or n_retries == self.settings.getint("RETRY_TIMES"):
                    raise
                await asyncio.sleep(0 if self.settings["HATEMINE_REPLAY"] else seconds)
        raise AssertionError("the loop returns or raises")

    def to_post(self, thing: Any) -> Post:
        """Read a submission or a comment."""
        return to_post(thing, self.started)


def to_post(thing: Any, fetched_at: datetime) -> Post:
    """Read a submission or a comment from what it holds, and never ask Reddit for more."""
    row = vars(thing)
    is_comment = "body" in row
    text = row["body"] if is_comment else row["selftext"]
    thread_id = row["link_id"].removeprefix("t3_") if is_comment else row["id"]
    community = str(row["subreddit"])
    return Post(
        source="reddit",
        source_id=f"{'t1' if is_comment else 't3'}_{row['id']}",
        parent_id=row["parent_id"] if is_comment else None,
        # Without the subreddit and the title's words, since a profile's subreddit is its user's name.
        url=f"https://www.reddit.com/comments/{thread_id}/" + (f"_/{row['id']}/" if is_comment else ""),
        community=None if community.startswith("u_") else community,
        title=None if is_comment else row["title"],
        text=text,
        author=None if row["author"] is None else str(row["author"]),
        posted_at=datetime.fromtimestamp(row["created_utc"], UTC),
        edited_at=datetime.fromtimestamp(row["edited"], UTC) if row["edited"] else None,
        score=row["score"],
        n_replies=None if is_comment else row["num_comments"],
        is_deleted=GONE.fullmatch(text) is not None,
        fetched_at=fetched_at,
    )

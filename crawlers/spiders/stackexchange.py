"""Questions, answers and comments of Stack Exchange's sites, through their API."""

from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, ClassVar, NamedTuple
from urllib.parse import urlencode, urlsplit

from scrapy.http import Request, Response
from twisted.python.failure import Failure

from crawlers.markup import plain
from crawlers.post import Post
from crawlers.redaction import redacted, without_name
from crawlers.shape import TEXT, Keys, Shape
from crawlers.spider import BadReply, SourceSpider, Target, json_of
from crawlers.spiders.discourse import own_words

API = "https://api.stackexchange.com/2.3"
SITE = Shape('a site of Stack Exchange ("stackoverflow", "superuser.com")', r"[\w-]+(\.[\w-]+)*")
# What a question comes with, besides the fields it has by default (https://api.stackexchange.com/docs/filters).
FIELDS = "question.body;question.answers;question.comments;answer.body;answer.comments;comment.body"
FIRST_CRAWL = timedelta(days=365)
DAY = 86_400.0
"""Seconds. The quota is one of a day."""
TOO_MANY = 502
"""The ``error_id`` of a quota used up; it comes with status 400."""

Row = Mapping[str, Any]


class Found(NamedTuple):
    """A question, or an answer or a comment below it, with what it answers."""

    question: Row
    row: Row
    parent: Row | None


@dataclass(frozen=True, kw_only=True)
class Search:
    """A page of the questions that were active from ``since`` on, in seconds, the longest unchanged first."""

    path: str
    parameters: Mapping[str, str]
    since: int
    page: int = 1
    seen: set[int] = field(default_factory=set)

    @property
    def url(self) -> str:
        """The address of this page."""
        order = {"sort": "activity", "order": "asc", "min": self.since, "page": self.page, "pagesize": 100}
        return f"{API}/{self.path}?{urlencode({**self.parameters, **order})}"


class StackexchangeSpider(SourceSpider):
    """Reads, per site, the questions with each tag and those that each query finds, with all below them.

    Without ``tags`` and ``queries`` it searches for the brands' names. A question counts as active when it or
    an answer is written or edited: a comment alone shows up with the next of these.
    """

    name = "stackexchange"
    keys: ClassVar[Keys] = {"sites": SITE, "tags": TEXT, "queries": TEXT}
    allowed_domains = ("api.stackexchange.com",)

    async def start(self) -> AsyncIterator[Request]:
        """Ask for a filter: one request, and questions come with answers and comments in them."""
        query = urlencode({**self.access(), "base": "default", "include": FIELDS})
        yield self.ask(self.target("filter"), f"{API}/filters/create?{query}", self.parse_filter)

    def access(self) -> dict[str, str]:
        """Return the key, if there is one: it raises the quota, and is no secret."""
        key = self.setting("HATEMINE_STACKEXCHANGE_KEY")
        return {"key": key} if key else {}

    def ask(self, target: Target, url: str, callback: Any, **more: Any) -> Request:
        """Return a request to the API."""
        return self.request(target, url, callback, errback=self.api_failed, **more)

    def search(self, target: Target, search: Search, at: datetime | None = None) -> Request:
        """Return the request for a page of questions."""
        return self.ask(target, search.url, self.parse_questions, at=at, search=search)

    def parse_filter(self, response: Response, target: Target) -> Iterator[Request]:
        """Ask for each site's questions with the filter made."""
        made = self.items(json_of(response), response.url)[0]["filter"]
        for source in self.sources:
            tags, queries = source.options["tags"], source.options["queries"]
            if not tags:
                queries = self.watchlist.queries(source)
            searches = [("questions", "tagged", tag) for tag in tags]
            searches += [("search/advanced", "q", query) for query in queries]
            for site in source.options["sites"]:
                common = {**self.access(), "site": site, "filter": made}
                for path, key, value in searches:
                    target = self.target(f"{site} {key} {value}")
                    since = int((target.since or self.started - FIRST_CRAWL).timestamp())
                    search = Search(path=path, parameters={**common, key: value}, since=since)
                    yield self.search(target, search)

    def items(self, reply: Row, url: str) -> list[Any]:
        """Return what an answer holds; rest as it wishes."""
        if reply.get("quota_remaining") == 0:
            self.rest(url, DAY)
        elif "backoff" in reply:
            self.rest(url, reply["backoff"])
        items: list[Any] = reply["items"]
        return items

    def parse_questions(self, response: Response, target: Target, search: Search) -> Iterator[Post | Request]:
        """Read a page of questions and what is below them, and ask for the next page."""
        reply = json_of(response)
        items = self.items(reply, response.url)
        questions = {id_: row for row in items if (id_ := row.get("question_id")) not in search.seen}
        rows = [row for question in questions.values() for row in every_row(question)]
        yield from self.read(target, rows, partial(to_post, fetched_at=self.started))
        if not questions:
            return  # the end, or a page that repeats another
        search.seen.update(questions)
        times = [row["last_activity_date"] for row in items if "last_activity_date" in row]
        first, last = min(times), max(times)
        target.see(_time(last))
        if reply["has_more"] and first < last:
            # Not by page number: a question that becomes active meanwhile moves to the end, and others up.
            yield self.search(target, replace(search, since=last, page=1), at=_time(last))
        elif reply["has_more"]:
            yield self.search(target, replace(search, page=search.page + 1), at=_time(last))

    def api_failed(self, failure: Failure) -> None:
        """Tell that a request failed, in the API's words if there are any."""
        response = getattr(failure.value, "response", None)
        try:
            reply = json_of(response) if response else {}
            what = f"{reply['error_name']}: {reply['error_message']}"
        except (BadReply, LookupError, TypeError):
            self.request_failed(failure)
            return
        request: Request = failure.request  # type: ignore[attr-defined] # Scrapy sets it
        is_refused = reply.get("error_id") == TOO_MANY
        if is_refused:
            self.rest(request.url, DAY)
        target, at = request.cb_kwargs["target"], request.meta["at"]
        self.fail(f"{target.name}: {what}", target=target, at=at, is_refused=is_refused)


def every_row(question: Row) -> Iterator[Found]:
    """Yield a question and all below it, parents first."""
    yield Found(question, question, None)
    for comment in question.get("comments", []):
        yield Found(question, comment, question)
    for answer in question.get("answers", []):
        yield Found(question, answer, question)
        for comment in answer.get("comments", []):
            yield Found(question, comment, answer)


def ident(row: Row) -> str:
    """Return an id that differs between a question, an answer and a comment of the same number."""
    # An answer has a question's id too.
    kind = next((kind for kind in ("comment", "answer") if f"{kind}_id" in row), "question")
    return f"{kind[0]}/{row[f'{kind}_id']}"


def to_post(found: Found, fetched_at: datetime) -> Post:
    """Read a question, an answer or a comment."""
    question, row, parent = found
    site = urlsplit(question["link"]).hostname
    url = f"https://{site}/{ident(parent if parent and 'comment_id' in row else row)}"
    if "comment_id" in row:
        url += f"#comment{row['comment_id']}_{url.rpartition('/')[2]}"
    owner = row.get("owner", {})
    user_id, name = owner.get("user_id"), plain(owner.get("display_name", ""))  # one who left has no id
    edited = row.get("last_edit_date")
    return Post(
        source="stackexchange",
        source_id=f"{site}/{ident(row)}",
        parent_id=f"{site}/{ident(parent)}" if parent else None,
        url=url,
        community=site,
        title=None if parent else without_name(plain(row["title"]), name),
        text=without_name(redacted(own_words(row["body"], has_code=False)), name),
        author=f"{site}/{user_id}" if user_id else None,
        posted_at=_time(row["creation_date"]),
        edited_at=_time(edited) if edited else None,
        score=row["score"],
        n_replies=row.get("answer_count"),
        fetched_at=fetched_at,
    )


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)

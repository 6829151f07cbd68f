"""Issues and their comments on GitHub."""

import re
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, ClassVar
from urllib.parse import urlencode

from scrapy.http import Request, Response

from crawlers.dates import in_utc
from crawlers.markup import plain
from crawlers.post import Post, content_id
from crawlers.shape import TEXT, Keys, Shape
from crawlers.spider import GIVE_UP, SourceSpider, Target, json_of

API = "https://api.github.com"
REPO = Shape('a repository ("owner/name")', r"[\w-]+/[\w.-]+")
ISSUE = re.compile(r"https://github\.com/(?P<repo>[\w-]+/[\w.-]+)/issues/(?P<number>\d+)(?:[?#].*)?")
FIRST_CRAWL = timedelta(days=365)
SECOND = timedelta(seconds=1)

_REPO_OF = re.compile(
    r"https://api\.github\.com/repos/(?P<owner>[^/]+)/(?P<name>[^/]+)(?:/issues/(?P<number>\d+))?"
)
_FENCE = re.compile(r"\s*(`{3,}(?!.*`)|~{3,})")
_QUOTED = re.compile(r" {0,3}>")
# What a reply by e-mail puts before its quote.
_WROTE = re.compile(r"^On [^\n]{5,200}(?:\n[^\n]{0,100})?\bwrote:[ \t]*$", re.MULTILINE)

Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Listing:
    """A page of what changed from ``since`` on, the longest unchanged first; a search has a ``query``."""

    path: str
    since: datetime
    query: str | None = None
    page: int = 1
    seen: set[int] = field(default_factory=set)

    @property
    def url(self) -> str:
        """The address of this page."""
        since = f"{in_utc(self.since):%Y-%m-%dT%H:%M:%SZ}"
        if self.query:
            asked = {"q": f"{self.query} is:issue updated:>={since}", "sort": "updated", "order": "asc"}
        else:
            asked = {"state": "all", "sort": "updated", "direction": "asc", "since": since}
        return f"{API}/{self.path}?{urlencode({**asked, 'per_page': 100, 'page': self.page})}"


class GithubSpider(SourceSpider):
    """Reads the issues and comments of each repository, or the issues that each query finds with theirs.

    With ``repos`` and ``queries`` it searches in those repositories. A query that is the address of an issue
    reads that. Pull requests, what is said on them and what bots write are none of our posts.
    """

    name = "github"
    keys: ClassVar[Keys] = {"repos": REPO, "queries": TEXT}
    allowed_domains = ("api.github.com",)

    async def start(self) -> AsyncIterator[Request]:
        """Ask for each repository's issues and comments, for each search and for each issue."""
        for source in self.sources:
            repos = source.options["repos"]
            queries = source.options["queries"] if repos else self.watchlist.queries(source)
            words = [query for query in queries if not ISSUE.fullmatch(query)]
            for query in queries:
                if found := ISSUE.fullmatch(query):
                    path = f"repos/{found['repo']}/issues/{found['number']}"
                    yield self.ask(self.target(query), f"{API}/{path}", self.parse_issue)
            for repo in repos if not words else ():
                for path in (f"repos/{repo}/issues", f"repos/{repo}/issues/comments"):
                    yield self.first_page(self.target(path), path)
            for query in words:
                for query_in in [f"{query} repo:{repo}" for repo in repos] or [query]:
                    yield self.first_page(self.target(f"search {query_in}"), "search/issues", query_in)

    def ask(self, target: Target, url: str, callback: Callable[..., Any], **more: Any) -> Request:
        """Return a request to the API."""
        headers = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
        if token := self.setting("HATEMINE_GITHUB_TOKEN"):
            headers["Authorization"] = f"Bearer {token}"
        return self.request(target, url, callback, headers=headers, **more)

    def first_page(self, target: Target, path: str, query: str | None = None) -> Request:
        """Return the request for what changed since the last crawl."""
        since = target.since or self.started - FIRST_CRAWL
        return self.page(target, Listing(path=path, query=query, since=since))

    def page(self, target: Target, listing: Listing, at: datetime | None = None) -> Request:
        """Return the request for a page; what changed before ``at`` does not depend on it."""
        return self.ask(target, listing.url, self.parse_page, at=at, listing=listing)

    def comments(
        self, target: Target, issue_url: str, number: int, at: datetime | None, seen: Set[int] = frozenset()
    ) -> Request:
        """Return the request for a page of an issue's comments; ``seen`` are those of the pages before."""
        url = f"{issue_url}/comments?per_page=100&page={number}"
        which = {"issue_url": issue_url, "number": number, "seen": seen}
        return self.ask(target, url, self.parse_comments, at=at, **which)

    def parse_page(self, response: Response, target: Target, listing: Listing) -> Iterator[Post | Request]:
        """Read a page of issues or comments; ask for the comments on issues found, and for the next page."""
        reply = json_of(response)
        rows = reply["items"] if listing.query else reply
        if listing.query and reply["incomplete_results"]:
            message = f"{target.name}: the search took GitHub too long, some results are missing"
            self.fail(message, target=target, at=max(listing.since, self.started - GIVE_UP))
        rows = {id_: row for row in rows if (id_ := row.get("id")) not in listing.seen}
        if not rows:
            return  # the end, or a page that repeats another
        listing.seen.update(rows)
        yield from self.posts(target, rows.values())
        times = [_time(row["updated_at"]) for row in rows.values() if "updated_at" in row]
        first, last = min(times), max(times)
        target.see(last)
        if listing.query:
            for row in rows.values():
                if row["comments"] and is_ours(row):
                    yield self.comments(target, row["url"], 1, _time(row["updated_at"]))
        if has_next(response) and first < last - SECOND:
            # Not by page number: what changes meanwhile moves to the end, and the rest up.
            yield self.page(target, replace(listing, since=last - SECOND, page=1), at=last)
        elif has_next(response):
            yield self.page(target, replace(listing, page=listing.page + 1), at=last)

    def parse_issue(self, response: Response, target: Target) -> Iterator[Post | Request]:
        """Read an issue, and ask for its comments."""
        row = json_of(response)
        yield from self.posts(target, [row])
        if row["comments"] and is_ours(row):
            yield self.comments(target, row["url"], 1, None)

    def parse_comments(
        self, response: Response, target: Target, issue_url: str, number: int, seen: Set[int]
    ) -> Iterator[Post | Request]:
        """Read a page of an issue's comments, and ask for the next while there is something new."""
        rows = json_of(response)
        yield from self.posts(target, rows)
        ids = {row.get("id") for row in rows}
        if not ids <= seen and has_next(response):
            yield self.comments(target, issue_url, number + 1, response.meta["at"], seen | ids)

    def posts(self, target: Target, rows: Iterable[Row]) -> Iterator[Post]:
        """Yield the posts among rows."""
        yield from self.read(target, filter(is_ours, rows), partial(to_post, fetched_at=self.started))


def has_next(response: Response) -> bool:
    """Tell whether there is a next page."""
    return b'rel="next"' in (response.headers.get("Link") or b"")


def is_ours(row: Row) -> bool:
    """Tell whether a person wrote it, and of no pull request."""
    is_of_pull_request = "pull_request" in row or re.search(r"/pull/\d", row.get("html_url", ""))
    return not is_of_pull_request and (row.get("user") or {}).get("type") != "Bot"


def to_post(row: Row, fetched_at: datetime) -> Post:
    """Read an issue or a comment. A repository's name is hashed where it may tell who wrote in it."""
    is_comment = "issue_url" in row
    where = _REPO_OF.fullmatch(row["issue_url"] if is_comment else row["url"])
    if where is None:
        raise ValueError(f"expected the address of an issue, found {row['url']!r}")
    # Comments name their issue by repository and number, so these identify an issue; as a hash, since the
    # repository's owner may be the author.
    issue_id = f"{content_id(where['owner'].lower(), where['name'].lower())}#{where['number']}"
    author = row["user"]["login"] if row["user"] else None  # the account is gone
    is_owner = author is not None and author.lower() == where["owner"].lower()
    created_at, updated_at = _time(row["created_at"]), _time(row["updated_at"])
    return Post(
        source="github",
        source_id=f"comment-{row['id']}" if is_comment else issue_id,
        parent_id=issue_id if is_comment else None,
        url=None if is_owner else row["html_url"],
        community=where["name"],
        title=None if is_comment else row["title"],
        text=own_words(row["body"] or ""),
        author=author,
        posted_at=created_at,
        # An issue is updated by whatever happens to it, a comment by an edit.
        edited_at=updated_at if is_comment and updated_at > created_at else None,
        score=(row.get("reactions") or {}).get("total_count"),
        n_replies=None if is_comment else row["comments"],
        fetched_at=fetched_at,
    )


def own_words(markdown: str) -> str:
    """Return a text without quotes of others and what templates hide; [code] stands for blocks of code."""
    first, *others = markdown.replace("\r\n", "\n").split("<!--")
    # Unclosed, it hides nothing here: better too much than a complaint less.
    text = first + "".join(part.partition("-->")[2] if "-->" in part else f"<!--{part}" for part in others)
    lines: list[str] = []
    fence = ""
    for line in text.split("\n"):
        found = _FENCE.match(line)
        if fence:
            if line.strip().startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
        elif found:
            fence = found[1]
            lines.append("[code]")
        elif not _QUOTED.match(line):
            lines.append(line)
    return plain(_WROTE.sub("", "\n".join(lines)))


def _time(text: str) -> datetime:
    return in_utc(datetime.fromisoformat(text))

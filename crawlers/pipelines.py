"""Make a post fit to be kept: Tidy -> Redact -> Pseudonymise -> Check, as functions and as pipelines."""

import re
import unicodedata
from collections import OrderedDict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Self

from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem

from crawlers.post import Post
from crawlers.redaction import redacted, redacted_url, without_name
from crawlers.salt import keyed_hash
from crawlers.spider import spider_of

# What several readers of lines take for a line's end; one landing line must stay one line.
_LINE_ENDS = re.compile(r"\r\n?|[\v\f\x1c-\x1e\x85\u2028\u2029]")
# Control characters, and invisible ones that hide a word from whoever searches it (not the joiner of emoji).
_INVISIBLE = re.compile(r"[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f\xad\u200b\u2060\ufeff]")
_LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")
_SPACES = re.compile(r"[^\S\n]{2,}|[^\S\n ]")  # not each single space there is
_FUTURE = timedelta(days=2)
REMEMBERED = 50_000
"""Posts known as met in this run. A crawl of any length fits into memory; what lands twice is loaded once."""


class Refused(DropItem):
    """A post is not fit to be kept; the message is one of a few fixed reasons, which can be counted."""


class Repeated(DropItem):
    """A post was met before in the same run, by another search or on another page."""


def tidy(post: Post) -> Post:
    """Return the post with clean spaces, its title at the head of the text unless the body repeats it."""
    title = tidied(post.title).replace("\n", " ") if post.title else None
    text = tidied(post.text)
    if post.is_deleted:
        return replace(post, text="", title=None)
    if title and not text.casefold().startswith(title.rstrip(" .…").casefold()):
        text = f"{title}\n{text}".rstrip("\n")
    return replace(post, text=text, title=title or None)


def tidied(text: str) -> str:
    """Return the text in NFC, without invisible characters, with single spaces and single blank lines."""
    text = _LINE_ENDS.sub("\n", _LONE_SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text))
    text = _SPACES.sub(" ", _INVISIBLE.sub("", unicodedata.normalize("NFC", text)))
    if "\n" in text:
        text = re.sub(r"\n{3,}", "\n\n", re.sub(r" ?\n ?", "\n", text))
    return text.strip()


def redact(post: Post) -> Post:
    """Return the post without e-mails, phone, card and account numbers, and without its author's name."""

    def clean(text: str) -> str:
        return without_name(redacted(text), post.author or "")

    return replace(
        post,
        text=clean(post.text),
        title=clean(post.title) if post.title else post.title,
        community=_redacted_once(post.community) if post.community else post.community,
        url=redacted_url(post.url) if post.url else post.url,
    )


_redacted_once = lru_cache(maxsize=1024)(redacted)
"""For what many posts share."""


def pseudonymise(post: Post, key: bytes) -> Post:
    """Return the post with a keyed hash of its author in the author's place."""
    if post.author is None:
        return post
    return replace(post, author=None, author_key=keyed_hash(key, f"{post.source}:{post.author}"))


def check(post: Post, now: datetime) -> Post:
    """Return the post, or raise ``Refused`` with a reason."""
    if not post.source_id:
        raise Refused("no source_id")
    if not post.text and not post.is_deleted:
        raise Refused("no text")
    if any(time and time.tzinfo is None for time in (post.posted_at, post.edited_at, post.fetched_at)):
        raise Refused("a time without a zone")
    if post.posted_at and post.posted_at - _FUTURE > now:
        raise Refused("posted in the future")
    if post.rating is not None and not 1 <= post.rating <= 5:
        raise Refused("a rating outside 1 to 5")
    if post.author is not None:
        raise Refused("an author's name")
    return post


class Tidy:
    """Tidies every post."""

    def process_item(self, item: Post) -> Post:
        """Tidy a post."""
        return tidy(item)


class Redact:
    """Redacts every post."""

    def process_item(self, item: Post) -> Post:
        """Redact a post."""
        return redact(item)


class Pseudonymise:
    """Pseudonymises every post with the data folder's key."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build the pipeline."""
        return cls(crawler)

    def process_item(self, item: Post) -> Post:
        """Pseudonymise a post."""
        return pseudonymise(item, spider_of(self.crawler).key)


class Check:
    """Checks every post, and at the end that there were as many as the spider expects."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.n_seen = 0
        self.seen: OrderedDict[tuple[str, bool], None] = OrderedDict()
        # A recording may be younger than this machine's clock.
        self.is_replay = bool(crawler.settings["HATEMINE_REPLAY"])

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build the pipeline."""
        return cls(crawler)

    def process_item(self, item: Post) -> Post:
        """Check a post, and that it is the first of its id in this run."""
        self.n_seen += 1
        post = check(item, datetime.max.replace(tzinfo=UTC) if self.is_replay else datetime.now(UTC))
        if (post.source_id, post.is_deleted) in self.seen:
            raise Repeated("met before in this run")
        self.seen[post.source_id, post.is_deleted] = None
        if len(self.seen) > REMEMBERED:
            self.seen.popitem(last=False)
        return post

    def close_spider(self) -> None:
        """Tell a crawl that saw too little."""
        spider = spider_of(self.crawler)
        if self.n_seen < spider.min_posts and not any(target.since for target in spider.targets):
            spider.fail(f"{self.n_seen} posts seen, expected {spider.min_posts} or more")

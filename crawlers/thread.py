"""Read a page of a forum: its posts without quotes and signatures, its pages, the threads of a board."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, unquote, urldefrag, urlencode, urljoin, urlsplit, urlunsplit

from extruct import extract
from parsel import Selector
from w3lib.encoding import html_body_declared_encoding

from crawlers.dates import ambiguous, is_day_first
from crawlers.markup import plain
from crawlers.moments import moment, numeric_dates
from crawlers.platforms import PLATFORMS, Platform, Selectors
from crawlers.post import content_id
from crawlers.prose import text_of, without_tagged_quotes
from crawlers.redaction import redacted_url

MAX_POSTS = 5_000
"""So many on one page are no page of a thread, and hostile ones nest them."""
LARGE = 500_000
MAX_DEPTH = 500
"""Pages of more characters may not nest deeper: looking into each element for others would take minutes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ThreadPost:
    """A post as its page tells it; ids are unique on its host. ``member`` is its author's number."""

    ident: str
    text: str = field(repr=False)
    author: str | None = field(default=None, repr=False)
    member: str | None = field(default=None, repr=False)
    posted_at: datetime | None = None
    edited_at: datetime | None = None
    url: str | None = None
    quoted: str | None = None
    title: str | None = field(default=None, repr=False)
    score: int | None = None
    is_deleted: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class ThreadLink:
    """A thread in the list of a board, and when its last post was made, if the list says so."""

    url: str
    active_at: datetime | None = None
    is_pinned: bool = False


@dataclass(frozen=True)
class ForumPage:
    """A page of a known forum software. ``is_day_first`` tells how other pages of the forum write dates."""

    root: Selector = field(repr=False)
    url: str
    platform: Platform
    fetched_at: datetime
    is_day_first: bool | None = None

    @cached_property
    def base(self) -> str:
        """The address that links are relative to."""
        return urljoin(self.url, self.root.xpath("//base/@href").get() or "")

    @cached_property
    def rows(self) -> list[Selector]:
        """What holds a post, in order; what stands in another twice over is no post."""
        found = _every(self.root, self.platform.post)
        if len(found) > MAX_POSTS:
            raise ValueError(f"{len(found)} posts on a page")
        elements = {row.root for row in found}
        return [row for row in found if sum(it in elements for it in row.root.iterancestors()) < 2]

    @cached_property
    def day_first(self) -> bool | None:
        """Whether 3/4/2025 is in April; ``None`` where neither this page nor another tells."""
        selectors = self.platform.active if self.is_board else self.platform.date
        holders = self.threads_rows if self.is_board else self.rows
        texts = [date for row in holders for date in numeric_dates(_first(row, selectors) or "")]
        if not texts or ambiguous(texts):
            return self.is_day_first
        return is_day_first(texts)

    @property
    def is_board(self) -> bool:
        """Whether it lists threads and has no posts."""
        return not self.rows

    @cached_property
    def title(self) -> str | None:
        """The thread's title without its prefixes, or what the page calls itself."""
        for selector in self.platform.title:
            for found in _every(self.root, selector):
                if title := " ".join(text_of(found.root, _elements(found, _LABELS)).split()):
                    return title
        named = self.root.xpath("//meta[@property='og:title']/@content").get()
        return named or self.root.xpath("normalize-space(//title)").get() or None

    @cached_property
    def thread(self) -> str:
        """The address of the thread."""
        return self._link(self.root.xpath("//link[@rel='canonical']/@href").get()) or self.url

    @property
    def next(self) -> str | None:
        """The address of the next page."""
        return self._other(self.platform.following + _NEXT) or self.numbered.get((self.number or 0) + 1)

    @property
    def previous(self) -> str | None:
        """The address of the previous page."""
        return self._other(self.platform.previous + _PREVIOUS) or self.numbered.get((self.number or 0) - 1)

    @property
    def first(self) -> str | None:
        """The address of the thread's first page, if this is another."""
        return self._elsewhere(self.numbered.get(1))

    @property
    def last(self) -> str | None:
        """The address of the thread's last page, if this is another."""
        n = max(self.numbered, default=0)
        return self._other(_LAST) or (self.numbered[n] if n > (self.number or 1) else None)

    def _other(self, selectors: Selectors) -> str | None:
        return self._elsewhere(self._link(_first(self.root, selectors)))

    def _elsewhere(self, url: str | None) -> str | None:
        """Return the address of a page if it is not that of this one."""
        here = {urldefrag(it)[0].rstrip("/") for it in (self.url, self.thread)}
        return url if url and urldefrag(url)[0].rstrip("/") not in here else None

    @cached_property
    def numbered(self) -> Mapping[int, str]:
        """The addresses of the thread's other pages, by number."""
        links = _every(self.root, self.platform.pages) if self.platform.pages else []
        pages: dict[int, str] = {}
        for link in links:
            text, url = _text(link).replace(",", ""), self._link(link.attrib.get("href"))
            names = f"{link.attrib.get('class')} {link.xpath('string(../@class)').get()}"
            if url and re.fullmatch(r"[0-9]{1,6}", text) and not _HERE.search(names):
                pages[int(text)] = url
        return pages

    @cached_property
    def number(self) -> int | None:
        """The number of this page: the one that the links to the others leave out."""
        return (
            next((n for n in range(1, 1_000_000) if n not in self.numbered), None) if self.numbered else None
        )

    @cached_property
    def threads_rows(self) -> list[Selector]:
        """What holds a thread of a board."""
        return _every(self.root, self.platform.row) if self.platform.row else []

    @property
    def threads(self) -> list[ThreadLink]:
        """The threads of a board, each once, in order."""
        links: dict[str, ThreadLink] = {}
        for row in self.threads_rows:
            url = self._link(_first(row, self.platform.link))
            if url is not None:
                link = ThreadLink(
                    url=url,
                    active_at=self._moment(_first(row, self.platform.active)),
                    is_pinned=_first(row, self.platform.pinned, is_blank_enough=True) is not None,
                )
                links.setdefault(url, link)
        return list(links.values())

    def post(self, row: Selector) -> ThreadPost:
        """Read a post, or raise an error that says what it lacks."""
        platform = self.platform
        ident = self.ident(row)
        if ident is None:
            raise ValueError(f"a post without an id where {platform.name} has it")
        if _first(row, platform.deleted, is_blank_enough=True) is not None:
            return ThreadPost(ident=ident, text="", is_deleted=True)
        body = next((found[0] for css in platform.body if (found := _every(row, css))), None)
        if body is None:
            raise ValueError(f"post {ident} has no text where {platform.name} has it")
        quotes = _every(body, platform.quote)
        text = text_of(body.root, _elements(body, platform.junk), [quote.root for quote in quotes])
        if platform.rule:
            text = text.partition(platform.rule)[0]
        text = f"{self._subject(row)}\n{text}".strip()
        author, member = _first(row, platform.author), _first(row, platform.member)
        posted_at = self._moment(_first(row, platform.date))
        edited_at = self._moment(_first(row, platform.edited))
        score = re.fullmatch(r"-?[0-9]{1,9}", _first(row, platform.score) or "")
        if text == "(post deleted by author)":  # Discourse keeps its place
            return ThreadPost(ident=ident, text="", is_deleted=True)
        return ThreadPost(
            ident=ident,
            text=text,
            author=author,
            member=_member(member) if member else None,
            posted_at=posted_at,
            edited_at=edited_at if posted_at is None or (edited_at or posted_at) > posted_at else None,
            url=self._permalink(row, ident, author),
            quoted=self._quoted(quotes),
            score=int(score[0]) if score else None,
        )

    def _subject(self, row: Selector) -> str:
        """Return a post's own headline, if its author gave it one."""
        subject = _first(row, self.platform.subject) or ""
        is_answer = re.match(r"(?:re|aw|antw|sv|rv|tr|odp) ?:", subject, re.IGNORECASE)
        return "" if is_answer or subject.casefold() in (self.title or "").casefold() else subject

    def ident(self, row: Selector) -> str | None:
        """Return a post's id, which is unique on its host."""
        found = _IDENT.search(_first(row, self.platform.ident) or "")
        if not found:
            return None
        if self.platform.is_numbered:
            return f"{self._thread_number}/{found[2]}"
        return f"{found[1].lower()}-{found[2]}" if found[1] else found[2]

    @property
    def _thread_number(self) -> str:
        numbers = re.findall(r"/t/(?:[^/]+/)?(\d+)", urlsplit(self.thread).path)
        if not numbers:
            raise ValueError(f"no thread's number in {self.thread}")
        return str(numbers[0])

    def _quoted(self, quotes: Sequence[Selector]) -> str | None:
        """Return the post that the first quote with a source is from."""
        for quote in quotes:
            if not (found := _QUOTED.search(_first(quote, self.platform.quoted) or "")):
                continue
            if not self.platform.is_numbered:
                return found[1]
            if quote.attrib.get("data-topic") in (None, self._thread_number):
                return f"{self._thread_number}/{found[1]}"
        return None

    def _permalink(self, row: Selector, ident: str, author: str | None) -> str | None:
        anchor, number = row.attrib.get("id"), re.split("[/-]", ident)[-1]
        href = _first(row, self.platform.permalink) or ""
        if number not in href:  # that of the thread, or of a post that is quoted
            href = f"#{anchor}" if anchor else ""
        url = f"{self.thread}{href}" if href.startswith("#") else self._link(href) or self.thread
        return None if author and _names(url, author) else url

    def _link(self, href: str | None) -> str | None:
        """Return an absolute address without the session that some forums put into every link."""
        if not href or re.match(r"\s*(?:#|javascript:|mailto:|data:)", href, re.IGNORECASE):
            return None
        try:
            parts = urlsplit(urljoin(self.base, href.strip()))
            pairs = parse_qsl(parts.query, keep_blank_values=True)
        except ValueError:
            return None  # no address, say of a broken host
        if parts.scheme not in ("http", "https"):
            return None
        if any(name in _SESSION for name, _value in pairs):
            query = urlencode([pair for pair in pairs if pair[0] not in _SESSION])
            parts = parts._replace(query=query)
        return urlunsplit(parts)

    def _moment(self, text: str | None) -> datetime | None:
        return moment(text, self.fetched_at, day_first=self.day_first) if text else None


def forum_page(
    html: str, url: str, fetched_at: datetime, is_day_first: bool | None = None
) -> ForumPage | None:
    """Return a page of a forum, or ``None`` where no known software made it."""
    root = Selector(text=html, base_url=url)
    if len(html) > LARGE and _depth(root.root) > MAX_DEPTH:
        raise ValueError(f"elements nested deeper than {MAX_DEPTH}")
    marked = [it for it in PLATFORMS if any(_every(root, mark) for mark in it.mark)]
    # Some themes borrow names from other software: what has posts goes first.
    marked.sort(key=lambda it: not _every(root, it.post))
    return ForumPage(root, url, marked[0], fetched_at, is_day_first) if marked else None


def schema_posts(html: str, url: str, fetched_at: datetime) -> tuple[list[ThreadPost], list[str]]:
    """Return the posts that a page marks as schema.org says, parents first, and what could not be read."""
    nodes: list[Any] = []
    problems: list[str] = []
    for script in Selector(text=html).xpath("//script[@type='application/ld+json']/text()").getall():
        try:
            nodes.append(json.loads(script, strict=False))
        except (ValueError, RecursionError) as error:
            problems.append(f"JSON-LD that is no JSON: {error}")
    if not nodes and "itemscope" in html:
        nodes = extract(html, base_url=url, syntaxes=["microdata"], uniform=True)["microdata"]
    waiting: list[tuple[Any, str | None]] = [(node, None) for node in nodes]
    posts: dict[str, ThreadPost] = {}
    while waiting:
        node, above = waiting.pop(0)
        if isinstance(node, list):
            waiting[:0] = [(part, above) for part in node]
        if not isinstance(node, Mapping):
            continue
        if _POSTS.isdisjoint(_list(node.get("@type"))):
            waiting.extend(
                (node.get(name), above) for name in ("@graph", "mainEntity", "hasPart", "itemListElement")
            )
            continue
        post = _schema_post(node, above, url, fetched_at)
        posts.setdefault(post.ident, post)
        answers = (node.get(name) for name in ("comment", "acceptedAnswer", "suggestedAnswer"))
        waiting.extend((answer, post.ident) for answer in answers)
    return list(posts.values()), problems


def _schema_post(node: Mapping[str, Any], above: str | None, url: str, fetched_at: datetime) -> ThreadPost:
    author = next((it for it in _list(node.get("author")) if it), None)
    name = author.get("name") if isinstance(author, Mapping) else author
    own = next((it for key in ("@id", "url") if isinstance(it := node.get(key), str)), "")
    text = plain(str(node.get("text") or node.get("articleBody") or ""))
    posted_at, edited_at = (
        moment(str(node.get(key) or ""), fetched_at) for key in ("datePublished", "dateModified")
    )
    if posted_at is None:
        posted_at = moment(str(node.get("dateCreated") or ""), fetched_at)
    where = urljoin(url, own)
    if redacted_url(where) != where or (name and _names(where, str(name))):
        own, where = "", url  # it names a person, and ids are kept as they are
    return ThreadPost(
        ident=re.sub("^[a-z]+://[^/]*/", "", where) if own else content_id(url, posted_at or "", text),
        text=without_tagged_quotes(text),
        author=str(name) if name else None,
        posted_at=posted_at,
        edited_at=edited_at if edited_at and posted_at and edited_at > posted_at else None,
        url=where,
        quoted=above,
        title=str(node.get("headline") or node.get("name") or "") or None,
    )


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def generator(html: str) -> str:
    """Return in words the software that a page says it was made by."""
    name = Selector(text=html).xpath("//meta[translate(@name, 'G', 'g')='generator']/@content").get()
    return f"generator {name[:80]!r}" if name else "no generator"


def decoded(body: bytes, text: str) -> str:
    """Return the text of a page; where the server names a wrong encoding, in the one that the page names."""
    if "\ufffd" not in text:
        return text
    inside = html_body_declared_encoding(body)
    for encoding in ("utf-8", inside, "cp1252"):
        try:
            return body.decode(encoding) if encoding else text
        except UnicodeDecodeError:
            continue
    return text


def why_no_forum(html: str) -> str:
    """Say in words what a page is that has neither posts nor threads."""
    title = (Selector(text=html).xpath("normalize-space(//title)").get() or "")[:100]
    for what, pattern in _WALLS.items():
        if pattern.search(title):
            return f"{what} titled {title!r}"
    has_login = re.search(r"<input[^>]{0,300}type=[\"']?password", html, re.IGNORECASE)
    return f"a page{' with a login' if has_login else ''} titled {title!r}"


_POSTS = {"DiscussionForumPosting", "SocialMediaPosting", "Question", "Answer", "Comment"}
_NEXT = ("link[rel~=next]::attr(href)", "a[rel~=next][href]::attr(href)")
_PREVIOUS = ("link[rel~=prev]::attr(href)", "a[rel~=prev][href]::attr(href)")
_LAST = ("link[rel~=last]::attr(href)", "a[rel~=last][href]::attr(href)")
_HERE = re.compile(r"current|active|selected|highlight", re.IGNORECASE)
_LABELS = ".label, .label-append, .prefix, .prefixText, .ipsBadge, .ipsBadges, .badge, .sr-only, .u-srOnly"
_SESSION = {"s", "sid", "PHPSESSID", "highlight", "hilit", "_xfToken"}
_IDENT = re.compile(r"(?:(discussion|topic)\D*)?([0-9]{1,20})\D*$", re.IGNORECASE)
_QUOTED = re.compile(r"([0-9]{1,20})\D*$")
_WALLS = {
    "a login wall": re.compile(r"\blog ?in\b|\bsign ?in\b|anmelden|connexion|must be logged", re.IGNORECASE),
    "a consent page": re.compile(r"consent|cookie|before you continue|privacy settings", re.IGNORECASE),
    "a check for robots": re.compile(
        r"just a moment|attention required|are you (?:a )?(?:human|robot)|captcha|ddos|access denied"
        r"|security check|checking your browser|verif(?:y|ication)",
        re.IGNORECASE,
    ),
}


def _depth(root: Any) -> int:
    """Return how deep elements are nested."""
    deepest, waiting = 0, [(root, 1)]
    while waiting:
        element, depth = waiting.pop()
        deepest = max(deepest, depth)
        waiting.extend((child, depth + 1) for child in element)
    return deepest


def _every(selector: Selector, css_or_xpath: str) -> list[Selector]:
    if re.match(r"\.?/|self::", css_or_xpath):
        return list(selector.xpath(css_or_xpath))
    return list(selector.css(css_or_xpath))


def _elements(selector: Selector, css: str) -> list[Any]:
    return [found.root for found in selector.css(css)] if css else []


def _first(selector: Selector, choices: Selectors, *, is_blank_enough: bool = False) -> str | None:
    """Return the text of the first thing found that has one."""
    for choice in choices:
        for found in _every(selector, choice):
            if (text := _text(found)) or is_blank_enough:
                return text
    return None


def _text(found: Any) -> str:
    """Return the words of an element, an attribute or a text."""
    value = found.xpath("string(.)").get() if hasattr(getattr(found, "root", None), "tag") else found.get()
    return " ".join((value or "").split())


def _member(value: str) -> str | None:
    """Return the number of a user's page; guests have 0."""
    found = (
        re.search(r"/(?:profile|members?|user)/([0-9]{1,15})(?:-|/|$)", value)
        or re.search(r"[?&;]u(?:id)?=([0-9]{1,15})", value)
        or re.search(r"(?:^|[^\w])([0-9]{1,15})(?:\.html|\D)?/?$", value)
    )
    return found[1] if found and found[1].strip("0") else None


def _names(url: str, author: str) -> bool:
    """Tell whether an address has its author's name as a part of its own."""
    name = author.casefold()
    parts = re.split(r"[/?&=#;]", unquote(url).casefold())
    return any(part == name or re.fullmatch(rf"{re.escape(name)}\.\d+", part) for part in parts)

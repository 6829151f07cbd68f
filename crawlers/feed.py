"""Read feeds: RSS of any version, Atom and JSON Feed, as they come, broken or hostile ones too."""

import html
import io
import json
import re
from calendar import timegm
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from itertools import chain
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import feedparser
from w3lib.encoding import html_to_unicode

from crawlers.dates import parse_date
from crawlers.pipelines import tidied

JSON_FEED = "https://jsonfeed.org/version/1"
_ENTITY = re.compile("<!ENTITY", re.IGNORECASE)
# Python's XML parser looks at all attributes of a tag for each of them.
_FLOOD = re.compile(r"""<\w[^\s<>/]*(?:\s+[^\s=<>]+\s*=\s*(?:"[^"<]*"|'[^'<]*')){100}""")
_ROOT = re.compile(r"<(?:\w+:)?(?:rss|feed|rdf)[\s>]", re.IGNORECASE)
_ROOT_END = re.compile(r"</(?:\w+:)?(?:rss|feed|rdf)\s*>", re.IGNORECASE)
_ENTRY_END = re.compile(r"</(?:\w+:)?(?:item|entry)\s*>", re.IGNORECASE)

_MARK = re.compile(r"<!--|-->|<(?P<end>/?)(?P<tag>[a-zA-Z][\w:-]*+)[^<>]*+>")
_SILENT = {"script", "style", "template", "noscript", "iframe", "object", "svg"}
_LINES = {"br", "li", "tr", "dt", "dd", "figcaption"}
_BREAKS = {
    **dict.fromkeys(("p", "div", "ul", "ol", "dl", "pre", "blockquote", "table", "figure", "hr"), "\n\n"),
    **dict.fromkeys(("section", "article", "h1", "h2", "h3", "h4", "h5", "h6"), "\n\n"),
    **dict.fromkeys(_LINES, "\n"),
    **dict.fromkeys(("td", "th"), " "),
}
_HTML = re.compile(r"<(?:a|br|div|img|p|span) ?/?[^<>]*>", re.IGNORECASE)  # in what claims to be none
_LINK = re.compile(r"\s*<a\s[^<>]*>[^<>]*</a>\s*", re.IGNORECASE)
# WordPress puts it before a comment that answers another: In reply to <a href="…#comment-12">Ada</a>.
_IN_REPLY = re.compile(
    r"\s*(?:<p>)?[^<>]{0,60}<a\s[^<>]{0,500}(?P<answered>#comment-\d+)[\"'][^<>]{0,200}>[^<>]{0,200}</a>"
    r"[^<>\n]{0,9}(?:\n|</p>|<br ?/?>|$)"
)
# What Reddit, Discourse and WordPress put after a text; Reddit's has the author's name in it.
_TAIL = re.compile(
    r"\s*(?:submitted by\s+/u/\S{1,50}(?:\s+to\s+r/\S{1,50})?\s+\[link\]\s+\[comments\]"
    r"|(?:\d{1,7} posts? - \d{1,7} participants?\s+)?Read full topic"
    r"|The post [^\n]{1,300} (?:appeared first|first appeared) on [^\n]{1,200})$"
)
_COMMENT = re.compile(r"#comment-\d+$")
_REDDIT = re.compile(r"https://[a-z.]*reddit\.com/r/\w+/comments/(\w+)/")

Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """An entry as its feed tells it. ``answers`` is the id of the entry it answers, ``ident`` its own."""

    ident: str | None
    link: str | None
    title: str | None = field(repr=False)
    text: str = field(repr=False)
    author: str | None = field(repr=False)
    posted_at: datetime | None
    edited_at: datetime | None
    answers: str | None = None
    n_replies: int | None = None
    lang: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Feed:
    """A feed: its entries, to be read by ``entry``, and the address of its next page.

    ``is_cut`` says that it ends before its end; the entry that was cut is none of them. ``odd_dates`` are
    those that ``entry`` met and could not read.
    """

    rows: Sequence[Row]
    entry: Callable[[Row], Entry]
    following: str | None
    is_cut: bool
    odd_dates: list[str]


def feed_of(body: bytes, content_type: str, url: str) -> Feed | None:
    """Return the feed that an answer is, or ``None`` if it is none."""
    odd_dates: list[str] = []
    text = _decoded(body, content_type).lstrip()
    if text.startswith("{"):
        feed = json.loads(text)
        if not str(feed.get("version")).startswith(JSON_FEED):
            return None
        entry = partial(_json_entry, feed=feed, url=url, odd_dates=odd_dates)
        rows, is_cut, following = feed["items"], False, feed.get("next_url")
    elif not _ROOT.search(text):
        return None  # not left to feedparser, which looks long for entries in a page
    else:
        parsed, is_cut = _parsed(text)
        # The entry that was cut has lost its end.
        rows = parsed.entries[: len(_ENTRY_END.findall(text))] if is_cut else parsed.entries
        shared = _shared((row.get("id"), row.get("link")) for row in rows)
        lang = parsed.feed.get("language")
        entry = partial(_xml_entry, shared=shared, lang=lang, url=url, odd_dates=odd_dates)
        links = parsed.feed.get("links", [])
        following = next((link.get("href") for link in links if link.get("rel") == "next"), None)
    return Feed(
        rows=rows,
        entry=entry,
        following=urljoin(url, following) if following else None,
        is_cut=is_cut,
        odd_dates=odd_dates,
    )


def words_of(markup: str) -> str:
    """Return the text of a piece of HTML, without scripts and the like; paragraphs are blank lines apart.

    It reads marks one by one: to libxml2, one tag with 100,000 attributes is worth two minutes.
    """
    pieces: list[str] = []
    start, silent, is_pre = 0, "", False
    for mark in chain(_MARK.finditer(markup), [None]):
        if not silent:
            piece = markup[start : mark.start() if mark else None]
            pieces.append(html.unescape(piece if is_pre else re.sub(r"\s+", " ", piece)))
        if mark is None:
            break
        start, tag, is_end = mark.end(), (mark["tag"] or mark[0]).lower(), bool(mark["end"])
        if silent:
            silent = "" if tag == silent and (is_end or tag == "-->") else silent
        elif tag == "<!--":
            silent = "-->"
        elif tag in _SILENT and not is_end and not mark[0].endswith("/>"):
            silent = tag
        else:
            is_pre = not is_end if tag == "pre" else is_pre
            pieces.append("" if is_end and tag in _LINES else _BREAKS.get(tag, ""))
    return tidied("".join(pieces))


def _decoded(body: bytes, content_type: str) -> str:
    """Return a feed as text. What can be read as UTF-8 is UTF-8, whatever it claims to be."""
    try:
        if b"\x1b" in body:  # ISO-2022-JP looks like ASCII
            raise ValueError("escapes")
        text = body.decode("utf-8-sig")
    except ValueError:
        text = html_to_unicode(content_type, body, default_encoding="cp1252")[1]
    return text.replace("\0", "")  # UTF-16 without a mark at its head


def _parsed(text: str) -> tuple[Any, bool]:
    """Return what feedparser makes of XML, and whether it is cut off."""
    text = _ENTITY.sub("<!NOTHING", text)  # feedparser would let them grow to gigabytes
    if _FLOOD.search(text):
        raise ValueError("a tag with more than 100 attributes")
    text = re.sub(r"^<\?xml[^<>]*\?>", "", text)  # its encoding was of the bytes
    parsed = feedparser.parse(
        io.BytesIO(text.encode("utf-8", "replace")),  # a text might be taken for an address, and fetched
        response_headers={"content-type": "application/xml; charset=utf-8"},
        resolve_relative_uris=False,
        sanitize_html=False,
    )
    return parsed, bool(parsed.bozo) and not _ROOT_END.search(text)


def _shared(pairs: Iterable[tuple[str | None, str | None]]) -> set[str]:
    """Return the ids and links that several entries have, so that none is called by them."""
    pairs = list(pairs)
    ids = Counter(ident for ident, _link in set(pairs) if ident)
    links = Counter(link for ident, link in pairs if link and not ident)
    return {name for name, n in (ids + links).items() if n > 1}


def _xml_entry(row: Row, shared: set[str], lang: str | None, url: str, odd_dates: list[str]) -> Entry:
    """Read an entry of RSS or Atom."""
    row = dict(row)  # feedparser's own kind gives one date for another
    author = _name(row.get("author_detail", {}).get("name") or row.get("author"))
    if author and "email" in row.get("author_detail", {}):
        author = author.rpartition("(")[2].rstrip(")")  # feedparser leaves the end of ada@mail.online (Ada)
    ident, link = row.get("id"), row.get("feedburner_origlink") or row.get("link")
    is_reddit_s = str(ident).startswith("t1_")
    is_comment = is_reddit_s or bool(_COMMENT.search(ident or link or ""))
    title = _text(row.get("title_detail", {"value": row.get("title") or ""})).replace("\n", " ")
    details = [*row.get("content", []), row.get("summary_detail", {"value": row.get("summary") or ""})]
    answers = row.get("thr_in-reply-to", {}).get("ref")
    if is_reddit_s and (thread := _REDDIT.match(link or "")):
        answers = f"t3_{thread[1]}"
    elif is_comment and ident and not answers:
        answers = _COMMENT.sub("", ident)
        for detail in details:
            if reply := _IN_REPLY.match(detail["value"]):
                answers = _COMMENT.sub(reply["answered"], ident)
                detail["value"] = detail["value"][reply.end() :]
    posted_at, updated_at = (_xml_date(row, name, odd_dates) for name in ("published", "updated"))
    return Entry(
        ident=None if ident in shared else ident,
        link=_real(urljoin(url, link)) if link and link not in shared else None,
        title=None if is_comment or _is_signed(title, author) else title or None,
        text=max(map(_text, details), key=len),
        author=author,
        posted_at=posted_at or updated_at,
        edited_at=updated_at if posted_at and updated_at and updated_at > posted_at else None,
        answers=answers,
        n_replies=_number(row.get("slash_comments") or row.get("thr_total")),
        lang=row.get("language") or lang or None,
    )


def _json_entry(row: Row, feed: Row, url: str, odd_dates: list[str]) -> Entry:
    """Read an item of a JSON Feed (https://www.jsonfeed.org/version/1.1/)."""
    authors = row.get("authors") or [row.get("author") or {}]
    texts = (words_of(row.get("content_html") or ""), row.get("content_text") or "", row.get("summary") or "")
    posted_at, changed_at = (_date(row.get(f"date_{name}"), odd_dates) for name in ("published", "modified"))
    author, title = _name(authors[0].get("name")), tidied(row.get("title") or "")
    ident = str(row["id"]) if row.get("id") else None
    link = row.get("url") or (ident if ident and ident.startswith("http") else None)
    return Entry(
        ident=ident,
        link=urljoin(url, link) if link else None,
        title=None if _is_signed(title, author) else title or None,
        text=max(texts, key=len),
        author=author,
        posted_at=posted_at or changed_at,
        edited_at=changed_at if posted_at and changed_at and changed_at > posted_at else None,
        lang=row.get("language") or feed.get("language"),
    )


def _text(detail: Row) -> str:
    """Return what an element says, without what sites add to it."""
    value = detail["value"]
    if detail.get("type") == "text/plain" and not _HTML.search(value):
        return tidied(value)
    return "" if _LINK.fullmatch(value) else _TAIL.sub("", words_of(value))


def _name(author: str | None) -> str | None:
    """Return an author's name without what some sites put before it."""
    return (author or "").strip().removeprefix("/u/").removeprefix("@") or None


def _is_signed(title: str, author: str | None) -> bool:
    """Tell whether a title is that of a comment, and names its author: "By: Ada", "Ada on Kettles"."""
    name = re.escape(author or "")
    forms = rf"(?:\w+ ?: )?{name}|(?:/u/)?{name} on:? .*|.* (?:by|von|par|por|di|door) {name}"
    return bool(author) and re.fullmatch(forms, title, re.IGNORECASE) is not None


def _real(link: str) -> str:
    """Return where a link of Google's alerts leads."""
    parts = urlsplit(link)
    is_hop = parts.netloc == "www.google.com" and parts.path == "/url"
    return parse_qs(parts.query).get("url", [link])[0] if is_hop else link


def _xml_date(row: Row, name: str, odd_dates: list[str]) -> datetime | None:
    """Return a date that feedparser has read; else try to."""
    parsed = row.get(f"{name}_parsed")
    return datetime.fromtimestamp(timegm(parsed), UTC) if parsed else _date(row.get(name), odd_dates)


def _date(text: str | None, odd_dates: list[str]) -> datetime | None:
    try:
        return parse_date(text) if text else None
    except (ValueError, OverflowError):
        odd_dates.append(str(text))
        return None


def _number(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch("[0-9]{1,9}", text) else None

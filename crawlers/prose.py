"""Turn an element of a page into the text its author wrote: in lines, without quotes of others."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

_NEVER = {"script", "style", "noscript", "template", "iframe", "button", "form", "textarea", "select", "svg"}
_NEVER |= {"object", "video", "audio", "head", "input"}
_PARAGRAPHS = {"p", "blockquote", "pre", "ul", "ol", "table", "figure", "h1", "h2", "h3", "h4", "h5", "h6"}
_LINES = {
    "div",
    "li",
    "tr",
    "dd",
    "dt",
    "dl",
    "section",
    "article",
    "header",
    "footer",
    "aside",
    "hr",
    "center",
}
_LINES |= {"details", "summary", "figcaption", "thead", "tbody"}
_SMILEY = re.compile(r"smil|emo|inlineimg", re.IGNORECASE)
_QUOTE = "\x00"  # stands where a quote was; no text of a page has it
_HEADER = re.compile(
    r"\b(?:wrote|said|writes|posted|schrieb|écrit|escribió|ha scritto|schreef|escreveu)\b.{0,60}:$"
    r"|^(?:quote|zitat|citation|cita|citaat|quote from:? .{1,80}):?$",
    re.IGNORECASE,
)
_TAGGED = re.compile(r"\[(/?)quote\b[^\]\n]{0,200}\]", re.IGNORECASE)


def text_of(element: Any, junk: Iterable[Any] = (), quotes: Iterable[Any] = ()) -> str:
    """Return the text of an element in lines, without what is junk and without quotes and their headers."""
    gone = dict.fromkeys(junk, "") | dict.fromkeys(quotes, _QUOTE)
    gone.pop(element, None)
    text = re.sub(r"[ \xa0]+", " ", "".join(_parts(element, gone)))
    return without_tagged_quotes(re.sub(r" ?\n ?", "\n", text))


def without_tagged_quotes(text: str) -> str:
    """Return a text without the quotes in BBCode that a forum failed to turn into HTML."""
    kept, end, opened = [], 0, []
    for tag in _TAGGED.finditer(text):
        if not tag[1]:
            opened.append(tag.start())
        elif opened:
            start = opened.pop()
            if not opened:
                kept.append(text[end:start])
                end = tag.end()
    *before, after = _QUOTE.join([*kept, text[end:]]).split(_QUOTE)
    text = "".join(_without_header(part) for part in before) + after
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def _parts(root: Any, gone: Mapping[Any, str]) -> Iterator[str]:
    """Yield the texts below an element and the breaks between them; without recursion, whatever the depth."""
    waiting = [(root, False)]
    n_pre = 0
    while waiting:
        element, is_end = waiting.pop()
        tag = element.tag
        is_kept = isinstance(tag, str) and tag not in _NEVER and element not in gone
        if is_kept and not is_end:
            yield _break(tag)
            n_pre += tag == "pre"
            yield _words(element.text, n_pre)
            waiting.append((element, True))
            waiting.extend((child, False) for child in reversed(element))
            if tag == "br":
                yield "\n"
            elif tag == "img" and _SMILEY.search(f"{element.get('class')} {element.get('src')}"):
                yield (element.get("alt") or "")[:20]
            continue
        if is_kept:
            n_pre -= tag == "pre"
        if isinstance(tag, str):
            yield gone.get(element, "") + _break(tag)
        if element is not root:
            yield _words(element.tail, n_pre)


def _words(text: str | None, n_pre: int) -> str:
    # Lines of the source are lines of the text in pre only.
    return "" if not text else text if n_pre else re.sub(r"\s+", " ", text)


def _break(tag: str) -> str:
    if tag in _PARAGRAPHS:
        return "\n\n"
    return "\n" if tag in _LINES else " " if tag in ("td", "th") else ""


def _without_header(before: str) -> str:
    """Return the text before a quote without the line that says whose it is."""
    rest, _, line = before.rstrip().rpartition("\n")
    return f"{rest}\n" if len(line) <= 150 and _HEADER.search(line) else f"{before}\n"

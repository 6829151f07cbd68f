"""Make strangers' text harmless where it is shown: a terminal, Markdown, a spreadsheet, a link."""

import re
import unicodedata
from urllib.parse import urlsplit

# Marks that reorder or hide what follows them (Unicode TR 36), and the newline-like separators.
_TRICKS = re.compile(r"[\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]")
_CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
_MARKUP = re.compile(r"([\\`*_{}\[\]<>|#~&$:@])")
# Streamlit makes links, icons and emoji of these even where a backslash stands before them.
_ACTIVE = re.compile(r"(www(?=\.)|[:@](?=\S))", re.IGNORECASE)
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_WORD_JOINER = "\u2060"


def visible(text: str) -> str:
    """Return the text without terminal escapes and without marks that reorder it; line breaks stay."""
    return _TRICKS.sub("", _CONTROLS.sub(" ", text))


def printable(text: str) -> str:
    """Return the visible text on one line."""
    return " ".join(visible(text).split())


def as_markdown(text: str) -> str:
    """Return Markdown that shows the text as it is, on one line: no markup, link, image, formula or HTML."""
    return _MARKUP.sub(r"\\\1", printable(text))


def as_label(text: str) -> str:
    """Return Markdown for Streamlit, with nothing in it that would become a link, an icon or an emoji."""
    return as_markdown(_ACTIVE.sub(rf"\1{_WORD_JOINER}", text))


def as_cell(text: str) -> str:
    """Return the text as a spreadsheet may open it: where it would start a formula, after an apostrophe."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def as_link(url: str | None) -> str | None:
    """Return the address if a browser may be sent there: http or https with a host, nothing hidden in it."""
    if not url or url != printable(url) or " " in url:
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in {"http", "https"} and parts.hostname else None


def width(text: str) -> int:
    """Return how many columns of a terminal the text takes."""
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in {"Cf", "Mn"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1

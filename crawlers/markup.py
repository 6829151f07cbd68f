"""Turn the bits of HTML that APIs put into texts into plain text."""

import html
import re

# Only what is known as markup goes: "<3" and "a < b" are words of people. No pattern begins with spaces or
# looks past the next "<": on hostile text either takes time that grows with the square of its length.
_PARAGRAPHS = re.compile(
    r"(?:</?(?:p|div|ul|ol|pre|h[1-6]|blockquote|table)(?:\s[^<>]*)?/?>\s*)+", re.IGNORECASE
)
_LINES = re.compile(r"(?:</?(?:li|tr)(?:\s[^<>]*)?/?>\s*)+|<br(?:\s[^<>]*)?/?>\s*", re.IGNORECASE)
_TAG = re.compile(
    r"</?(?:a|abbr|b|code|del|em|font|i|img|ins|r[bpt]|ruby|s|small|span|strong|sub|sup|td|th|u)"
    r"(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
_BLANK_LINES = re.compile(r"\n{3,}")


def plain(text: str) -> str:
    """Return the text without tags and entities; paragraphs are blank lines apart."""
    text = _TAG.sub("", _LINES.sub("\n", _PARAGRAPHS.sub("\n\n", text)))
    lines = (line.rstrip() for line in html.unescape(text).split("\n"))
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()

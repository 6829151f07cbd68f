"""Turn the bits of HTML that APIs put into texts into plain text."""

import html
import re

# Only what is known as markup goes: "<3" and "a < b" are words of people.
_PARAGRAPHS = re.compile(
    r"\s*(?:</?(?:p|div|ul|ol|pre|h[1-6]|blockquote|table)(?:\s[^>]*)?/?>\s*)+", re.IGNORECASE
)
_LINES = re.compile(r"\s*(?:</?(?:li|tr)(?:\s[^>]*)?/?>\s*)+|\s*<br(?:\s[^>]*)?/?>\s*", re.IGNORECASE)
_TAG = re.compile(
    r"</?(?:a|abbr|b|code|em|font|i|img|s|small|span|strong|sub|sup|td|th|u)(?:\s[^>]*)?/?>", re.IGNORECASE
)


def plain(text: str) -> str:
    """Return the text without tags and entities; paragraphs are blank lines apart."""
    return html.unescape(_TAG.sub("", _LINES.sub("\n", _PARAGRAPHS.sub("\n\n", text)))).strip()

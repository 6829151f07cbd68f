"""Read the dates that pages and files carry, in their usual forms."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime

from dateutil import parser

_NO_YEAR = datetime(1, 1, 1)
_NUMBERS = re.compile(r"(\d{1,2})([./-])(\d{1,2})[./-]\d{2,4}\b")


def parse_date(text: str, *, day_first: bool = False) -> datetime:
    """Return the moment in UTC that a text names: without a zone it is UTC, without a time midnight.

    ``3/4/2025`` is 4 March, or 3 April where the day comes first. Ten or thirteen digits are a Unix time.
    """
    text = text.strip()
    if re.fullmatch(r"\d{10}(\d{3})?", text):
        return datetime.fromtimestamp(int(text) / (1000 if len(text) == 13 else 1), UTC)
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = parser.parse(text, default=_NO_YEAR, dayfirst=day_first or is_day_first([text]))
        if at.year == _NO_YEAR.year:
            raise ValueError(f"a date without a year: {text!r}") from None
    return in_utc(at)


def in_utc(at: datetime) -> datetime:
    """Return a time in UTC; one without a zone is in UTC, wherever this machine stands."""
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)


def is_day_first(texts: Iterable[str]) -> bool:
    """Tell whether dates of one kind begin with the day: one has dots, or begins with more than 12."""
    found = (_NUMBERS.match(text.strip()) for text in texts)
    return any(date[2] == "." or int(date[1]) > 12 for date in found if date)


def ambiguous(texts: Iterable[str]) -> str | None:
    """Return a date whose day and month could be swapped, if no other of its kind tells which comes first."""
    dates = [(text.strip(), found) for text in texts if (found := _NUMBERS.match(text.strip()))]
    if any(date[2] == "." or int(date[1]) > 12 or int(date[3]) > 12 for _text, date in dates):
        return None
    return next((text for text, date in dates if int(date[1]) != int(date[3])), None)

"""Find the moment that a page names in words: "Yesterday, 10:15 PM", "3 minutes ago", "2. Mai 2024"."""

import re
import unicodedata
from datetime import UTC, datetime, timedelta

from crawlers.dates import parse_date

_MONTHS = {
    prefix: month
    for month, prefixes in enumerate(
        # English, German, French, Spanish, Italian, Dutch, Portuguese.
        (
            "jan ene gen",
            "feb fev",
            "mar maa mrt",
            "apr abr avr",
            "may mai mag mei",
            "jun juin giu",
            "jul juil lug",
            "aug ago aou",
            "sep set",
            "oct okt out ott",
            "nov",
            "dec dez dic",
        ),
        1,
    )
    for prefix in prefixes.split()
}
_NUMBERS = re.compile(r"(?<![\d./-])\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b")
_YEAR_FIRST = re.compile(r"(?<!\d)(\d{4})[-./](\d{1,2})[-./](\d{1,2})(?!\d)")
_DAY_MONTH = re.compile(
    r"(?<!\d)(\d{1,2})(?:st|nd|rd|th|er|º|\.)?[ -]+(?:of |de )?([^\W\d_]{3,10})\.?,?[ -]+(?:de )?'?"
    r"(\d{4}|\d\d)(?![\d:])",
    re.IGNORECASE,
)
_MONTH_DAY = re.compile(
    r"(?<!\w)([^\W\d_]{3,10})\.? +(\d{1,2})(?:st|nd|rd|th)?,? +'?(\d{4})(?!\d)", re.IGNORECASE
)
_TIME = re.compile(
    r"(?<![\d:])([01]?\d|2[0-3])[:.]([0-5]\d)(?:[:.]([0-5]\d))?(?: ?([ap])\.?m\b)?(?!\d)", re.IGNORECASE
)
_AGO = re.compile(r"\b(\d{1,3}|an?|one) +(sec|second|min|minute|hr|hour|day|week)s? +ago\b", re.IGNORECASE)
_NOW = re.compile(r"\b(?:just now|(?:a )?moments? ago)\b", re.IGNORECASE)
_TODAY = re.compile(r"\b(?:today|heute|aujourd'hui|hoy|oggi|vandaag|hoje)\b", re.IGNORECASE)
_YESTERDAY = re.compile(r"\b(?:yesterday|gestern|hier|ayer|ieri|gisteren|ontem)\b", re.IGNORECASE)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def moment(text: str, fetched_at: datetime, *, day_first: bool | None = None) -> datetime | None:
    """Return the first moment that a text names, in UTC where it has no zone; ``None`` where it is unsure.

    "Months ago" is none, nor is 3/4/2025 where nothing tells whether the day comes first.
    """
    text = " ".join(text[:500].split())
    if re.match(r"\d{4}-\d\d-\d\d[T ]\d|\d{10}(?:\d{3})?$", text):
        try:
            return parse_date(text)
        except (ValueError, OverflowError):
            pass  # a date with words around it
    if _NOW.search(text):
        return fetched_at
    if ago := _AGO.search(text):
        n = int(ago[1]) if ago[1].isdigit() else 1
        return fetched_at - timedelta(**{_UNITS[ago[2][0].lower()]: n})
    found = _day(text, fetched_at, day_first)
    if found is None:
        return None
    (year, month, day), end = found
    time = _TIME.search(text, end) or _TIME.search(text[:end])
    try:
        at = datetime(year, month, day, tzinfo=UTC)
    except ValueError:
        return None
    if time:
        hour = int(time[1]) % 12 + 12 * (time[4] in "pP") if time[4] else int(time[1])
        at = at.replace(hour=hour, minute=int(time[2]), second=int(time[3] or 0))
    # A forum's clock may be hours ahead of UTC, and nothing is posted after it was fetched.
    return min(at, fetched_at) if at - fetched_at < timedelta(days=1) else at


def numeric_dates(text: str) -> list[str]:
    """Return the dates in a text of whose two first numbers one is the day."""
    return _NUMBERS.findall(text)


def _day(text: str, now: datetime, day_first: bool | None) -> tuple[tuple[int, int, int], int] | None:
    """Return year, month and day of the first date in a text, and where it ends."""
    days: list[tuple[int, tuple[int, int, int], int]] = []
    for pattern, n_days in ((_TODAY, 0), (_YESTERDAY, 1)):
        if word := pattern.search(text):
            then = now - timedelta(days=n_days)
            days.append((word.start(), (then.year, then.month, then.day), word.end()))
    if date := _YEAR_FIRST.search(text):
        days.append((date.start(), (int(date[1]), int(date[2]), int(date[3])), date.end()))
    for pattern, at_day, at_month in ((_DAY_MONTH, 1, 2), (_MONTH_DAY, 2, 1)):
        for date in pattern.finditer(text):
            if month := _month(date[at_month]):
                days.append((date.start(), (_year(date[3]), month, int(date[at_day])), date.end()))
                break
    if date := _NUMBERS.search(text):
        a, b, year = map(int, re.split("[./-]", date[0]))
        is_day_first = a > 12 or "." in date[0] or (b <= 12 and day_first)
        if is_day_first or b > 12 or day_first is not None or a == b:
            day, month = (a, b) if is_day_first else (b, a)
            days.append((date.start(), (_year(str(year)), month, day), date.end()))
    return min(days)[1:] if days else None


def _year(text: str) -> int:
    year = int(text)
    return year if year >= 100 else year + (1900 if year >= 70 else 2000)


def _month(word: str) -> int | None:
    plain = unicodedata.normalize("NFKD", word.casefold()).encode("ascii", "ignore").decode()
    return _MONTHS.get(plain[:4]) or _MONTHS.get(plain[:3])

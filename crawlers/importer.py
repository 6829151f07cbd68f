"""Import posts from files - own surveys, tickets, exports - into the landing zone."""

import math
import re
from collections import Counter
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from crawlers.dates import ambiguous, in_utc, is_day_first, parse_date
from crawlers.durable import make_folder
from crawlers.errors import Mistake
from crawlers.landing import landing_file, landing_path, line
from crawlers.pipelines import Refused, check, pseudonymise, redact, tidy
from crawlers.post import Post, content_id
from crawlers.redaction import redacted
from crawlers.salt import keyed_hash
from crawlers.tables import Row, columns_of, rows_of
from crawlers.watchlist import kinds_with_a_spider, spider_of_kind

TEXTS = ("source_id", "parent_id", "url", "community", "title", "text", "author", "lang", "about")
TIMES = ("posted_at", "edited_at")
FIELDS = (*TEXTS, *TIMES, "rating", "score", "n_replies")
PERSONAL = ("source_id", "parent_id", "author")

_MISSING = {"", "-", "na", "n/a", "nan", "none", "null"}
_RATING = re.compile(r"(\d+(?:[.,]\d+)?)(?: ?(?:stars?|/ ?5))?", re.IGNORECASE)
_SAMPLE = 1000
N_FIRST = 5
"""Rows that an import gives back as they land."""


class ImportMistake(Mistake):
    """An import cannot be as asked for; the message says what was expected."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Imported:
    """What became of a file's rows, or would: ``refused`` counts them by reason, ``first`` land first.

    ``unclear`` holds a date by field where day and month could be swapped.
    """

    n_rows: int
    n_landed: int
    refused: Counter[str]
    landing_file: Path | None
    first: tuple[Post, ...] = ()
    unclear: Mapping[str, str] = field(default_factory=dict)


def import_file(
    path: Path,
    *,
    data: Path,
    source: str,
    columns: Mapping[str, str],
    about: str | None,
    now: datetime,
    key: bytes,
    is_dry_run: bool = False,
) -> Imported:
    """Land a file's rows as posts of a source; a dry run reads all of it and lands nothing.

    ``columns`` maps a post's fields to the file's columns; a field whose column has its name needs no entry.
    A row without ``source_id`` gets a hash of what it says, so that importing a file twice changes nothing.
    """
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", source):
        raise ImportMistake(f"source: expected small letters, digits, - and _, found {source!r}")
    if source in kinds_with_a_spider() and spider_of_kind(source).can_recheck:
        # It would be asked for these posts, know none of them, and so have them wiped.
        raise ImportMistake(f"source: expected a name of your own, found {source!r}, which is asked again")
    if about is not None and "about" in columns:
        raise ImportMistake("about: expected a brand or a column, found both")
    reader = _Reader(source, _mapped(path, columns), about, now, key)
    reader.learn_dates(path)
    refused: Counter[str] = Counter()
    first: list[Post] = []
    n_rows = n_landed = 0
    target = None if is_dry_run else _free_path(make_folder(data), source, now)
    with nullcontext() if target is None else landing_file(target) as file:
        for row in rows_of(path):
            n_rows += 1
            try:
                post = check(pseudonymise(reader.post(row), key), now)
            except Refused as reason:
                refused[str(reason)] += 1
                continue
            n_landed += 1
            if len(first) < N_FIRST:
                first.append(post)
            if file is not None:
                file.write(line(post))
    return Imported(
        n_rows=n_rows,
        n_landed=n_landed,
        refused=refused,
        landing_file=target if n_landed else None,
        first=tuple(first),
        unclear=reader.unclear,
    )


def _mapped(path: Path, columns: Mapping[str, str]) -> dict[str, str]:
    """Return each field's column, after checking that fields and columns exist."""
    found = columns_of(path)
    for name, column in columns.items():
        if name not in FIELDS:
            raise ImportMistake(f"--map {name}: expected one of {', '.join(FIELDS)}")
        if column not in found:
            raise ImportMistake(
                f"{path}: expected the column {column!r}, found {', '.join(map(repr, found))}"
            )
    mapped = {name: name for name in FIELDS if name in found} | dict(columns)
    if not {"text", "title"} & mapped.keys():
        raise ImportMistake(
            f"{path}: expected --map text=COLUMN with one of {', '.join(map(repr, found)) or 'no columns'}"
        )
    for column in mapped.values():
        if found.count(column) > 1:
            raise ImportMistake(f"{path}: expected one column {column!r}, found {found.count(column)}")
    return mapped


def _free_path(data: Path, source: str, now: datetime) -> Path:
    while (path := landing_path(data, source, now)).exists():
        now += timedelta(microseconds=1)
    return path


class _Reader:
    """Turns rows into posts."""

    def __init__(
        self, source: str, columns: Mapping[str, str], about: str | None, now: datetime, key: bytes
    ) -> None:
        self.source = source
        self.columns = columns
        self.about = about
        self.now = now
        self.key = key
        self.is_day_first = dict.fromkeys(TIMES, False)
        self.unclear: dict[str, str] = {}
        self.ids: set[str] = set()
        self.contents: Counter[str] = Counter()

    def learn_dates(self, path: Path) -> None:
        """Find out, from the file's first rows, where the day comes before the month."""
        rows = [row for row in islice(rows_of(path), _SAMPLE) if row is not None]
        for name in TIMES:
            cells = (row.get(self.columns[name]) for row in rows if name in self.columns)
            texts = [cell for cell in cells if isinstance(cell, str)]
            self.is_day_first[name] = is_day_first(texts)
            if date := ambiguous(texts):
                self.unclear[name] = date

    def post(self, row: Row) -> Post:
        """Read a row as a tidy post without what identifies people but its author, or raise ``Refused``."""
        if row is None:
            raise Refused("not a row of the file's columns")
        cells = {name: row.get(column) for name, column in self.columns.items()}
        fields: dict[str, Any] = {name: _text(cells.get(name)) for name in TEXTS}
        fields |= {name: self.time(name, cells.get(name)) for name in TIMES}
        fields |= {"rating": _rating(cells.get("rating"))}
        fields |= {name: _whole(name, cells.get(name)) for name in ("score", "n_replies")}
        fields["text"] = fields["text"] or ""
        fields["about"] = self.about or fields["about"]
        fields["source_id"] = fields["source_id"] or ""
        if fields["source_id"] in self.ids:
            raise Refused("the source_id of an earlier row")
        self.ids |= {fields["source_id"]} - {""}
        post = redact(tidy(Post(source=self.source, fetched_at=self.now, **fields)))
        return replace(
            post,
            source_id=self.unnamed(post.source_id) if post.source_id else self.hashed(post),
            parent_id=self.unnamed(post.parent_id) if post.parent_id else None,
        )

    def unnamed(self, ident: str) -> str:
        """Return an id, or a keyed hash of one that may identify a person: an e-mail, a phone number."""
        return ident if redacted(ident) == ident else keyed_hash(self.key, f"{self.source}:id:{ident}")

    def hashed(self, post: Post) -> str:
        """Return a hash of what a post says. Two customers may well say the same: the second gets another."""
        content = content_id(*(getattr(post, name) for name in FIELDS if name not in PERSONAL))
        self.contents[content] += 1
        return content_id(content, self.contents[content])

    def time(self, name: str, cell: object) -> datetime | None:
        """Read a time; one without a zone is in UTC."""
        if isinstance(cell, date) and not isinstance(cell, datetime):
            cell = datetime.combine(cell, time())
        if isinstance(cell, datetime):
            return in_utc(cell)
        text = _value(cell)
        if text is None:
            return None
        try:
            return parse_date(text, day_first=self.is_day_first[name])
        except (ValueError, ArithmeticError):
            raise Refused(f"{name} is not a date of a known form") from None


def _text(cell: object) -> str | None:
    """Return a cell as text; a whole number has no ``.0``, whatever the sheet thinks of it."""
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return None
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return str(cell).strip() or None


def _value(cell: object) -> str | None:
    """Return a cell as text, or ``None`` for what stands for no value."""
    text = _text(cell)
    return None if text is None or text.lower() in _MISSING else text


def _rating(cell: object) -> float | None:
    text = _value(cell)
    if text is None:
        return None
    if (rating := _RATING.fullmatch(text)) is None:
        raise Refused("rating is not a number of stars")
    return float(rating[1].replace(",", "."))


def _whole(name: str, cell: object) -> int | None:
    text = _value(cell)
    if text is None:
        return None
    if not re.fullmatch(r"-?\d+", text):
        raise Refused(f"{name} is not a whole number")
    return int(text)

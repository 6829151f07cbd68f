"""A small reader and theme finder that know exactly what a text says, and a data folder to refresh with them.

A text says ``[Acme complaint billing 0.8]``: against Acme, a complaint, theme billing, intensity 0.8. After
that may come the brand gained and the place in the journey: ``[Acme switch billing 0.8 >Bolt @pay/app]``. Any
brand's name in a text is a mention.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import numpy as np
import pytest

from crawlers.post import Post
from crawlers.watchlist import Brand, Watchlist
from nlp.grievance import Grievance, How, Key, Reading, Theme, Unread, Voice
from warehouse.connection import reading
from warehouse.load import save_watchlist
from warehouse.refresh import Refreshed, refresh
from warehouse.schema import migrate, rebuild, verify

NOW = datetime(2026, 7, 1, 3, tzinfo=UTC)
LAST = datetime(2026, 6, 28, 12, tzinfo=UTC)
"""When the newest post of most tests was published: a Sunday."""

SPAN = re.compile(r"\[(\w+) (\w+) ([\w-]+) ([\d.]+)(?: >(\w+))?(?: @(\w+)/(\w+))?\]")
WATCHLIST = Watchlist(
    brand=Brand(name="Acme", aliases=("AcmeCo",)), rivals=(Brand(name="Bolt"), Brand(name="Crux"))
)


@dataclass
class FakeReader:
    """Reads the spans of ``SPAN``, and brands by their names."""

    version: str = "fake-1"
    brands: tuple[str, ...] = ("Acme", "Bolt", "Crux")

    def link(
        self, rows: Iterable[tuple[Key, str, str | None]]
    ) -> Iterator[tuple[Key, list[tuple[str, How]]]]:
        for key, text, about in rows:
            found: list[tuple[str, How]] = [(about, "about")] if about else []
            yield key, found + [(brand, "alias") for brand in self.brands if brand in text]

    def read(self, rows: Iterable[Unread]) -> Iterator[tuple[Key, Reading]]:
        for row in rows:
            spans = tuple(
                Grievance(
                    brand=match[1],
                    kind=match[2],
                    quote=match[0],
                    quote_start=match.start(),
                    quote_end=match.end(),
                    intensity=float(match[4]),
                    aspect=match[3],
                    switch_to=match[5],
                    stage=match[6],
                    touchpoint=match[7],
                )
                for match in SPAN.finditer(row.text)
            )
            yield (
                row.key,
                Reading(
                    lang="en",
                    complaint_score=1.0 if spans else 0.0,
                    is_complaint=bool(spans),
                    intensity=max((span.intensity for span in spans), default=0.0),
                    grievances=spans,
                ),
            )


def fake_themes(voices: Sequence[Voice], known: Sequence[Theme]) -> tuple[list[Theme], dict[str, str]]:
    """Put every aspect in a theme of its name; the aspect "null" in none."""
    themes = {theme.theme_id: theme for theme in known}
    theme_of = {}
    for voice in voices:
        if voice.aspect != "null":
            name = theme_of[voice.grievance_id] = str(voice.aspect)
            themes.setdefault(
                name,
                Theme(
                    theme_id=name,
                    label=name.title(),
                    keywords=(name,),
                    centroid=np.array([0.6, 0.8], dtype=np.float32),
                    cohesion=1.0,
                ),
            )
    return list(themes.values()), theme_of


def silence(step: str, n_done: int = 0, n_total: int | None = None) -> None:
    """Show no progress."""


@dataclass
class Folder:
    """A data folder, and short ways to put things into it and look at it."""

    data: Path
    watchlist: Watchlist = WATCHLIST
    n_files: int = 0

    def post(self, source_id: str, text: str, **fields: Any) -> Post:
        """Return a post with what a test does not care about filled in."""
        row = {
            "source": "forum",
            "author_key": f"author-{source_id}",
            "posted_at": LAST - timedelta(days=1),
            "fetched_at": LAST,
            "url": f"https://forum.example/{source_id}",
        }
        return Post(**{**row, **fields, "source_id": source_id, "text": text})

    def land(self, *posts: Post) -> Path:
        """Write posts into a landing file of their first one's source."""
        self.n_files += 1
        path = self.data / "landing" / posts[0].source / f"20260628T{self.n_files:06}.000000Z.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{post.to_json()}\n" for post in posts), encoding="utf-8")
        return path

    def crawled(self, source: str, started_at: datetime, *, is_ok: bool = True) -> None:
        """Write the account of a crawl."""
        path = self.data / "coverage" / source / f"{started_at:%Y%m%dT%H%M%S.%fZ}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        counts = dict.fromkeys(("n_requested", "n_seen", "n_new", "n_dropped", "n_refused", "n_errors"), 3)
        row = {
            "source": source,
            "run_id": path.stem,
            "started_at": started_at.isoformat(),
            "finished_at": (started_at + timedelta(minutes=1)).isoformat(),
            "finish_reason": "finished",
            **counts,
            "errors": [] if is_ok else ["503"],
            "is_ok": is_ok,
        }
        path.write_text(json.dumps(row), encoding="utf-8")

    def refresh(self, **changes: Any) -> Refreshed:
        """Refresh with the fakes."""
        options: dict[str, Any] = {
            "watchlist": self.watchlist,
            "reader": FakeReader(),
            "find_themes": fake_themes,
            "now": NOW,
            "progress": silence,
            **changes,
        }
        return refresh(self.data, **options)

    def ask(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Return the rows of a query on the published file."""
        with reading(self.data) as con:
            table = con.execute(sql, parameters or None).to_arrow_table()  # fetchall() wants pytz for times
        return list(zip(*(column.to_pylist() for column in table.columns), strict=True))

    def rank(self, brand: str, theme_id: str) -> dict[str, Any]:
        """Return a row of theme_rank."""
        with reading(self.data) as con:
            table = con.execute(
                "from theme_rank where brand = ? and theme_id = ?", [brand, theme_id]
            ).to_arrow_table()
        (row,) = table.to_pylist()
        return dict(row)

    def content(self) -> dict[str, list[Any]]:
        """Return every row of every table and view."""
        with reading(self.data) as con:
            names = con.execute("""
                select table_name from information_schema.tables where table_catalog = 'hatemine'
            """).fetchall()
            return {
                name: con.execute(f"from {name} order by all").to_arrow_table().to_pylist()
                for (name,) in sorted(names)
            }

    def with_watchlist(self, **changes: Any) -> "Folder":
        """Return the same folder with another watchlist."""
        return replace(self, watchlist=replace(self.watchlist, **changes))


class Market:
    """State put straight into an in-memory warehouse, and what the views make of it."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self.con = con
        migrate(con)
        save_watchlist(con, WATCHLIST)
        self.rows: dict[str, list[tuple[Any, ...]]] = {"post": [], "link": [], "grievance": []}

    def say(
        self,
        *grievances: str,
        about: str = "Acme",
        person: str | None = None,
        days_ago: float | None = 1,
        source: str = "forum",
        score: int | None = None,
    ) -> None:
        """Add a post of a person about a brand: "complaint billing 0.8", "switch app 0.5 >Bolt @pay/app"."""
        id_ = f"{len(self.rows['post']):05}"
        posted_at = None if days_ago is None else LAST - timedelta(days=days_ago)
        text = " ".join(f"[{about} {grievance}]" for grievance in grievances) or about
        post = (source, id_, None, None, None, None, text, person, posted_at, LAST, None)
        self.rows["post"].append((*post, None, score, None, None, about, None, None))
        self.rows["link"].append((source, id_, [{"brand": about, "how": "about"}], "fake-1"))
        for match in SPAN.finditer(text):
            theme = None if match[3] == "null" else match[3]
            span = (f"{id_}-{match.start():03}", source, id_, match[1], match[2], match[0], *match.span())
            said = (match[3], None, None, match[7], match[6], float(match[4]), match[5], theme)
            self.rows["grievance"].append((*span, *said))

    def crowd(self, n: int, *grievances: str, **options: Any) -> None:
        """Add so many people who each say the same once."""
        for _ in range(n):
            self.say(*grievances, **options)

    def build(self) -> "Market":
        """Store what was said and build the views."""
        for table, rows in self.rows.items():
            if rows:
                places = ", ".join("?" * len(rows[0]))
                self.con.executemany(f"insert into {table} values ({places})", rows)  # noqa: S608 our own names
        self.con.execute("""
            insert into reading
            select source, source_id, 'en', 1, true, 1, false, ['Acme'], 'fake-1' from post;
            insert into theme_definition
            select distinct theme_id, null, upper(theme_id), [theme_id], [1.0], 1.0
            from grievance where theme_id is not null
        """)
        rebuild(self.con)
        verify(self.con)
        return self

    def ask(self, sql: str, **parameters: Any) -> list[dict[str, Any]]:
        """Return the rows of a query."""
        rows: list[dict[str, Any]] = self.con.execute(sql, parameters or None).to_arrow_table().to_pylist()
        return rows

    def rank(self, theme_id: str, brand: str = "Acme") -> dict[str, Any]:
        """Return a row of theme_rank."""
        (row,) = self.ask("from theme_rank where (brand, theme_id) = ($b, $t)", b=brand, t=theme_id)
        return row


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Return an empty data folder."""
    return Folder(tmp_path / "data")


@pytest.fixture
def market(empty: duckdb.DuckDBPyConnection) -> Market:
    """Return an empty market."""
    return Market(empty)


@pytest.fixture
def fakes() -> SimpleNamespace:
    """Give tests the fakes they vary, and the times all posts hang on."""
    return SimpleNamespace(Reader=FakeReader, find_themes=fake_themes, now=NOW, last=LAST)


@pytest.fixture
def empty() -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a connection to an empty database."""
    with duckdb.connect(":memory:") as con:
        con.execute("set timezone = 'UTC'")
        yield con

"""Turn what landed into a new published warehouse: load, link, read, theme, rebuild, publish."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

import duckdb

from crawlers.watchlist import Watchlist
from nlp import copies
from nlp.grievance import How, Key, Reading, Theme, Unread, Voice
from warehouse.connection import database_path, publishing, reading
from warehouse.copy import find_copies
from warehouse.erase import erase, plan_erasure
from warehouse.grievance import count_unlinked, count_unread, save_links, save_readings, unlinked, unread
from warehouse.load import load_coverage, load_landing, save_watchlist, unloaded
from warehouse.lock import locked
from warehouse.queries import summary
from warehouse.relabel import relabel
from warehouse.retention import expire, is_due
from warehouse.schema import migrate, rebuild, schema_fingerprint, verify
from warehouse.theme import known_themes, save_themes, unthemed


class Reader(Protocol):
    """What reads posts; ``nlp`` provides it. Another ``version`` means that every post is read again."""

    version: str

    def link(
        self, rows: Iterable[tuple[Key, str, str | None]]
    ) -> Iterator[tuple[Key, list[tuple[str, How]]]]:
        """Find the watched brands of posts given as key, text and the brand of their page."""
        ...

    def read(self, rows: Iterable[Unread]) -> Iterator[tuple[Key, Reading]]:
        """Read posts, each exactly once."""
        ...


class ThemeFinder(Protocol):
    """What groups grievances into themes; ``nlp`` provides it."""

    def __call__(self, voices: Sequence[Voice], known: Sequence[Theme]) -> tuple[list[Theme], dict[str, str]]:
        """Return all themes, known and new, and the theme of each grievance that has one."""
        ...


class Progress(Protocol):
    """What shows how far a step has come."""

    def __call__(self, step: str, n_done: int = 0, n_total: int | None = None) -> None:
        """Say that ``n_done`` of ``n_total`` are done; without a total, that the step has begun."""
        ...


@dataclass(frozen=True, kw_only=True)
class Refreshed:
    """What a refresh did, and the size of what is published now. Without a change nothing was published."""

    is_changed: bool
    n_new_posts: int
    n_read: int
    n_grievances: int
    n_themes: int
    n_null_theme: int
    published_at: datetime


def refresh(
    data: Path,
    watchlist: Watchlist,
    reader: Reader,
    find_themes: ThemeFinder,
    *,
    now: datetime,
    progress: Progress,
) -> Refreshed:
    """Bring the published warehouse up to date; raise ``Locked`` if another run holds the data folder.

    Where nothing has landed and no text is due to expire, and neither watchlist nor reader nor schema has
    changed, nothing is published.
    """
    with locked(data):
        fingerprint = _fingerprint(watchlist, reader.version)
        erase(data)  # what a run killed after publishing left standing
        if _is_current(data, fingerprint, watchlist, now):
            return _refreshed(data, is_changed=False)
        with publishing(data) as con:
            migrate(con)
            progress("loading what landed")
            save_watchlist(con, watchlist)
            load_coverage(con, data, now=now)
            n_new_posts = load_landing(con, data, now=now)
            _link(con, reader, watchlist, progress)
            progress("looking for copies")
            find_copies(con)
            n_read = _read(con, reader, progress)
            progress("finding themes")
            _find_themes(con, find_themes)
            relabel(con, now=now)
            expire(con, watchlist.retention, now=now)
            progress("counting")
            rebuild(con)
            verify(con)
            con.execute(
                "insert into publication select $now, $fingerprint, $version, count(*) from post_person",
                {"now": now, "fingerprint": fingerprint, "version": reader.version},
            )
            plan_erasure(con, data, now=now)
            progress("publishing")
        erase(data)
        return _refreshed(data, is_changed=True, n_new_posts=n_new_posts, n_read=n_read)


def _link(con: duckdb.DuckDBPyConnection, reader: Reader, watchlist: Watchlist, progress: Progress) -> None:
    n_waiting = count_unlinked(con, reader.version)
    progress("looking for brands", 0, n_waiting)
    n_linked = save_links(
        con, reader.link(unlinked(con, brand_of=watchlist.brand_of)), version=reader.version
    )
    _expect(n_linked, n_waiting, "looked for brands in")


def _read(con: duckdb.DuckDBPyConnection, reader: Reader, progress: Progress) -> int:
    n_waiting = count_unread(con, reader.version)
    n_read = 0
    progress("reading posts", n_read, n_waiting)
    for n_read in save_readings(con, reader.read(unread(con)), version=reader.version):
        progress("reading posts", n_read, n_waiting)
    _expect(n_read, n_waiting, "read")
    return n_read


def _expect(n_done: int, n_waiting: int, what: str) -> None:
    if n_done != n_waiting:
        raise RuntimeError(f"the reader was given {n_waiting} posts and {what} {n_done}")


def _find_themes(con: duckdb.DuckDBPyConnection, find_themes: ThemeFinder) -> None:
    voices = unthemed(con)
    if voices:
        themes, theme_of = find_themes(voices, known_themes(con))
        save_themes(con, themes, theme_of)


def _fingerprint(watchlist: Watchlist, version: str) -> str:
    """Hash all that decides the result beside the files that landed."""
    brands = [asdict(brand) for brand in watchlist.brands]
    parts = [schema_fingerprint(), version, copies.VERSION, brands, asdict(watchlist.ranking)]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _is_current(data: Path, fingerprint: str, watchlist: Watchlist, now: datetime) -> bool:
    if not database_path(data).exists():
        return False
    with reading(data) as con:
        last = con.execute("select fingerprint from publication order by rowid desc limit 1").fetchone()
        return (
            last == (fingerprint,)
            and not unloaded(con, data, "landing")
            and not unloaded(con, data, "coverage")
            and not is_due(con, watchlist.retention, now=now)
        )


def _refreshed(data: Path, *, is_changed: bool, n_new_posts: int = 0, n_read: int = 0) -> Refreshed:
    with reading(data) as con:
        held = summary(con)
    return Refreshed(
        is_changed=is_changed,
        n_new_posts=n_new_posts,
        n_read=n_read,
        n_grievances=held["n_grievances"],
        n_themes=held["n_themes"],
        n_null_theme=held["n_null_theme"],
        published_at=held["published_at"],
    )

"""Open the warehouse: any number of readers on the published file, one writer on a staging copy."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

OFFLINE: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}
"""DuckDB would else fetch an extension that a query mentions."""


class NotPublished(RuntimeError):
    """There is no published warehouse in the data folder yet."""


def database_path(data: Path) -> Path:
    """Return where the published file lies."""
    return data / "hatemine.duckdb"


@contextmanager
def reading(data: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a read-only connection to the published file; a publication meanwhile does not disturb it.

    The file is attached to an instance of our own: ``duckdb.connect(path)`` shares one instance per path
    among all threads, and so shows the old file for as long as any of them keeps it open (tried with 1.5.5).
    """
    path = database_path(data)
    if not path.exists():
        raise NotPublished(f"there is no {path} yet: run `hatemine refresh` to publish it")
    with duckdb.connect(":memory:", config={**OFFLINE, "temp_directory": ""}) as con:
        con.execute(f"attach {_quoted(path)} as hatemine (read_only)")
        con.execute("use hatemine")
        con.execute("set timezone = 'UTC'")
        con.execute("set enable_external_access = false")
        con.execute("set lock_configuration = true")
        yield con


@contextmanager
def publishing(data: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a writing connection to a staging copy, and publish that when the block ends without an error.

    Hold the lock of the data folder meanwhile. See docs/decisions/0001-publish-by-rename.md.
    """
    path = database_path(data)
    staging = path.with_name(f"{path.name}.staging")
    compact = path.with_name(f"{path.name}.compact")
    _discard(staging, compact)
    try:
        _stage(path, staging)
        with duckdb.connect(staging, config=OFFLINE) as con:
            con.execute("set timezone = 'UTC'")
            yield con
            _write_compact(con, compact)
        _sync(compact)
        compact.replace(path)
        _sync(path.parent)
    finally:
        _discard(staging, compact)


def _stage(path: Path, staging: Path) -> None:
    """Start the staging file: the one place that decides how. A copy is fair while the file is small."""
    if path.exists():
        shutil.copyfile(path, staging)


def _write_compact(con: duckdb.DuckDBPyConnection, compact: Path) -> None:
    """Write the database anew: DuckDB leaves the words of deleted rows in free blocks of the old file."""
    (name,) = con.execute("select current_database()").fetchone() or ("",)
    con.execute(f"attach {_quoted(compact)} as compact")
    con.execute(f'copy from database "{name}" to compact')
    con.execute("checkpoint compact")
    con.execute("detach compact")


def _discard(*paths: Path) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
        path.with_name(f"{path.name}.wal").unlink(missing_ok=True)
        shutil.rmtree(path.with_name(f"{path.name}.tmp"), ignore_errors=True)


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""Take what a source deleted out of the landing files too: the older versions of a deleted post."""

import json
from collections.abc import Collection
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from crawlers.durable import finish, open_part
from nlp.grievance import Key
from warehouse.connection import OFFLINE, reading


def audit_erasure(con: duckdb.DuckDBPyConnection, data: Path, *, now: datetime) -> None:
    """Tell in ``audit`` how many lines ``erase`` will take out of each source once this is published."""
    n_lines: dict[str, int] = {}
    for source, _path, n_found in _standing(con, data):
        n_lines[source] = n_lines.get(source, 0) + n_found
    for source, n_rows in n_lines.items():
        con.execute(
            "insert into audit values (?, 'landing line', 'deleted at its source', ?, ?)",
            [now, source, n_rows],
        )


def erase(data: Path) -> None:
    """Take every version of posts known as deleted out of the loaded landing files; the deletions stay.

    Hold the lock of the data folder meanwhile. A file is replaced whole and keeps its path, by which the
    ledger knows it as loaded. Doing it again does what is left to do.
    """
    with reading(data) as con:
        found = _standing(con, data)
        deleted = set(_deleted(con).fetchall())
    for path in sorted({path for _source, path, _n_found in found}):
        _rewrite(Path(path), deleted)


def _deleted(con: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    return con.execute("select source, source_id from post where deleted_at is not null")


def _standing(con: duckdb.DuckDBPyConnection, data: Path) -> list[tuple[str, str, int]]:
    """Return source, landing file and number of the lines that still hold deleted posts."""
    deleted: pa.Table = _deleted(con).to_arrow_table()
    loaded = con.execute("select path from landing_file where path like 'landing/%' order by path").fetchall()
    # A file may have been taken away by hand since, and one without any line left is no JSON.
    files = [data / path for (path,) in loaded]
    there = [str(file) for file in files if file.exists() and file.stat().st_size]
    if not there or not deleted.num_rows:
        return []
    with duckdb.connect(":memory:", config=OFFLINE) as scan:  # ``reading`` may open no other file
        scan.register("deleted", deleted)
        return scan.execute(STANDING, {"files": there}).fetchall()


def _rewrite(path: Path, deleted: Collection[Key]) -> None:
    part = open_part(path)
    with part, path.open("rb") as lines:
        for line in lines:
            row = json.loads(line)
            if row.get("is_deleted") or (row["source"], row["source_id"]) not in deleted:
                part.write(line)
        finish(part, path)


STANDING = """
select source, file, count(*)
from read_json($files, format = 'newline_delimited', filename = 'file', maximum_object_size = 67108864,
               columns = {source: 'VARCHAR', source_id: 'VARCHAR', is_deleted: 'BOOLEAN'})
semi join deleted using (source, source_id)
where not coalesce(is_deleted, false)
group by source, file
order by source, file
"""

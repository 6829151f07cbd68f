"""Take what a source deleted, or what expired, out of the landing files too: every version of it."""

import json
from collections import Counter, defaultdict
from collections.abc import Collection
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from crawlers.durable import finish, open_part, write_durably
from warehouse.connection import OFFLINE, database_path, reading


def plan_erasure(con: duckdb.DuckDBPyConnection, data: Path, *, now: datetime) -> None:
    """Look for the lines to take out once this is published, tell ``audit`` how many, and write them down.

    Looked through is what landed since the last publication, and all of a source that lost a post since;
    after an upgrade or another watchlist, everything.
    """
    lines: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    n_lines: Counter[tuple[str, str]] = Counter()
    for path, source, source_id, why, n_found in _standing(con, data):
        lines[path].append((source, source_id))
        n_lines[source, why] += n_found
    for (source, why), n_rows in sorted(n_lines.items()):
        con.execute("insert into audit values (?, 'landing line', ?, ?, ?)", [now, why, source, n_rows])
    if lines:
        write_durably(_plan(data), json.dumps({"edition": _edition(con), "lines": lines}))


def erase(data: Path) -> None:
    """Carry out the plan of the edition now published, if it has not been; the deletions themselves stay.

    The plan of a run that failed before it published is dropped: the next makes its own.

    Hold the lock of the data folder meanwhile. A file is replaced whole and keeps its path, by which the
    ledger knows it as loaded. Doing it again does what is left to do.
    """
    if not _plan(data).exists():
        return
    plan = json.loads(_plan(data).read_text(encoding="utf-8"))
    if _published_edition(data) == plan["edition"]:
        for path, keys in plan["lines"].items():
            if (data / path).exists():  # it may have been taken away by hand since
                _rewrite(data / path, {(source, source_id) for source, source_id in keys})
    _plan(data).unlink()


def _plan(data: Path) -> Path:
    return data / "erasure.json"


def _published_edition(data: Path) -> int:
    if not database_path(data).exists():
        return 0
    with reading(data) as con:
        return _edition(con)


def _edition(con: duckdb.DuckDBPyConnection) -> int:
    (edition,) = con.table("publication").count("*").fetchone() or (0,)
    return int(edition)


def _standing(con: duckdb.DuckDBPyConnection, data: Path) -> list[tuple[str, str, str, str, int]]:
    """Return file, key, reason and number of the lines that still hold deleted or expired posts."""
    gone: pa.Table = con.execute(GONE).to_arrow_table()
    paths = [path for (path,) in con.execute(CONCERNED).fetchall()]
    # A file may have been taken away by hand since, and one without any line left is no JSON.
    files = {
        str(data / path): path for path in paths if (data / path).exists() and (data / path).stat().st_size
    }
    if not files or not gone.num_rows:
        return []
    with duckdb.connect(":memory:", config=OFFLINE) as scan:
        scan.register("gone", gone)
        rows = scan.execute(STANDING, {"files": list(files)}).fetchall()
    return [(files[file], *row) for file, *row in rows]


def _rewrite(path: Path, gone: Collection[tuple[str, str]]) -> None:
    part = open_part(path)
    with part, path.open("rb") as lines:
        for line in lines:
            row = json.loads(line)
            if row.get("is_deleted") or (row["source"], row["source_id"]) not in gone:
                part.write(line)
        finish(part, path)


GONE = """
select source, source_id, coalesce(why, 'retention') as why
from (
    select source, source_id, if(deleted_at is not null, 'deleted at its source', last_why) as why
    from post left join (
        select source, last(why order by audited_at) as last_why
        from audit where what = 'post' and starts_with(why, 'retention') group by source
    ) using (source)
    where deleted_at is not null or expired_at is not null
)
"""

# The publication at hand is the newest in the table already.
CONCERNED = """
with newest as (
    select published_at, fingerprint, row_number() over (order by rowid desc) as n from publication
),
this as (
    select published_at as this_at, fingerprint from newest where n = 1
),
past as (
    select fingerprint as past_fingerprint from newest where n = 2
),
bereft_source as (
    select source from audit join this on audited_at = this_at where what = 'post'
)
select path
from landing_file cross join this left join past on true
where path like 'landing/%'
  and (loaded_at = this_at
       or past_fingerprint is distinct from fingerprint
       or split_part(path, '/', 2) in (from bereft_source))
order by path
"""

STANDING = """
select file, source, source_id, any_value(why), count(*)
from read_json($files, format = 'newline_delimited', filename = 'file', maximum_object_size = 67108864,
               columns = {source: 'VARCHAR', source_id: 'VARCHAR', is_deleted: 'BOOLEAN'})
join gone using (source, source_id)
where not coalesce(is_deleted, false)
group by all
order by all
"""

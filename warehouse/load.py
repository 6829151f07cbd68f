"""Load what landed: posts and coverage, each file once, the newest version of a post winning."""

from datetime import datetime
from pathlib import Path

import duckdb

from crawlers.watchlist import Watchlist
from warehouse.copy import release

POST_COLUMNS = {
    "source": "VARCHAR",
    "source_id": "VARCHAR",
    "parent_id": "VARCHAR",
    "url": "VARCHAR",
    "community": "VARCHAR",
    "title": "VARCHAR",
    "text": "VARCHAR",
    "author_key": "VARCHAR",
    "posted_at": "TIMESTAMPTZ",
    "fetched_at": "TIMESTAMPTZ",
    "edited_at": "TIMESTAMPTZ",
    "rating": "DOUBLE",
    "score": "BIGINT",
    "n_replies": "BIGINT",
    "lang": "VARCHAR",
    "about": "VARCHAR",
    "is_deleted": "BOOLEAN",
}
COVERAGE_COLUMNS = {
    "source": "VARCHAR",
    "run_id": "VARCHAR",
    "started_at": "TIMESTAMPTZ",
    "finished_at": "TIMESTAMPTZ",
    "finish_reason": "VARCHAR",
    "n_requested": "BIGINT",
    "n_seen": "BIGINT",
    "n_new": "BIGINT",
    "n_dropped": "BIGINT",
    "n_refused": "BIGINT",
    "n_errors": "BIGINT",
    "errors": "VARCHAR[]",
    "is_ok": "BOOLEAN",
}


def unloaded(con: duckdb.DuckDBPyConnection, data: Path, kind: str) -> list[str]:
    """Return the files of ``landing`` or ``coverage`` that no refresh has loaded, as paths below ``data``."""
    loaded = {path for (path,) in con.execute("select path from landing_file").fetchall()}
    pattern = {"landing": "landing/*/*.jsonl", "coverage": "coverage/*/*.json"}[kind]
    there = (file.relative_to(data).as_posix() for file in data.glob(pattern) if file.stat().st_size)
    return sorted(set(there) - loaded)


def load_landing(con: duckdb.DuckDBPyConnection, data: Path, *, now: datetime) -> int:
    """Load the landing files not loaded before; return how many posts are new.

    A changed post becomes unread. A deleted one keeps its key, parent and times, and an audit line says so;
    the themes its grievances leave stand in the temporary table ``bereft``, with the words they take along.
    An expired post is not changed again but by a deletion; what counts its votes and answers is.
    """
    con.execute("create or replace temp table bereft (theme_id varchar, quote varchar)")
    paths = unloaded(con, data, "landing")
    if not paths:
        return 0
    con.execute(
        """
        create or replace temp table fetched as
        select * replace (coalesce(is_deleted, false) as is_deleted)
        from read_json($files, format = 'newline_delimited', columns = $columns,
                       filename = 'file', maximum_object_size = 67108864)
        """,
        {"files": [str(data / path) for path in paths], "columns": POST_COLUMNS},
    )
    con.execute(LANDED)
    con.execute(ALTERED)
    con.execute(AUDIT_DELETIONS, {"now": now})
    con.execute(BEREFT)
    con.execute(REWORDED)
    release(con, "reworded")
    for table in ("link", "reading", "grievance"):
        con.execute(f"delete from {table} using altered a where {table}.source = a.source"  # noqa: S608 our own names
                    f" and {table}.source_id = a.source_id")  # fmt: skip
    (n_new,) = con.execute(COUNT_NEW).fetchone() or (0,)
    con.execute(MERGE_POSTS)
    con.execute(
        """
        insert into landing_file
        select path, count(source_id), $now
        from unnest($paths) as p(path) left join fetched on ends_with(file, '/' || path)
        group by path order by path
        """,
        {"paths": paths, "now": now},
    )
    con.execute("drop table fetched; drop table landed; drop table altered; drop table reworded")
    return int(n_new)


def load_coverage(con: duckdb.DuckDBPyConnection, data: Path, *, now: datetime) -> int:
    """Load the coverage files not loaded before; return how many there were."""
    paths = unloaded(con, data, "coverage")
    if paths:
        con.execute(
            "insert into coverage by name select * from read_json($files, columns = $columns)",
            {"files": [str(data / path) for path in paths], "columns": COVERAGE_COLUMNS},
        )
        con.execute("insert into landing_file select unnest($paths), 1, $now", {"paths": paths, "now": now})
    return len(paths)


def save_watchlist(con: duckdb.DuckDBPyConnection, watchlist: Watchlist) -> None:
    """Store the watched brands and the weights of the ranking, in place of those of the last run."""
    con.execute("delete from brand")
    con.execute("delete from ranking")
    for place, brand in enumerate(watchlist.brands, start=1):
        con.execute("insert into brand values (?, ?, ?)", [brand.name, place > 1, place])
    weights = watchlist.ranking
    con.execute(
        "insert into ranking values (?, ?, ?)",
        [weights.importance, weights.dissatisfaction, weights.period_days],
    )


# One version of each post: the newest fetched; of two fetched at once, the one in the later file.
LANDED = """
create or replace temp table landed as
select * exclude (file) from fetched
qualify row_number() over (
    partition by source, source_id order by fetched_at desc, file desc, is_deleted desc, text, about
) = 1
"""

# Stored posts whose meaning the landed version changes.
ALTERED = """
create or replace temp table altered as
select post.source, post.source_id, landed.is_deleted and post.deleted_at is null as is_deletion
from landed join post using (source, source_id)
where landed.fetched_at >= post.fetched_at
  and (landed.is_deleted
       or (post.text, post.about, post.rating) is distinct from (landed.text, landed.about, landed.rating)
       and post.expired_at is null)
"""

REWORDED = """
create or replace temp table reworded as
select source, source_id, is_deletion
from altered join post using (source, source_id) join landed using (source, source_id)
where is_deletion or post.text <> landed.text
"""

AUDIT_DELETIONS = """
insert into audit
with removed as (
    select 'post' as what, source, source_id from altered where is_deletion
    union all
    select 'reading', source, source_id
    from altered join reading using (source, source_id) where is_deletion
    union all
    select 'grievance', source, source_id
    from altered join grievance using (source, source_id) where is_deletion
)
select $now, what, 'deleted at its source', source, count(*)
from removed group by source, what order by source, what
"""

BEREFT = """
insert into bereft
select theme_id, quote
from altered join grievance using (source, source_id)
where is_deletion and theme_id is not null
"""

COUNT_NEW = """
select count(*) from landed anti join post using (source, source_id) where not is_deleted
"""

MERGE_POSTS = """
merge into post
using (
    select source, source_id, parent_id,
        case when not is_deleted then url end as url,
        case when not is_deleted then community end as community,
        case when not is_deleted then title end as title,
        case when is_deleted then '' else text end as text,
        case when not is_deleted then author_key end as author_key,
        posted_at, fetched_at, edited_at,
        case when not is_deleted then rating end as rating,
        case when not is_deleted then score end as score,
        case when not is_deleted then n_replies end as n_replies,
        case when not is_deleted then lang end as lang,
        case when not is_deleted then about end as about,
        case when is_deleted then fetched_at end as deleted_at
    from landed
) as new
on post.source = new.source and post.source_id = new.source_id
when matched and new.deleted_at is not null and new.fetched_at >= post.fetched_at then update set
    url = null, community = null, title = null, text = '', author_key = null, rating = null, score = null,
    n_replies = null, lang = null, about = null, fetched_at = new.fetched_at, expired_at = null,
    deleted_at = coalesce(post.deleted_at, new.deleted_at)
when matched and post.expired_at is not null and new.fetched_at >= post.fetched_at then update set
    fetched_at = new.fetched_at, score = new.score, n_replies = new.n_replies
when matched and new.fetched_at >= post.fetched_at then update set
    parent_id = new.parent_id, url = coalesce(new.url, post.url), community = new.community,
    title = new.title, text = new.text, author_key = new.author_key, posted_at = new.posted_at,
    fetched_at = new.fetched_at,
    edited_at = new.edited_at, rating = new.rating, score = new.score, n_replies = new.n_replies,
    lang = new.lang, about = new.about, deleted_at = null
when not matched then insert by name
"""

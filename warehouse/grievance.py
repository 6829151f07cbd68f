"""Hand out the posts that wait to be linked or read, and save what the reader finds in them."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

import duckdb
import pyarrow as pa

from nlp.grievance import Grievance, How, Key, Reading, Unread
from warehouse.schema import build

Item = TypeVar("Item")

PAGE = 5_000
"""Posts held in Python at a time."""

HOWS: tuple[How, ...] = ("about", "alias")
"""How a post itself concerns a brand, the surer first."""

LINK = pa.schema(
    [
        ("source", pa.string()),
        ("source_id", pa.string()),
        ("brands", pa.list_(pa.struct([("brand", pa.string()), ("how", pa.string())]))),
    ]
)
READING = pa.schema(
    [
        ("source", pa.string()),
        ("source_id", pa.string()),
        ("lang", pa.string()),
        ("complaint_score", pa.float64()),
        ("is_complaint", pa.bool_()),
        ("intensity", pa.float64()),
        ("is_sarcastic", pa.bool_()),
    ]
)
GRIEVANCE = pa.schema(
    [
        ("grievance_id", pa.string()),
        ("source", pa.string()),
        ("source_id", pa.string()),
        ("brand", pa.string()),
        ("kind", pa.string()),
        ("quote", pa.string()),
        ("quote_start", pa.int32()),
        ("quote_end", pa.int32()),
        ("aspect", pa.string()),
        ("problem", pa.string()),
        ("expected", pa.string()),
        ("touchpoint", pa.string()),
        ("stage", pa.string()),
        ("intensity", pa.float64()),
        ("switch_to", pa.string()),
    ]
)


class Misread(ValueError):
    """The reader returned something that its post does not bear out."""


def grievance_id(key: Key, grievance: Grievance) -> str:
    """Return the id of a span, a hash of its post, brand, kind and place: reading again finds the same id."""
    parts = [*key, grievance.brand, grievance.kind, grievance.quote_start, grievance.quote_end]
    return hashlib.blake2b(json.dumps(parts).encode(), digest_size=10).hexdigest()


def count_unlinked(con: duckdb.DuckDBPyConnection, version: str) -> int:
    """Line up the posts that ``version`` of the reader has not searched for brands; return how many wait."""
    con.execute(UNLINKED, {"version": version})
    return _count(con, "unlinked")


def unlinked(
    con: duckdb.DuckDBPyConnection, *, brand_of: Callable[[str], str | None]
) -> Iterator[tuple[Key, str, str | None]]:
    """Give key, text and brand of the page of every post that ``count_unlinked`` lined up."""
    for source, source_id, text, about in _rows(con, "unlinked"):
        yield (source, source_id), text, None if about is None else brand_of(about)


def save_links(
    con: duckdb.DuckDBPyConnection, found: Iterable[tuple[Key, list[tuple[str, How]]]], *, version: str
) -> int:
    """Store the brands found in posts, then make ``mention`` of them; return how many posts were searched."""
    n_linked = 0
    for page in _pages(found):
        rows = [_link_row(key, brands) for key, brands in page]
        con.register("linked", pa.Table.from_pylist(rows, LINK))
        _delete_posts_of(con, "linked", table="link")
        con.execute("insert into link select *, $version from linked", {"version": version})
        con.unregister("linked")
        n_linked += len(rows)
    build(con, "mention")
    return n_linked


def count_unread(con: duckdb.DuckDBPyConnection, version: str) -> int:
    """Line up the posts that concern a watched brand and that ``version`` has not read; return how many wait.

    What was read of posts that no longer concern any is dropped; of an expired post, which cannot be read
    again, also what it holds against a brand that it no longer concerns.
    """
    con.execute(UNCONCERNED)
    con.execute(DROP_UNMENTIONED)
    for table in ("reading", "grievance"):
        _delete_posts_of(con, "unconcerned", table=table)
    con.execute(UNREAD, {"version": version})
    return _count(con, "unread")


def unread(con: duckdb.DuckDBPyConnection) -> Iterator[Unread]:
    """Give every post that ``count_unread`` lined up."""
    for source, source_id, text, brands, how, rating in _rows(con, "unread"):
        yield Unread(key=(source, source_id), text=text, brands=tuple(brands), how=how, rating=rating)


def save_readings(
    con: duckdb.DuckDBPyConnection, read: Iterable[tuple[Key, Reading]], *, version: str
) -> Iterator[int]:
    """Store readings and their grievances in place of older ones; give the number saved after each page.

    A span found again keeps its theme. A quote that is no slice of its post, or a brand its post does not
    concern, raises ``Misread``.
    """
    n_read = 0
    for page in _pages(read):
        readings = [_reading_row(key, reading) for key, reading in page]
        spans = [_span_row(key, grievance) for key, reading in page for grievance in reading.grievances]
        con.register("new_reading", pa.Table.from_pylist(readings, READING))
        con.register("new_grievance", pa.Table.from_pylist(spans, GRIEVANCE))
        _refuse_misread(con)
        con.execute(KEPT_THEMES)
        for table in ("reading", "grievance"):
            _delete_posts_of(con, "new_reading", table=table)
        con.execute(INSERT_READINGS, {"version": version})
        con.execute(INSERT_GRIEVANCES)
        con.unregister("new_reading")
        con.unregister("new_grievance")
        n_read += len(readings)
        yield n_read


def _delete_posts_of(con: duckdb.DuckDBPyConnection, posts: str, *, table: str) -> None:
    con.execute(
        f"delete from {table} using {posts} as p"  # noqa: S608 names of our own
        f" where {table}.source = p.source and {table}.source_id = p.source_id"
    )


def _refuse_misread(con: duckdb.DuckDBPyConnection) -> None:
    found = con.execute(MISREAD).fetchone()
    if found is not None:
        why, source, source_id, brand, kind, start, end = found
        raise Misread(f"{source} {source_id}: {why}: {kind} against {brand}, code points {start} to {end}")


def _link_row(key: Key, brands: Sequence[tuple[str, How]]) -> dict[str, Any]:
    surest: dict[str, How] = {}
    for brand, how in sorted(brands, key=lambda found: HOWS.index(found[1])):
        surest.setdefault(brand, how)
    found = [{"brand": brand, "how": how} for brand, how in surest.items()]
    return {"source": key[0], "source_id": key[1], "brands": found}


def _reading_row(key: Key, reading: Reading) -> dict[str, Any]:
    return {
        "source": key[0],
        "source_id": key[1],
        **{name: getattr(reading, name) for name in READING.names[2:]},
    }


def _span_row(key: Key, grievance: Grievance) -> dict[str, Any]:
    return {
        "grievance_id": grievance_id(key, grievance),
        "source": key[0],
        "source_id": key[1],
        **{name: getattr(grievance, name) for name in GRIEVANCE.names[3:]},
    }


def _rows(con: duckdb.DuckDBPyConnection, line: str) -> Iterator[tuple[Any, ...]]:
    """Give the rows of a numbered temporary table page by page: a write would cut a result short."""
    after = 0
    while page := con.table(line).filter(f"n > {after} and n <= {after + PAGE}").fetchall():
        yield from (row[1:] for row in page)
        after += PAGE
    con.execute(f"drop table {line}")


def _count(con: duckdb.DuckDBPyConnection, line: str) -> int:
    (n_rows,) = con.table(line).count("*").fetchone() or (0,)
    return int(n_rows)


def _pages(items: Iterable[Item]) -> Iterator[list[Item]]:
    iterator = iter(items)
    while page := list(islice(iterator, PAGE)):
        yield page


UNLINKED = """
create or replace temp table unlinked as
select row_number() over () as n, post.source, post.source_id, post.text, post.about
from post left join link using (source, source_id)
where post.deleted_at is null and post.expired_at is null and link.version is distinct from $version
"""

UNCONCERNED = """
create or replace temp table unconcerned as
select source, source_id from reading anti join mention using (source, source_id)
"""

DROP_UNMENTIONED = """
delete from grievance using (
    select grievance_id
    from grievance
    semi join (from post where expired_at is not null) using (source, source_id)
    anti join mention using (source, source_id, brand)
) as unmentioned
where grievance.grievance_id = unmentioned.grievance_id
"""

UNREAD = """
create or replace temp table unread as
with wanted as (
    select source, source_id, list(brand order by place) as brands, arg_min(how, place) as how
    from mention group by source, source_id
)
select row_number() over () as n, source, source_id, post.text, wanted.brands, wanted.how, post.rating
from wanted join post using (source, source_id) left join reading using (source, source_id)
where (reading.pipeline_version, reading.brands) is distinct from ($version, wanted.brands)
  and post.expired_at is null
"""

INSERT_READINGS = """
insert into reading
select n.*, list(mention.brand order by mention.place), $version
from new_reading n join mention using (source, source_id)
group by all
"""

INSERT_GRIEVANCES = """
insert into grievance
select n.*, kept.theme_id from new_grievance n left join kept using (grievance_id)
"""

# The themes of the spans about to be replaced.
KEPT_THEMES = """
create or replace temp table kept as
select grievance_id, theme_id
from grievance semi join new_reading using (source, source_id)
where theme_id is not null
"""

MISREAD = """
select
    case
        when post.source is null then 'there is no such post'
        when quote = '' then 'the quote is empty'
        when substr(post.text, quote_start + 1, quote_end - quote_start) <> quote then 'the quote is no slice'
        when mention.brand is null then 'the post does not concern the brand'
        else 'the same span twice'
    end,
    g.source, g.source_id, g.brand, g.kind, quote_start, quote_end
from new_grievance g
left join post using (source, source_id)
left join mention using (source, source_id, brand)
where post.source is null or quote = '' or mention.brand is null
   or substr(post.text, quote_start + 1, quote_end - quote_start) <> quote
   or grievance_id in (select grievance_id from new_grievance group by all having count(*) > 1)
limit 1
"""

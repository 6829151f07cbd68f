"""Find the posts that repeat another, and keep them as its copies: one voice, however often it is posted."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa

from nlp.copies import (
    ALIKE,
    COMPARED,
    CROWD,
    FEWEST_SHARED,
    VERSION,
    Bands,
    Index,
    likeness,
    sign,
    similarity,
)
from nlp.grievance import Key
from warehouse.schema import build

PAGE = 5_000
"""Posts held in Python at a time."""

PAGE_BANDS = pa.schema([("n", pa.int64()), ("bands", pa.list_(pa.uint64()))])
SIGNATURE = pa.schema(
    [
        ("source", pa.string()),
        ("source_id", pa.string()),
        ("bands", pa.list_(pa.uint64())),
        ("version", pa.string()),
    ]
)
COPY = pa.schema(
    [
        ("source", pa.string()),
        ("source_id", pa.string()),
        ("of_source", pa.string()),
        ("of_source_id", pa.string()),
        ("similarity", pa.float64()),
    ]
)


@dataclass(frozen=True, slots=True)
class Original:
    """A post that others may copy; without a text where that has expired."""

    key: Key
    text: str | None
    bands: Bands


def find_copies(con: duckdb.DuckDBPyConnection) -> int:
    """Compare the posts that concern a brand and were not compared yet; return how many there were.

    They are compared with the originals known, and among themselves from the earliest on, so that of two
    new ones the earlier is the original. Then ``person`` is made of what was found.
    """
    con.execute(STALE, {"version": VERSION})
    release(con, "stale")
    con.execute(UNSIGNED)
    n_done = 0
    while page := con.table("unsigned").filter(f"n > {n_done} and n <= {n_done + PAGE}").fetchall():
        _compare(con, page)
        n_done += len(page)
    con.execute("drop table stale; drop table unsigned")
    con.execute(FLATTEN)
    build(con, "person")
    return n_done


def release(con: duckdb.DuckDBPyConnection, posts: str) -> None:
    """Forget what the posts of a table are copies of, and which copy them: they are compared anew.

    A copy whose text has expired cannot be. It stays what it is, and where the source deleted the original
    (``is_deletion``), the earliest such copy becomes the original of the others.
    """
    for sql in RELEASE:
        con.execute(sql.format(posts=posts))


def _compare(con: duckdb.DuckDBPyConnection, page: Sequence[tuple[int, str, str, str]]) -> None:
    """Store each post of a page as an original or as a copy."""
    signatures = sign([text for *_, text in page])
    known = _known(con, signatures)
    index = Index(signatures)
    originals: dict[int, Original] = {}
    copies: list[tuple[Any, ...]] = []
    for n, ((_, source, source_id, text), bands) in enumerate(zip(page, signatures, strict=True)):
        nearby = known[n] + [originals[near] for near in index.near(bands)]
        alike = [(_alike(text, bands, original), original) for original in nearby]
        best, original = max(alike, key=lambda pair: pair[0], default=(0.0, None))
        if original is not None and best >= ALIKE:
            copies.append((source, source_id, *original.key, best))
        else:
            originals[n] = Original((source, source_id), text, bands)
            index.add(n, bands)
    _insert(con, "signature", SIGNATURE, ((*o.key, o.bands, VERSION) for o in originals.values()))
    _insert(con, "copy", COPY, copies)


def _alike(text: str, bands: Bands, original: Original) -> float:
    if original.text is None:
        return likeness(bands, original.bands)
    return similarity(text, original.text)


def _known(con: duckdb.DuckDBPyConnection, signatures: Sequence[Bands]) -> dict[int, list[Original]]:
    """Return the stored originals worth comparing with each post of a page."""
    con.register("page", _table(PAGE_BANDS, enumerate(signatures)))
    rows = con.execute(
        KNOWN, {"version": VERSION, "crowd": CROWD, "fewest": FEWEST_SHARED, "compared": COMPARED}
    ).fetchall()
    con.unregister("page")
    known: defaultdict[int, list[Original]] = defaultdict(list)
    for n, source, source_id, text, bands in rows:
        known[n].append(Original((source, source_id), text, tuple(bands)))
    return known


def _insert(
    con: duckdb.DuckDBPyConnection, table: str, schema: pa.Schema, rows: Iterable[tuple[Any, ...]]
) -> None:
    con.register("found", _table(schema, rows))
    con.execute(f"insert into {table} from found")
    con.unregister("found")


def _table(schema: pa.Schema, rows: Iterable[tuple[Any, ...]]) -> pa.Table:
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    return pa.table(
        [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)], schema
    )


# Originals signed by another version, whose text is still there to be signed anew.
STALE = """
create or replace temp table stale as
select source, source_id, false as is_deletion
from signature join post using (source, source_id)
where signature.version <> $version and post.expired_at is null
"""

UNSIGNED = """
create or replace temp table unsigned as
select row_number() over (order by posted_at nulls last, source, source_id) as n, source, source_id, text
from post
semi join mention using (source, source_id)
anti join signature using (source, source_id)
anti join copy using (source, source_id)
where expired_at is null
"""

# The first hash of a signature is that of the whole text.
KNOWN = """
with wanted as (
    select n, unnest(bands) as band, generate_subscripts(bands, 1) = 1 as is_whole from page
),
held as (
    select source, source_id, band
    from (select source, source_id, unnest(bands) as band from signature where version = $version)
    semi join wanted using (band)
    qualify row_number() over (partition by band order by source, source_id) <= $crowd
),
near as (
    select n, source, source_id
    from wanted join held using (band)
    group by n, source, source_id
    having count(*) >= $fewest or bool_or(is_whole)
    qualify row_number() over (
        partition by n order by bool_or(is_whole) desc, count(*) desc, source, source_id
    ) <= $compared
)
select n, source, source_id, case when expired_at is null then text end, bands
from near join signature using (source, source_id) join post using (source, source_id)
order by n, source, source_id
"""

# An original that became a copy, when it was signed anew, passes its copies on.
FLATTEN = """
update copy set of_source = o.of_source, of_source_id = o.of_source_id
from copy as o
where copy.of_source = o.source and copy.of_source_id = o.source_id
"""

RELEASE = (
    """
    delete from copy using {posts} as p where copy.source = p.source and copy.source_id = p.source_id
    """,
    """
    delete from copy using {posts} as p, post
    where copy.of_source = p.source and copy.of_source_id = p.source_id
      and copy.source = post.source and copy.source_id = post.source_id and post.expired_at is null
    """,
    """
    delete from signature using {posts} as p
    where signature.source = p.source and signature.source_id = p.source_id
    """,
    """
    create or replace temp table heir as
    select copy.of_source, copy.of_source_id,
        first(copy.source order by post.posted_at nulls last, copy.source, copy.source_id) as source,
        first(copy.source_id order by post.posted_at nulls last, copy.source, copy.source_id) as source_id
    from copy
    join {posts} as p on copy.of_source = p.source and copy.of_source_id = p.source_id and p.is_deletion
    join post on copy.source = post.source and copy.source_id = post.source_id
    group by copy.of_source, copy.of_source_id
    """,
    """
    delete from copy using heir where copy.source = heir.source and copy.source_id = heir.source_id
    """,
    """
    update copy set of_source = heir.source, of_source_id = heir.source_id
    from heir where copy.of_source = heir.of_source and copy.of_source_id = heir.of_source_id
    """,
    """
    insert into signature select source, source_id, [], '' from heir
    """,
)

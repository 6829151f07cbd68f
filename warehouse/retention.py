"""Drop the words of posts that the watchlist lets us keep for some days only; what they count for stays."""

from collections.abc import Mapping
from datetime import datetime

import duckdb


def is_due(con: duckdb.DuckDBPyConnection, retention: Mapping[str, int], *, now: datetime) -> bool:
    """Tell whether the text of a post has been held for longer than its source's days."""
    return con.execute(f"select 1 from ({DUE}) limit 1", _parameters(retention, now)).fetchone() is not None  # noqa: S608 our own


def expire(con: duckdb.DuckDBPyConnection, retention: Mapping[str, int], *, now: datetime) -> None:
    """Drop title, text and URL of the posts due, and what their grievances quote; audit lines say so.

    What was read out of them stays: scores, kind, brand, stage, touchpoint, intensity and theme of each
    grievance, and where in the text it stood. So do their signatures, lest a repost become a second voice:
    no word can be had from those.
    """
    con.execute(f"create or replace temp table due as {DUE}", _parameters(retention, now))
    con.execute(AUDIT, {"now": now})
    con.execute(EXPIRE_POSTS, {"now": now})
    con.execute(EXPIRE_GRIEVANCES)
    con.execute("drop table due")


def _parameters(retention: Mapping[str, int], now: datetime) -> dict[str, object]:
    return {"sources": list(retention), "days": list(retention.values()), "now": now}


DUE = """
select source, source_id, n_days
from post
join (
    select unnest($sources::varchar[]) as source, unnest($days::integer[]) as n_days
) as retention using (source)
where deleted_at is null and expired_at is null and fetched_at < $now - to_days(n_days)
"""

AUDIT = """
insert into audit
with dropped as (
    select 'post' as what, source, n_days from due
    union all
    select 'grievance', source, n_days from due join grievance using (source, source_id)
)
select $now, what, 'retention of ' || n_days || if(n_days = 1, ' day', ' days'), source, count(*)
from dropped group by source, n_days, what order by source, what
"""

EXPIRE_POSTS = """
update post set expired_at = $now, title = null, text = '', url = null
from due
where post.source = due.source and post.source_id = due.source_id
"""

EXPIRE_GRIEVANCES = """
update grievance set quote = '', aspect = null, problem = null, expected = null
from due
where grievance.source = due.source and grievance.source_id = due.source_id
"""

"""Answer the questions that people ask: one function a question, each on a connection from ``reading``."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import duckdb
import pandas as pd


class BadQuery(ValueError):
    """A query that cannot be answered, and why, in one line."""


def brands(con: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """Return the watched brands, ours first: posts, mentions and detractors in the watchlist's period."""
    return _frame(con, "select * exclude (place, n_dated_mentions) from brand_period order by place")


def themes(con: duckdb.DuckDBPyConnection, brand: str, *, since: datetime | None = None) -> pd.DataFrame:
    """Return the ranking of a brand, with the label and keywords of each theme.

    ``since`` ranks the time from then to the newest post in place of the watchlist's period.
    """
    if con.execute("select 1 from brand where brand = ?", [brand]).fetchone() is None:
        known = ", ".join(brands(con)["brand"])
        raise BadQuery(f"{brand!r} is no watched brand: expected one of {known}")
    ranking = "theme_rank" if since is None else "theme_rank_over($since, (select until_at from period))"
    return _frame(
        con,
        f"""
        select r.*, t.label, t.keywords
        from {ranking} as r join theme as t using (theme_id)
        where r.brand = $brand
        order by r.rank
        """,  # noqa: S608 one of two names of our own
        brand=brand,
        **({} if since is None else {"since": since}),
    )


def stored_ids(con: duckdb.DuckDBPyConnection, sources: Sequence[str]) -> dict[str, list[str]]:
    """Return the ids of the posts not known as deleted, by source; those not fetched for longest first."""
    rows = con.execute(
        """
        select source, list(source_id order by fetched_at, source_id)
        from post where source in (select unnest($sources)) and deleted_at is null
        group by source order by source
        """,
        {"sources": list(sources)},
    ).fetchall()
    return dict(rows)


def quotes(
    con: duckdb.DuckDBPyConnection, theme_id: str, brand: str, limit: int, *, since: datetime | None = None
) -> pd.DataFrame:
    """Return the words behind a theme: one quote of each person first, the most intense first.

    They are those the ranking counts: of the watchlist's period, or from ``since`` on; without those whose
    words have expired.
    """
    return _frame(
        con,
        """
        with said as (
            select grievance_id, person, intensity from voice, period
            where theme_id = $theme_id and brand = $brand
              and said_at >= coalesce($since, from_at) and said_at < until_at
        )
        select quote, quote_start, quote_end, text, url, source, source_id, posted_at, rating,
            kind, aspect, problem, grievance.intensity
        from said join grievance using (grievance_id) join post using (source, source_id)
        where expired_at is null
        order by row_number() over (partition by person order by said.intensity desc, grievance_id),
            said.intensity desc, grievance_id
        limit $limit
        """,
        theme_id=theme_id,
        brand=brand,
        limit=limit,
        since=since,
    )


def rivals(con: duckdb.DuckDBPyConnection, theme_id: str) -> pd.DataFrame:
    """Return how often each watched brand is blamed for a theme in the watchlist's period, ours first.

    ``rate`` is ``n_detractors`` per 1,000 mentions, with its 90 % interval.
    """
    return _frame(
        con,
        """
        select b.brand, b.is_rival, coalesce(r.n_detractors, 0) as n_detractors, b.n_mentions,
            rate_per_1000(coalesce(r.n_detractors, 0), b.n_mentions) as rate,
            rate_low(coalesce(r.n_detractors, 0), b.n_mentions) as rate_low,
            rate_high(coalesce(r.n_detractors, 0), b.n_mentions) as rate_high
        from brand_period as b left join theme_rank as r on r.brand = b.brand and r.theme_id = $theme_id
        order by b.place
        """,
        theme_id=theme_id,
    )


def summary(con: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """Return what the warehouse holds as a whole, over all time; ``brands`` has the mentions per brand.

    ``n_read`` counts the posts whose grievances were read, ``n_unread`` those in another
    language than English, ``n_null_theme`` grievances without a theme; ``null_theme_share`` is their share.
    """
    (row,) = (
        con.execute("""
        select
            (select count(*) from post_person) as n_posts,
            (select count(distinct person) from post_person) as n_people,
            (select count(*) from mention) as n_mentions,
            (select count(*) from reading where complaint_score is not null) as n_read,
            (select count(*) from reading where complaint_score is null) as n_unread,
            count(*) as n_grievances,
            (select count(*) from theme) as n_themes,
            count(*) filter (theme_id is null) as n_null_theme,
            count(*) filter (theme_id is null) / nullif(count(*), 0) as null_theme_share,
            (select max(posted_at) from post) as last_post_at,
            (select max(published_at) from publication) as published_at
        from grievance
        """)
        .to_arrow_table()
        .to_pylist()
    )
    return dict(row)


def select(con: duckdb.DuckDBPyConnection, sql: str) -> pd.DataFrame:
    """Answer one select. That none can write, read another file or reach the network is up to ``reading``."""
    try:
        statements = con.extract_statements(sql)
        if len(statements) != 1:
            raise BadQuery(f"expected one statement, found {len(statements)}")
        (statement,) = statements
        if statement.type not in (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN):
            raise BadQuery(f"expected a select, found {statement.type.name}: the warehouse is read-only")
        return _frame(con, statement)
    except duckdb.Error as error:
        raise BadQuery(str(error).split("\n", 1)[0]) from error


def _frame(con: duckdb.DuckDBPyConnection, sql: str | duckdb.Statement, **parameters: Any) -> pd.DataFrame:
    """Fetch through Arrow: DuckDB's own ``df()`` warns with pandas 3 and wants pytz."""
    frame: pd.DataFrame = con.execute(sql, parameters or None).to_arrow_table().to_pandas()
    return frame

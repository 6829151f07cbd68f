"""Say a ranking in a few short columns; the themes command, the demo and the app use the same words."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import duckdb
import pandas as pd

from warehouse import queries

COLUMNS = ("rank", "theme", "people", "opportunity", "importance", "satisfaction", "momentum", "gap", "note")


def rankings(
    con: duckdb.DuckDBPyConnection, brands: list[str], *, since: datetime | None
) -> dict[str, pd.DataFrame]:
    """Return the ranking of each brand."""
    return {brand: queries.themes(con, brand, since=since) for brand in brands}


def held(summary: dict[str, Any]) -> str:
    """Say what the warehouse holds."""
    newest = summary["last_post_at"]
    until = f" up to {newest:%-d %B %Y}" if newest else ""
    return (
        f"{summary['n_posts']:,} posts by {summary['n_people']:,} people{until}, "
        f"published {summary['published_at']:%-d %B %Y at %H:%M} UTC"
    )


def newest(summary: dict[str, Any]) -> datetime:
    """Return the time that periods count back from: the newest post's, if any post has one."""
    at: datetime = summary["last_post_at"] or summary["published_at"]
    return at


def rows(frame: pd.DataFrame) -> Iterable[Any]:
    """Give the rows, each with a column's value under its name."""
    return frame.itertuples(index=False)


def in_words(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the columns a person compares."""
    said = [
        (
            row.rank,
            row.label,
            row.n_detractors,
            interval(row),
            round(row.importance, 1),
            round(row.satisfaction, 1),
            pace(row),
            "" if pd.isna(row.gap) else row.gap,
            ", ".join(notes(row)),
        )
        for row in rows(frame)
    ]
    return pd.DataFrame(said, columns=list(COLUMNS))


def interval(row: Any) -> str:
    """Say the opportunity with its 90 % interval."""
    return f"{row.opportunity:.1f} ({row.opportunity_low:.1f}–{row.opportunity_high:.1f})"


def people(n: int) -> str:
    """Say how many people."""
    return "1 person" if n == 1 else f"{n:,} people"


def pace(row: Any) -> str:
    """Say how the rate compares with the period before; nothing where there is none."""
    return "" if pd.isna(row.momentum) else f"×{row.momentum:.1f}"


def notes(row: Any) -> list[str]:
    """Say what else one must know of a row: too few people to trust, new, rising."""
    marks = {"hint": row.is_hint, "new": row.is_new, "rising": row.is_rising}
    return [name for name, is_so in marks.items() if is_so is not pd.NA and bool(is_so)]

"""Hand out what the theme finder needs, and save the themes it finds."""

from collections.abc import Mapping, Sequence

import duckdb
import numpy as np
import pyarrow as pa

from nlp.grievance import Theme, Voice

AROUND = 150
"""Code points of its post on either side of a quote that the theme finder hears with it, under the title."""

DEFINITION = pa.schema(
    [
        ("theme_id", pa.string()),
        ("parent_id", pa.string()),
        ("label", pa.string()),
        ("keywords", pa.list_(pa.string())),
        ("centroid", pa.list_(pa.float32())),
        ("cohesion", pa.float64()),
    ]
)
ASSIGNMENT = pa.schema([("grievance_id", pa.string()), ("theme_id", pa.string())])


class Misthemed(ValueError):
    """The theme finder returned something that breaks the rules of themes."""


def unthemed(con: duckdb.DuckDBPyConnection) -> list[Voice]:
    """Return the grievances that belong to no theme yet and still have their words, ordered by id."""
    rows = con.execute(UNTHEMED, {"around": AROUND}).fetchall()
    names = ("grievance_id", "person", "brand", "kind", "quote", "context", "aspect", "problem")
    return [Voice(**dict(zip(names, row, strict=True))) for row in rows]


def known_themes(con: duckdb.DuckDBPyConnection) -> list[Theme]:
    """Return every theme ever opened, ordered by id."""
    rows = con.execute("select * from theme_definition order by theme_id").fetchall()
    return [
        Theme(
            theme_id=theme_id,
            parent_id=parent_id,
            label=label,
            keywords=tuple(keywords),
            centroid=np.asarray(centroid, dtype=np.float32),
            cohesion=cohesion,
        )
        for theme_id, parent_id, label, keywords, centroid, cohesion in rows
    ]


def save_themes(con: duckdb.DuckDBPyConnection, themes: Sequence[Theme], theme_of: Mapping[str, str]) -> None:
    """Store all themes, and which grievance belongs to which; a known theme may not go missing."""
    ids = [theme.theme_id for theme in themes]
    if lost := {theme.theme_id for theme in known_themes(con)}.difference(ids):
        raise Misthemed(f"the theme finder lost the themes {sorted(lost)}: a theme once opened stays")
    if len(set(ids)) < len(ids) or not set(theme_of.values()) <= set(ids):
        raise Misthemed("the theme finder returned a theme twice, or grievances of a theme it did not return")
    definitions = [{name: getattr(theme, name) for name in DEFINITION.names} for theme in themes]
    con.register("new_theme", pa.Table.from_pylist(definitions, DEFINITION))
    con.execute("delete from theme_definition")
    con.execute("insert into theme_definition select * from new_theme order by theme_id")
    con.unregister("new_theme")
    assignments = [{"grievance_id": id_, "theme_id": theme_id} for id_, theme_id in sorted(theme_of.items())]
    con.register("new_member", pa.Table.from_pylist(assignments, ASSIGNMENT))
    con.execute(
        "update grievance set theme_id = n.theme_id from new_member n"
        " where grievance.grievance_id = n.grievance_id"
    )
    con.unregister("new_member")


UNTHEMED = """
select grievance_id, person, brand, kind, quote,
    concat_ws(chr(10), title, substr(text, context_start + 1, quote_end + $around - context_start)),
    aspect, problem
from (select *, greatest(quote_start - $around, 0) as context_start from grievance)
join post using (source, source_id)
join person using (source, source_id)
where theme_id is null and expired_at is null
order by grievance_id
"""

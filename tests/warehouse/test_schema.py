"""The schema: migrations applied once, views named after their files, a comment on everything."""

import re
from pathlib import Path

import duckdb
import pytest

from warehouse import schema
from warehouse.schema import Contradiction, build, migrate, rebuild, schema_fingerprint, verify

ANALYSTS_TABLES = {
    "post": """source source_id parent_id url community title text author_key posted_at fetched_at edited_at
        rating score n_replies lang about deleted_at""",
    "mention": "source source_id brand is_rival how",
    "reading": "source source_id complaint_score is_complaint intensity is_sarcastic pipeline_version",
    "grievance": """grievance_id source source_id brand kind quote quote_start quote_end aspect problem
        expected touchpoint stage intensity switch_to theme_id""",
    "theme": """theme_id parent_id label keywords first_seen_at last_seen_at n_posts n_detractors
        cohesion""",
    "theme_edit": "edited_at kind theme_id into_id label who",
    "theme_rank": """brand theme_id n_detractors n_posts detractor_share importance satisfaction opportunity
        opportunity_low opportunity_high momentum reach n_wishes n_switches n_failed_recoveries n_win_backs
        gap n_sources first_seen_at is_new is_rising rank""",
    "theme_week": "brand theme_id week_on n_detractors raw_share is_covered",
    "brand_week": "brand week_on n_detractors detracting_share is_covered",
    "journey_cell": "brand stage touchpoint n_detractors mean_intensity rise",
    "switch_flow": "brand switch_to n_people",
    "coverage": "source run_id n_requested n_seen n_new n_refused n_errors finished_at finish_reason",
    "audit": "audited_at what why n_rows",
}


def columns(con: duckdb.DuckDBPyConnection, table: str) -> set[str]:
    rows = con.execute("select column_name from duckdb_columns() where table_name = ?", [table]).fetchall()
    return {name for (name,) in rows}


def names(con: duckdb.DuckDBPyConnection) -> list[tuple[str, ...]]:
    return con.execute("""
        select table_name from duckdb_tables()
        union all select view_name from duckdb_views() where not internal
        union all select function_name from duckdb_functions() where not internal
        order by all
    """).fetchall()


@pytest.fixture
def built(empty: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    migrate(empty)
    empty.execute("insert into ranking values (1, 1, 182)")
    rebuild(empty)
    return empty


def test_migrate_twice_is_once(empty: duckdb.DuckDBPyConnection) -> None:
    migrate(empty)
    before = names(empty), empty.execute("from migration order by all").fetchall()
    migrate(empty)
    assert (names(empty), empty.execute("from migration order by all").fetchall()) == before


def test_a_failed_migration_leaves_nothing_behind(
    empty: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "0001_half.sql").write_text("create table half (a integer); select * from nowhere;")
    monkeypatch.setattr(schema, "MIGRATIONS", tmp_path)
    monkeypatch.setattr(schema, "HERE", tmp_path)
    with pytest.raises(duckdb.CatalogException, match="nowhere"):
        migrate(empty)
    assert names(empty) == [("migration",)]


def test_a_new_migration_keeps_what_an_older_file_holds(
    empty: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrate(empty)
    empty.execute("insert into brand values ('Acme', false, 1)")
    (tmp_path / "0099_colour.sql").write_text("alter table brand add column colour varchar;")
    monkeypatch.setattr(schema, "MIGRATIONS", tmp_path)
    monkeypatch.setattr(schema, "HERE", tmp_path)
    migrate(empty)
    assert empty.execute("from brand").fetchall() == [("Acme", False, 1, None)]


def test_every_table_of_the_design_is_there(built: duckdb.DuckDBPyConnection) -> None:
    missing = {table: set(named.split()) - columns(built, table) for table, named in ANALYSTS_TABLES.items()}
    assert not any(missing.values()), missing


def test_everything_has_a_comment(built: duckdb.DuckDBPyConnection) -> None:
    bare = built.execute("""
        select table_name from duckdb_tables() where comment is null
        union all select view_name from duckdb_views() where not internal and comment is null
        union all
        select table_name || '.' || column_name from duckdb_columns() where not internal and comment is null
        union all select function_name || '()' from duckdb_functions() where not internal and comment is null
        order by all
    """).fetchall()
    assert bare == []


def test_names_say_what_a_column_holds(built: duckdb.DuckDBPyConnection) -> None:
    for name, type_ in built.execute(
        "select column_name, data_type from duckdb_columns() where not internal"
    ).fetchall():
        assert name.endswith("_at") == (type_ == "TIMESTAMP WITH TIME ZONE"), name
        assert name.endswith("_on") == (type_ == "DATE"), name
        assert name.startswith("is_") == (type_ == "BOOLEAN"), name
        assert not name.startswith("n_") or type_ in ("BIGINT", "INTEGER"), (name, type_)
        assert not name.endswith("_share") or type_ == "DOUBLE", name


def test_a_view_file_is_named_after_what_it_builds() -> None:
    for file in sorted(schema.VIEWS.glob("*.sql"))[1:]:
        sql = file.read_text(encoding="utf-8")
        made = re.findall(r"^create or replace (?:table|view|macro) (\w+)", sql, re.MULTILINE)
        assert file.stem[3:] == made[-1], file.name
        assert sql.startswith("-- "), f"{file.name} does not begin with its purpose"


def test_rebuild_drops_what_an_older_version_derived(built: duckdb.DuckDBPyConnection) -> None:
    before = names(built)
    built.execute("create table old_rank (a integer); create view old_view as select 1 as a; drop view voice")
    built.execute("create macro old_macro(a) as a; create table voice (a integer)")
    rebuild(built)
    assert names(built) == before


def test_build_builds_one(built: duckdb.DuckDBPyConnection) -> None:
    built.execute("drop table mention")
    build(built, "mention")
    assert built.execute("from mention").fetchall() == []


@pytest.mark.parametrize("folder", ["MIGRATIONS", "VIEWS", "CHECKS"])
def test_the_fingerprint_follows_every_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    before = schema_fingerprint()
    (tmp_path / "00_other.sql").write_text("select 1")
    monkeypatch.setattr(schema, folder, tmp_path)
    assert schema_fingerprint() != before


@pytest.mark.parametrize(
    ("mistake", "message"),
    [
        (
            "insert into post (source, source_id, text, fetched_at) select 'f', '1', '', now() from range(2)",
            "01_key",
        ),
        (
            "insert into grievance values ('g', 'f', '1', 'Acme', 'wish', 'q', 0, 1,"
            " null, null, null, null, null, 0.5, null, null)",
            "02_reference",
        ),
        (
            "insert into post (source, source_id, text, fetched_at, expired_at)"
            " values ('f', '1', 'words', now(), now())",
            "02_reference",
        ),
        ("insert into signature values ('f', '1', [], 'v')", "02_reference"),
        (
            "insert into post (source, source_id, text, fetched_at) select 'f', unnest(['1', '2', '3']), '',"
            " now();"
            "insert into copy values ('f', '1', 'f', '2', 1), ('f', '2', 'f', '3', 1)",
            "02_reference",
        ),
        (
            "insert into theme_rank (brand, theme_id, importance, satisfaction, opportunity)"
            " values ('Acme', 't', 9, 1, 9)",
            "03_theme_rank",
        ),
    ],
)
def test_verify_refuses_a_contradiction(built: duckdb.DuckDBPyConnection, mistake: str, message: str) -> None:
    verify(built)
    built.execute(mistake)
    with pytest.raises(Contradiction, match=message):
        verify(built)

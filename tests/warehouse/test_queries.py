"""The questions pages and commands ask."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import duckdb
import pytest

from warehouse import queries
from warehouse.connection import reading
from warehouse.queries import BadQuery


@pytest.fixture
def con(folder: Any, fakes: Any) -> Iterator[duckdb.DuckDBPyConnection]:
    """A small published warehouse, opened as pages open it."""
    recent, old = fakes.last, fakes.last - timedelta(days=100)
    folder.land(
        folder.post(
            "1", "[Acme complaint app 0.9] [Acme complaint app 0.2]", author_key="ann", posted_at=recent
        ),
        folder.post("2", "[Acme complaint app 0.8]", author_key="ann", posted_at=old),
        folder.post("3", "[Acme complaint app 0.5]", author_key="bob", rating=1.0),
        folder.post("4", "[Acme complaint null 0.5]", author_key="cem"),
        folder.post("5", "[Bolt complaint app 0.5]"),
        folder.post("6", "[Acme complaint app 0.7]", posted_at=fakes.last - timedelta(days=300)),
        folder.post("7", "[Acme complaint billing 0.7]", posted_at=old),
    )
    folder.refresh()
    with reading(folder.data) as con:
        yield con


def test_brands(con: duckdb.DuckDBPyConnection) -> None:
    frame = queries.brands(con)
    assert list(frame.columns) == ["brand", "is_rival", "n_posts", "n_mentions", "n_detractors"]
    assert frame.to_dict("tight")["data"] == [
        ["Acme", False, 5, 4, 4],
        ["Bolt", True, 1, 1, 1],
        ["Crux", True, 0, 0, 0],
    ]


def test_themes(con: duckdb.DuckDBPyConnection) -> None:
    frame = queries.themes(con, "Acme")
    assert list(frame["rank"]) == [1, 2]
    assert list(frame["label"]) == ["App", "Billing"]
    assert list(frame["n_detractors"]) == [2, 1]
    assert [list(words) for words in frame["keywords"]] == [["app"], ["billing"]]
    (columns,) = [list(con.execute("from theme_rank limit 0").to_arrow_table().column_names)]
    assert list(frame.columns) == [*columns, "label", "keywords"]


def test_themes_since(con: duckdb.DuckDBPyConnection, fakes: Any) -> None:
    frame = queries.themes(con, "Acme", since=fakes.last - timedelta(days=7))
    assert list(frame["label"]) == ["App"]
    assert list(frame["n_posts"]) == [2]
    assert list(frame.columns) == list(queries.themes(con, "Acme").columns)


def test_themes_of_a_brand_without_any_and_of_one_not_watched(con: duckdb.DuckDBPyConnection) -> None:
    assert queries.themes(con, "Crux").empty
    with pytest.raises(BadQuery, match=r"'Dyno' is no watched brand: expected one of Acme, Bolt, Crux"):
        queries.themes(con, "Dyno")


def test_quotes_give_each_person_a_turn(con: duckdb.DuckDBPyConnection, fakes: Any) -> None:
    frame = queries.quotes(con, "app", "Acme", 10)
    assert list(zip(frame["source_id"], frame["intensity"], strict=True)) == [
        ("1", 0.9),
        ("3", 0.5),
        ("2", 0.8),
        ("1", 0.2),
    ]
    assert all(row.text[row.quote_start : row.quote_end] == row.quote for row in frame.itertuples())
    assert frame["url"].iloc[0] == "https://forum.example/1"
    assert len(queries.quotes(con, "app", "Acme", 2)) == 2
    assert len(queries.quotes(con, "app", "Acme", 10, since=fakes.last - timedelta(days=400))) == 5


def test_rivals_shows_every_brand(con: duckdb.DuckDBPyConnection) -> None:
    frame = queries.rivals(con, "app")
    assert list(frame["brand"]) == ["Acme", "Bolt", "Crux"]
    assert list(frame["n_detractors"]) == [2, 1, 0]
    assert list(frame["rate"])[:2] == [500, 1000]
    assert frame["rate"].isna().tolist() == [False, False, True]
    assert (frame["rate_low"] <= frame["rate"])[:2].all()


def test_summary(con: duckdb.DuckDBPyConnection, fakes: Any) -> None:
    assert queries.summary(con) == {
        "n_posts": 7,
        "n_people": 6,
        "n_mentions": 7,
        "n_read": 7,
        "n_unread": 0,
        "n_grievances": 8,
        "n_themes": 2,
        "n_null_theme": 1,
        "null_theme_share": 1 / 8,
        "last_post_at": fakes.last,
        "published_at": fakes.now,
    }


def test_everything_answers_on_an_empty_warehouse(folder: Any, fakes: Any) -> None:
    folder.refresh()
    with reading(folder.data) as con:
        assert queries.themes(con, "Acme").empty
        assert queries.themes(con, "Acme", since=fakes.last).empty
        assert queries.quotes(con, "app", "Acme", 10).empty
        assert list(queries.rivals(con, "app")["n_detractors"]) == [0, 0, 0]
        assert list(queries.brands(con)["n_mentions"]) == [0, 0, 0]
        assert queries.summary(con)["null_theme_share"] is None


def test_select(con: duckdb.DuckDBPyConnection) -> None:
    frame = queries.select(
        con, "select brand, posted_at from mention join post using (source, source_id) order by all limit 1"
    )
    assert frame.to_dict("list")["brand"] == ["Acme"]
    assert str(frame["posted_at"].dtype) == "datetime64[us, UTC]"
    assert len(queries.select(con, "from brand;")) == 3
    assert not queries.select(con, "with a as (select 1 as x) from a").empty
    assert not queries.select(con, "explain select 1").empty
    assert not queries.select(con, "describe post").empty
    assert not queries.select(con, "show tables").empty


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("selec 1", "syntax error"),
        ("select nope from post", "nope"),
        ("from nowhere", "nowhere"),
        ("", "one statement, found 0"),
        ("select 1; select 2", "one statement, found 2"),
        ("drop table post", "read-only"),
        ("create table t (a integer)", "read-only"),
        ("create table memory.main.t (a integer)", "read-only"),
        ("detach hatemine", "read-only"),
        ("set threads = 1", "read-only"),
        ("copy post to '/tmp/hatemine-out.csv'", "read-only"),
        ("from read_csv('/etc/passwd')", "disabled"),
        ("select * from glob('/*')", "disabled"),
        ("explain analyze insert into brand values ('x', true, 9)", "read-only"),
    ],
)
def test_select_refuses_in_one_line_whatever_is_no_select(
    con: duckdb.DuckDBPyConnection, sql: str, message: str
) -> None:
    with pytest.raises(BadQuery, match=message) as refusal:
        queries.select(con, sql)
    assert "\n" not in str(refusal.value)

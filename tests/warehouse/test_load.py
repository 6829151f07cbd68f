"""Landing files into posts: each once, the newest version winning, deletions kept."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from warehouse.load import load_coverage, load_landing
from warehouse.schema import migrate


@pytest.fixture
def load(empty: duckdb.DuckDBPyConnection, folder: Any, fakes: Any) -> Any:
    migrate(empty)

    def load(*posts: Any) -> int:
        folder.land(*posts)
        return load_landing(empty, folder.data, now=fakes.now)

    return load


def posts(con: duckdb.DuckDBPyConnection, columns: str = "source_id, text") -> list[tuple[Any, ...]]:
    return con.table("post").order("source, source_id").project(columns).fetchall()


def test_a_post_arrives_whole(empty: duckdb.DuckDBPyConnection, folder: Any, load: Any, fakes: Any) -> None:
    full = folder.post(
        "1",
        "Title\nbody",
        title="Title",
        parent_id="0",
        community="c",
        edited_at=fakes.last,
        rating=1.5,
        score=-3,
        n_replies=2,
        lang="en",
        about="Acme",
    )
    assert load(full, folder.post("2", "", author_key=None, posted_at=None)) == 2
    (row, bare) = empty.execute("select * from post order by source_id").to_arrow_table().to_pylist()
    assert (row.pop("deleted_at"), row.pop("expired_at")) == (None, None)
    assert row == {name: getattr(full, name) for name in row}
    assert bare["posted_at"] is None
    assert bare["author_key"] is None


@pytest.mark.parametrize(
    "text",
    [
        "🙂 e\u0301 \U0001f469\u200d\U0001f4bb",
        'quote " and \\ and \n',
        "\u2028 \u00a0 x",
        "', $1 {0} %s",
        "'; drop table post; --",
    ],
)
def test_a_text_arrives_to_the_code_point(
    empty: duckdb.DuckDBPyConnection, folder: Any, load: Any, text: str
) -> None:
    load(folder.post("1", text))
    assert posts(empty, "text, length(text)") == [(text, len(text))]


def test_the_same_file_is_loaded_once(
    empty: duckdb.DuckDBPyConnection, folder: Any, load: Any, fakes: Any
) -> None:
    assert load(folder.post("1", "a"), folder.post("2", "b")) == 2
    assert load_landing(empty, folder.data, now=fakes.now) == 0
    assert empty.execute("select path, n_rows from landing_file").fetchall() == [
        ("landing/forum/20260628T000001.000000Z.jsonl", 2)
    ]


def test_the_same_posts_again_change_nothing(
    empty: duckdb.DuckDBPyConnection, folder: Any, load: Any
) -> None:
    load(folder.post("1", "a"))
    before = posts(empty, "* exclude (posted_at, fetched_at), epoch_us(fetched_at)")
    assert load(folder.post("1", "a")) == 0
    assert posts(empty, "* exclude (posted_at, fetched_at), epoch_us(fetched_at)") == before


def test_the_newest_fetch_wins_in_whatever_order_it_lands(
    empty: duckdb.DuckDBPyConnection, folder: Any, load: Any, fakes: Any
) -> None:
    def version(id_: str, text: str, minutes: int) -> Any:
        return folder.post(id_, text, fetched_at=fakes.last + timedelta(minutes=minutes))

    load(version("1", "first", 0), version("2", "third", 3), version("2", "second", 2))
    load(version("1", "newer", 1), version("2", "older", 1))
    load(version("1", "late but old", 0))
    assert posts(empty) == [("1", "newer"), ("2", "third")]


def test_a_source_id_is_the_sources_own(empty: duckdb.DuckDBPyConnection, folder: Any, load: Any) -> None:
    load(folder.post("1", "a"))
    load(folder.post("1", "b", source="reviews"))
    assert posts(empty, "source, text") == [("forum", "a"), ("reviews", "b")]


def read(con: duckdb.DuckDBPyConnection, source_id: str) -> None:
    con.execute("insert into link values ('forum', ?, [], 'v')", [source_id])
    con.execute(
        "insert into reading values ('forum', ?, 'en', 1, true, 1, false, ['Acme'], 'v')", [source_id]
    )
    con.execute(
        "insert into grievance values ('g' || ?, 'forum', ?, 'Acme', 'wish', 'q', 0, 1,"
        " null, null, null, null, null, 0.5, null, null)",
        [source_id, source_id],
    )


def still_read(con: duckdb.DuckDBPyConnection) -> list[list[str]]:
    return [
        [id_ for (id_,) in con.table(table).order("source_id").project("source_id").fetchall()]
        for table in ("link", "reading", "grievance")
    ]


@pytest.mark.parametrize(
    ("change", "is_unread"),
    [
        ({"text": "b"}, True),
        ({"about": "Acme"}, True),
        ({"rating": 2.0}, True),
        ({"score": 9}, False),
        ({"url": None}, False),
    ],
)
def test_a_changed_meaning_makes_a_post_unread(
    empty: duckdb.DuckDBPyConnection, folder: Any, load: Any, change: dict[str, Any], is_unread: bool
) -> None:
    load(folder.post("1", "a"), folder.post("2", "b"))
    read(empty, "1")
    read(empty, "2")
    load(folder.post("1", **{"text": "a", **change}))
    assert still_read(empty) == [["2"] if is_unread else ["1", "2"]] * 3


def deleted(folder: Any, id_: str, **fields: Any) -> Any:
    return folder.post(id_, "", author_key=None, is_deleted=True, **fields)


def test_a_deletion_leaves_no_words_and_an_audit_line(
    empty: duckdb.DuckDBPyConnection, folder: Any, load: Any, fakes: Any
) -> None:
    load(
        folder.post(
            "1", "a", title="a", rating=1.0, score=1, about="Acme", lang="en", community="c", parent_id="2"
        ),
        folder.post("2", "b"),
    )
    read(empty, "1")
    read(empty, "2")
    deleted_at = fakes.last + timedelta(days=1)
    load(deleted(folder, "1", fetched_at=deleted_at, posted_at=None, url="https://x.example"))
    (row, _) = empty.execute("select * from post order by source_id").to_arrow_table().to_pylist()
    kept = {name: value for name, value in row.items() if value not in (None, "")}
    assert kept == {
        "source": "forum",
        "source_id": "1",
        "parent_id": "2",
        "posted_at": folder.post("1", "").posted_at,
        "fetched_at": deleted_at,
        "deleted_at": deleted_at,
    }
    assert still_read(empty) == [["2"]] * 3
    audit = empty.execute("select what, why, source, n_rows from audit").fetchall()
    assert audit == [(what, "deleted at its source", "forum", 1) for what in ("grievance", "post", "reading")]


def test_a_deletion_is_told_once_and_not_undone_by_an_older_fetch(
    empty: duckdb.DuckDBPyConnection, folder: Any, load: Any, fakes: Any
) -> None:
    load(folder.post("1", "a"))
    load(deleted(folder, "1", fetched_at=fakes.last + timedelta(days=1)))
    load(deleted(folder, "1", fetched_at=fakes.last + timedelta(days=2)))
    load(folder.post("1", "a"))
    assert posts(empty, "text, deleted_at = fetched_at - interval 1 day") == [("", True)]
    assert empty.execute("select what, n_rows from audit").fetchall() == [("post", 1)]


def test_a_post_that_comes_back_lives_again(
    empty: duckdb.DuckDBPyConnection, folder: Any, load: Any, fakes: Any
) -> None:
    load(deleted(folder, "1"))
    assert posts(empty, "text, deleted_at is null") == [("", False)]
    load(folder.post("1", "back", fetched_at=fakes.last + timedelta(days=1)))
    assert posts(empty, "text, deleted_at is null") == [("back", True)]


def test_a_broken_line_names_its_file(empty: duckdb.DuckDBPyConnection, folder: Any, load: Any) -> None:
    path: Path = folder.land(folder.post("1", "a"))
    path.write_text(path.read_text() + '{"source": "forum", "source_id"')
    with pytest.raises(duckdb.Error, match=path.name):
        load(folder.post("2", "b"))


def test_a_line_without_a_key_is_refused(empty: duckdb.DuckDBPyConnection, folder: Any, load: Any) -> None:
    path: Path = folder.land(folder.post("1", "a"))
    path.write_text('{"text": "whose?", "fetched_at": "2026-06-28T00:00:00+00:00"}\n')
    with pytest.raises(duckdb.ConstraintException, match="source"):
        load(folder.post("2", "b"))


def test_what_is_still_being_written_is_not_loaded(
    empty: duckdb.DuckDBPyConnection, folder: Any, load: Any, fakes: Any
) -> None:
    path: Path = folder.land(folder.post("1", "a"))
    path.rename(path.with_name(f"{path.name}.part"))
    assert load_landing(empty, folder.data, now=fakes.now) == 0
    assert posts(empty) == []


def test_coverage_is_loaded_once(empty: duckdb.DuckDBPyConnection, folder: Any, fakes: Any) -> None:
    migrate(empty)
    folder.crawled("forum", fakes.last)
    folder.crawled("forum", fakes.last + timedelta(days=1), is_ok=False)
    assert load_coverage(empty, folder.data, now=fakes.now) == 2
    assert load_coverage(empty, folder.data, now=fakes.now) == 0
    assert empty.execute("select source, n_seen, errors, is_ok from coverage order by run_id").fetchall() == [
        ("forum", 3, [], True),
        ("forum", 3, ["503"], False),
    ]

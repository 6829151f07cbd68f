"""Readers on the published file, one writer on a staging copy."""

import threading
from pathlib import Path

import duckdb
import pytest

from warehouse.connection import NotPublished, database_path, publishing, reading


@pytest.fixture
def data(tmp_path: Path) -> Path:
    with publishing(tmp_path) as con:
        con.execute("create table edition (n integer); insert into edition values (1)")
        con.execute("create table copy_of_edition as from edition")
    return tmp_path


def publish(data: Path, n: int) -> None:
    with publishing(data) as con:
        con.execute("update edition set n = ?", [n])
        con.execute("update copy_of_edition set n = ?", [n])


def edition(con: duckdb.DuckDBPyConnection) -> int:
    ((n, same),) = con.execute("select e.n, c.n from edition e, copy_of_edition c").fetchall()
    assert n == same, "half of a publication was read"
    return int(n)


def test_reading_says_what_to_run_where_nothing_is_published(tmp_path: Path) -> None:
    with pytest.raises(NotPublished, match="hatemine refresh"), reading(tmp_path):
        pass


def test_publishing_replaces_the_file_and_leaves_nothing_else(data: Path) -> None:
    publish(data, 2)
    with reading(data) as con:
        assert edition(con) == 2
    assert [path.name for path in data.iterdir()] == ["hatemine.duckdb"]


def test_a_failed_publication_leaves_the_published_file_as_it_was(data: Path) -> None:
    before = database_path(data).read_bytes()
    with pytest.raises(duckdb.CatalogException), publishing(data) as con:
        con.execute("update edition set n = 2; from nowhere")
    assert database_path(data).read_bytes() == before
    assert [path.name for path in data.iterdir()] == ["hatemine.duckdb"]


def test_what_a_killed_run_left_is_not_built_upon(data: Path) -> None:
    staging = data / "hatemine.duckdb.staging"
    staging.write_bytes(b"half a file")
    staging.with_name(f"{staging.name}.wal").write_bytes(b"half a log")
    publish(data, 2)
    with reading(data) as con:
        assert edition(con) == 2
    assert [path.name for path in data.iterdir()] == ["hatemine.duckdb"]


def test_an_open_reader_keeps_its_edition_and_the_next_sees_the_new(data: Path) -> None:
    with reading(data) as old:
        assert edition(old) == 1
        publish(data, 2)
        with reading(data) as new:
            assert (edition(old), edition(new)) == (1, 2)


def test_readers_work_on_while_editions_are_published(data: Path) -> None:
    stop, failures = threading.Event(), []
    seen: list[set[int]] = [set(), set()]

    def read(mine: set[int]) -> None:
        last = 0
        while not stop.is_set():
            try:
                with reading(data) as con:
                    n = edition(con)
                assert n >= last, "an older edition came back"
                mine.add(last := n)
            except Exception as error:
                failures.append(error)
                return

    readers = [threading.Thread(target=read, args=(mine,)) for mine in seen]
    for reader in readers:
        reader.start()
    for n in range(2, 22):
        publish(data, n)
    stop.set()
    for reader in readers:
        reader.join()
    assert failures == []
    assert all(len(mine) > 1 for mine in seen)


@pytest.mark.parametrize(
    "sql",
    [
        "insert into edition values (3)",
        "create table hatemine.other (a integer)",
        "drop table edition",
        "copy edition to '{data}/out.csv'",
        "from read_csv('/etc/passwd')",
        "from read_text('{data}/secret')",
        "attach '{data}/other.duckdb'",
        "set enable_external_access = true",
        "install httpfs",
        "load httpfs",
    ],
)
def test_reading_can_do_nothing_but_read_this_file(data: Path, sql: str) -> None:
    (data / "secret").write_text("secret")
    before = {path.name for path in data.iterdir()}
    with reading(data) as con, pytest.raises(duckdb.Error):
        con.execute(sql.format(data=data))
    assert {path.name for path in data.iterdir()} == before


def test_a_path_may_hold_a_quote(tmp_path: Path) -> None:
    data = tmp_path / "ann's"
    data.mkdir()
    with publishing(data) as con:
        con.execute("create table edition as select 7 as n; create table copy_of_edition as from edition")
    with reading(data) as con:
        assert edition(con) == 7


def test_a_published_file_opens_without_this_project(data: Path) -> None:
    with duckdb.connect(database_path(data), read_only=True) as con:
        assert edition(con) == 1

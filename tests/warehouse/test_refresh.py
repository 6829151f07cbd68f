"""The whole job: what landed becomes a published file, or the published file stays as it was."""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from crawlers.watchlist import Brand, Ranking
from warehouse.connection import database_path, reading
from warehouse.lock import Locked
from warehouse.refresh import Refreshed


@pytest.fixture
def filled(folder: Any) -> Any:
    """A folder with two files landed, and not refreshed."""
    folder.land(
        *(folder.post(f"a{n}", f"[Acme complaint app 0.{n}] [Acme wish billing 0.1]") for n in range(1, 9)),
        *(folder.post(f"b{n}", f"[Bolt switch app 0.{n} >Acme]", posted_at=None) for n in range(1, 5)),
        folder.post("c", "me too", parent_id="a1", author_key=None),
    )
    folder.land(
        folder.post(
            "r1", "[Acme failed_recovery queue 0.9] [Acme complaint null 0.2]", source="reviews", about="Acme"
        ),
        folder.post("a1", "[Acme complaint app 0.9] edited", source="forum"),
    )
    folder.crawled("forum", folder.post("", "").fetched_at)
    return folder


def published(folder: Any) -> tuple[bytes, int]:
    path = database_path(folder.data)
    return path.read_bytes(), path.stat().st_mtime_ns


def test_it_says_what_it_did(filled: Any, fakes: Any) -> None:
    assert filled.refresh() == Refreshed(
        is_changed=True,
        n_new_posts=14,
        n_read=14,
        n_grievances=21,
        n_themes=3,
        n_null_theme=1,
        published_at=fakes.now,
    )


def test_twice_changes_nothing_the_second_time(filled: Any, fakes: Any) -> None:
    filled.refresh()
    before = published(filled)
    again = filled.refresh(now=fakes.now + timedelta(days=1))
    assert not again.is_changed
    assert (again.n_new_posts, again.n_read, again.n_grievances, again.published_at) == (0, 0, 21, fakes.now)
    assert published(filled) == before


@pytest.mark.parametrize(
    "change",
    [
        {"ranking": Ranking(dissatisfaction=2)},
        {"rivals": (Brand(name="Bolt"), Brand(name="Crux"), Brand(name="Dyno"))},
        {"brand": Brand(name="Bolt"), "rivals": (Brand(name="Acme"), Brand(name="Crux"))},
    ],
)
def test_a_changed_watchlist_is_something_new(filled: Any, change: dict[str, Any]) -> None:
    filled.refresh()
    changed = filled.with_watchlist(**change)
    assert changed.refresh().is_changed
    assert not changed.refresh().is_changed
    own = changed.watchlist.brand.name
    assert changed.ask("select distinct brand from mention where not is_rival") == [(own,)]


def test_so_are_a_landed_file_another_reader_and_another_crawl(filled: Any, fakes: Any) -> None:
    filled.refresh()
    filled.crawled("reviews", fakes.last)
    assert filled.refresh().is_changed
    filled.land(filled.post("new", "Acme"))
    assert filled.refresh().n_new_posts == 1
    assert filled.refresh(reader=fakes.Reader(version="fake-2")).n_read == 15


def test_the_same_landing_files_give_the_same_tables(filled: Any, tmp_path: Path) -> None:
    filled.refresh()
    first = filled.__class__(tmp_path / "first")
    filled.data.rename(first.data)
    twin = filled.__class__(tmp_path / "twin")
    shutil.copytree(first.data, twin.data, ignore=shutil.ignore_patterns("hatemine.duckdb"))
    twin.refresh()
    assert first.content() == twin.content()


def test_file_by_file_gives_the_same_answers_as_all_at_once(filled: Any, tmp_path: Path) -> None:
    filled.refresh()
    slow = filled.__class__(tmp_path / "slow")
    for file in sorted(filled.data.glob("*/*/*.json*")):
        target = slow.data / file.relative_to(filled.data)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.read_bytes())
        slow.refresh()
    once, bit_by_bit = filled.content(), slow.content()
    assert len(bit_by_bit.pop("publication")) > len(once.pop("publication")) == 1
    assert once == bit_by_bit


def test_nothing_landed_publishes_an_empty_warehouse(folder: Any) -> None:
    assert folder.refresh().is_changed
    assert folder.ask("from theme_rank") == []
    assert not folder.refresh().is_changed


class Failing:
    """A reader that fails in the middle."""

    version = "failing"

    def __init__(self, fakes: Any) -> None:
        self.link = fakes.Reader().link

    def read(self, rows: Iterable[Any]) -> Iterator[Any]:
        raise RuntimeError(f"the model is broken: {next(iter(rows)).key}")
        yield


def test_a_failed_refresh_publishes_nothing(filled: Any, fakes: Any) -> None:
    filled.refresh()
    before = published(filled)
    filled.land(filled.post("new", "Acme"))
    with pytest.raises(RuntimeError, match="model is broken"):
        filled.refresh(reader=Failing(fakes))
    assert published(filled) == before
    assert filled.refresh().n_new_posts == 1


def test_a_reader_that_skips_posts_is_refused(filled: Any, fakes: Any) -> None:
    class Lazy(fakes.Reader):
        def read(self, rows: Iterable[Any]) -> Iterator[Any]:
            return iter(list(super().read(rows))[1:])

    with pytest.raises(RuntimeError, match="given 14 posts and read 13"):
        filled.refresh(reader=Lazy())
    assert not database_path(filled.data).exists()


KILLED = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from conftest import FakeReader, Folder

class Dying(FakeReader):
    def read(self, rows):
        for n, found in enumerate(super().read(rows)):
            if n == 5:
                os.kill(os.getpid(), signal.SIGKILL)
            yield found

Folder(Path(sys.argv[2])).refresh(reader=Dying(version="dying"))
"""


def test_a_killed_refresh_publishes_nothing_and_blocks_nobody(filled: Any) -> None:
    filled.refresh()
    before = published(filled)
    filled.land(filled.post("new", "Acme"))
    here = str(Path(__file__).parent)
    root = str(Path(__file__).parents[2])
    died = subprocess.run(
        [sys.executable, "-c", KILLED, here, str(filled.data)],
        env={**os.environ, "PYTHONPATH": root},
        check=False,
    )
    assert died.returncode == -signal.SIGKILL
    assert (filled.data / "hatemine.duckdb.staging").exists()
    assert published(filled) == before
    assert filled.refresh().n_new_posts == 1
    assert not list(filled.data.glob("*.staging*"))


def test_a_contradiction_publishes_nothing(
    filled: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "01_never.sql").write_text("select 'always' as wrong")
    monkeypatch.setattr("warehouse.schema.CHECKS", tmp_path)
    monkeypatch.setattr("warehouse.schema.HERE", tmp_path)
    with pytest.raises(RuntimeError, match="01_never"):
        filled.refresh()
    assert not database_path(filled.data).exists()


def test_two_refreshes_at_once_are_one_too_many(filled: Any) -> None:
    filled.data.mkdir(exist_ok=True)
    with (filled.data / "lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # as another process would
        with pytest.raises(Locked):
            filled.refresh()


def test_a_deleted_post_leaves_every_table(filled: Any, fakes: Any) -> None:
    filled.refresh()
    gone = filled.post("r1", "", source="reviews", is_deleted=True, fetched_at=fakes.last + timedelta(days=1))
    filled.land(gone)
    filled.refresh()
    for table in ("link", "mention", "reading", "grievance", "post_person", "voice"):
        with reading(filled.data) as con:
            assert con.table(table).filter("source = 'reviews'").fetchall() == [], table
    assert filled.ask("select count(*) from theme_rank where theme_id = 'queue'") == [(0,)]
    assert filled.ask("select text from post where source = 'reviews'") == [("",)]
    assert filled.ask("select what, n_rows from audit order by what") == [
        ("grievance", 2),
        ("landing line", 1),
        ("post", 1),
        ("reading", 1),
        ("theme_definition", 1),
    ]


def test_no_word_of_a_deleted_post_is_left_in_the_file(folder: Any, fakes: Any) -> None:
    folder.land(folder.post("1", "[Acme complaint app 0.5] unmistakable"), folder.post("2", "Acme"))
    folder.refresh()
    assert b"unmistakable" in published(folder)[0], "the words can be seen while they are there"
    folder.land(folder.post("1", "", is_deleted=True, fetched_at=fakes.last + timedelta(days=1)))
    folder.refresh()
    assert b"unmistakable" not in published(folder)[0]


def test_progress_is_shown_step_by_step(filled: Any) -> None:
    steps: list[tuple[str, int, int | None]] = []
    filled.refresh(progress=lambda step, n_done=0, n_total=None: steps.append((step, n_done, n_total)))
    assert ("reading posts", 0, 14) in steps
    assert ("reading posts", 14, 14) in steps
    assert [step for step, *_ in steps][-1] == "publishing"


def test_the_published_file_opens_with_plain_duckdb(filled: Any) -> None:
    filled.refresh()
    with duckdb.connect(database_path(filled.data), read_only=True) as con:
        con.execute("set timezone = 'Asia/Kolkata'")
        stored = con.execute("select * exclude (first_seen_at) from theme_rank order by all").fetchall()
        anew = con.execute("""
            select * exclude (first_seen_at)
            from theme_rank_over((select from_at from period), (select until_at from period)) order by all
        """).fetchall()
    assert stored == anew != []

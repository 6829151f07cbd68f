"""What a source deleted leaves the landing files: once, whole, and whatever came in between."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from warehouse import erase
from warehouse import refresh as refreshing

AUDIT = "select source, n_rows from audit where what = 'landing line'"


@pytest.fixture
def told(folder: Any, fakes: Any) -> Any:
    """A folder whose post 1 landed in three versions, two of them refreshed, and was then deleted."""
    folder.land(folder.post("1", "[Acme complaint app 0.5] secret"), folder.post("2", "Acme é\u2028 stays"))
    folder.land(folder.post("1", "[Acme complaint app 0.5] secret again"))
    folder.refresh()
    folder.land(
        folder.post("1", "[Acme complaint app 0.5] secret still"),
        folder.post("1", "", is_deleted=True, fetched_at=fakes.last + timedelta(days=1)),
        folder.post("1", "another source's secret", source="forum2"),
    )
    return folder


def landed(folder: Any) -> dict[str, bytes]:
    return {path.name[9:15]: path.read_bytes() for path in folder.data.glob("landing/*/*")}


def test_only_the_words_of_the_deleted_post_go(told: Any) -> None:
    before = landed(told)
    told.refresh()
    after = landed(told)
    assert after["000001"] == before["000001"].splitlines(keepends=True)[1]
    assert after["000002"] == b""
    assert after["000003"] == b"".join(before["000003"].splitlines(keepends=True)[1:])
    assert told.ask(AUDIT) == [("forum", 3)]
    assert told.ask("select n_rows from landing_file order by path") == [(2,), (1,), (3,)]


def test_an_erased_file_is_not_loaded_again(told: Any, fakes: Any) -> None:
    told.refresh()
    before = landed(told), told.content()
    assert not told.refresh(now=fakes.now + timedelta(days=1)).is_changed
    told.crawled("forum", fakes.last)
    assert told.refresh(now=fakes.now + timedelta(days=1)).is_changed
    assert (landed(told), told.content()["audit"]) == (before[0], before[1]["audit"])


def test_an_older_version_that_lands_after_the_deletion_goes_too(told: Any) -> None:
    told.refresh()
    told.land(told.post("1", "secret, late"))
    told.refresh()
    assert landed(told)["000004"] == b""
    assert [n_rows for _source, n_rows in told.ask(AUDIT)] == [3, 1]


def test_a_post_that_came_back_stays(told: Any, fakes: Any) -> None:
    told.land(told.post("1", "back", fetched_at=fakes.last + timedelta(days=2)))
    before = landed(told)
    told.refresh()
    assert landed(told) == before
    assert told.ask(AUDIT) == []


@pytest.mark.parametrize("is_more_to_do", [False, True])
def test_a_run_that_died_after_publishing_is_made_up_for(
    told: Any, fakes: Any, monkeypatch: pytest.MonkeyPatch, is_more_to_do: bool
) -> None:
    n_calls = 0

    def die(data: Path) -> None:
        nonlocal n_calls
        n_calls += 1
        if n_calls == 2:  # the first comes before publishing
            raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(refreshing, "erase", die)
        with pytest.raises(KeyboardInterrupt):
            told.refresh()
    assert b"secret again" in landed(told)["000002"]
    if is_more_to_do:
        told.crawled("forum", fakes.last)
    assert told.refresh().is_changed == is_more_to_do
    assert landed(told)["000002"] == b""
    assert told.ask(AUDIT) == [("forum", 3)]


def test_a_run_that_dies_while_rewriting_leaves_a_whole_file(
    told: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(_part: Any, _path: Path) -> None:
        raise KeyboardInterrupt

    before = landed(told)
    with monkeypatch.context() as dying:
        dying.setattr("warehouse.erase.finish", die)
        with pytest.raises(KeyboardInterrupt):
            told.refresh()
    whole = {path.name[9:15]: path.read_bytes() for path in told.data.glob("landing/*/*.jsonl")}
    assert whole == before
    assert not told.refresh().is_changed
    assert landed(told)["000002"] == b""
    assert not list(told.data.glob("landing/*/*.part"))


def test_a_landing_file_taken_away_by_hand_is_no_error(told: Any) -> None:
    next(told.data.glob("landing/*/*000002*")).unlink()
    told.refresh()
    assert told.ask(AUDIT) == [("forum", 2)]


def test_only_files_that_may_hold_it_are_looked_through_and_once(
    told: Any, fakes: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    told.land(told.post("1", "Acme", source="reviews"))
    told.refresh()
    looked: list[list[str]] = []
    standing = erase._standing

    def look(con: Any, data: Path) -> Any:
        looked.append([path for (path,) in con.execute(erase.CONCERNED).fetchall()])
        return standing(con, data)

    monkeypatch.setattr(erase, "_standing", look)
    told.land(told.post("9", "Acme", source="reviews"))
    told.refresh(now=fakes.now + timedelta(days=1))
    told.land(told.post("2", "", is_deleted=True, fetched_at=fakes.last + timedelta(days=2)))
    told.refresh(now=fakes.now + timedelta(days=2))
    told.refresh(now=fakes.now + timedelta(days=3))
    names = [[path.split("/")[1] for path in paths] for paths in looked]
    assert names == [["reviews"], ["forum"] * 4]
    assert "stays" not in str(landed(told))


def test_after_an_upgrade_everything_is_looked_through(
    told: Any, fakes: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as older:  # an older version died between publishing and erasing
        older.setattr(refreshing, "erase", lambda _data: None)
        told.refresh()
        (told.data / "erasure.json").unlink()
    assert b"secret again" in landed(told)["000002"]
    told.refresh(now=fakes.now + timedelta(days=1), reader=fakes.Reader(version="fake-2"))
    assert landed(told)["000002"] == b""

"""What may be kept for some days only loses its words after them, and goes on counting."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from warehouse import queries
from warehouse import refresh as refreshing
from warehouse.connection import database_path, reading

TEXT = (
    "unmistakable words about the forty pounds they took [Acme complaint billing 0.8 >Bolt @pay/app] and "
    "about nobody who could ever tell me when I would see any of it again"
)
NUMBERS = (
    "theme_rank",
    "theme_week",
    "brand_week",
    "journey_cell",
    "switch_flow",
    "post_person",
    "voice",
    "mention",
)


@pytest.fixture
def kept(folder: Any) -> Any:
    """A folder whose forum keeps its text two days; the reviews keep theirs."""
    return folder.with_watchlist(retention={"forum": 2, "elsewhere": 1})


@pytest.fixture
def day(fakes: Any) -> Callable[[float], Any]:
    """Return what gives the time so many days after the last post was fetched."""
    return lambda n: fakes.last + timedelta(days=n)


@pytest.fixture
def filled(kept: Any, day: Any) -> Any:
    """The same folder with posts that landed and were refreshed at once."""
    kept.land(
        kept.post("1", TEXT, title="unmistakable", score=3, rating=2.0, community="c", lang="en"),
        kept.post("2", "[Acme wish app 0.4] indelible", author_key=None),
        kept.post("3", "", fetched_at=day(1.5)),
        kept.post("4", "same here, unmistakable", parent_id="1"),
    )
    kept.land(kept.post("1", "[Acme complaint billing 0.2] lasting", source="reviews", author_key="other"))
    kept.refresh(now=day(0.1))
    return kept


def stored(folder: Any, source_id: str) -> dict[str, Any]:
    """Return a post of the forum."""
    (row,) = [
        post
        for post in folder.content()["post"]
        if (post["source"], post["source_id"]) == ("forum", source_id)
    ]
    return dict(row)


def bytes_of(folder: Any) -> bytes:
    files = [database_path(folder.data), *folder.data.glob("landing/*/*")]
    return b"".join(path.read_bytes() for path in files)


def test_after_its_days_a_post_loses_its_words_and_nothing_else(filled: Any, day: Any) -> None:
    before = stored(filled, "1")
    filled.refresh(now=day(2.5))
    assert stored(filled, "1") == {**before, "title": None, "text": "", "url": None, "expired_at": day(2.5)}
    assert filled.ask(
        "select source, source_id, expired_at from post where expired_at is not null order by 2"
    ) == [("forum", id_, day(2.5)) for id_ in ("1", "2", "4")]
    assert filled.ask("""
        select brand, kind, quote, quote_start, quote_end, aspect, problem, expected, touchpoint, stage,
            intensity, switch_to, theme_id
        from grievance where source = 'forum' order by theme_id desc
    """) == [
        ("Acme", "complaint", "", 52, 95, None, None, None, "app", "pay", 0.8, "Bolt", "billing"),
        ("Acme", "wish", "", 0, 19, None, None, None, None, None, 0.4, None, "app"),
    ]
    assert filled.ask("select count(*) from grievance join post using (source, source_id)"
                      " where text[quote_start + 1:quote_end] <> quote") == [(0,)]  # fmt: skip


def test_every_number_stays(filled: Any, day: Any) -> None:
    before = filled.content()
    filled.refresh(now=day(2.5))
    after = filled.content()
    assert {name: after[name] for name in NUMBERS} == {name: before[name] for name in NUMBERS}
    assert (after["theme"], after["reading"], after["link"]) == (
        before["theme"],
        before["reading"],
        before["link"],
    )


def test_the_audit_says_how_many_rows_and_why(filled: Any, day: Any) -> None:
    filled.refresh(now=day(2.5))
    assert filled.ask("from audit order by what") == [
        (day(2.5), what, "retention of 2 days", "forum", n)
        for what, n in (("grievance", 2), ("landing line", 3), ("post", 3))
    ]


def test_no_word_is_left_in_any_file(filled: Any, day: Any) -> None:
    assert b"unmistakable" in bytes_of(filled)
    assert b"indelible" in bytes_of(filled)
    filled.refresh(now=day(2.5))
    left = bytes_of(filled)
    assert b"unmistakable" not in left
    assert b"indelible" not in left
    assert b"lasting" in left
    assert {path.name for path in filled.data.iterdir()} == {"hatemine.duckdb", "landing", "lock"}


def test_what_is_due_is_a_change_though_nothing_landed_and_only_once(filled: Any, day: Any) -> None:
    assert not filled.refresh(now=day(1.9)).is_changed
    assert not filled.refresh(now=day(2)).is_changed
    assert filled.refresh(now=day(2.01)).is_changed
    assert not filled.refresh(now=day(3)).is_changed
    assert filled.refresh(now=day(3.6)).is_changed, "post 3 was fetched later"
    assert not filled.refresh(now=day(30)).is_changed
    longer = filled.with_watchlist(retention={"reviews": 90})
    assert not longer.refresh(now=day(90)).is_changed
    assert longer.refresh(now=day(91)).is_changed


def test_a_post_fetched_again_in_time_keeps_its_words(filled: Any, day: Any) -> None:
    filled.land(filled.post("1", TEXT, fetched_at=day(1)))
    filled.refresh(now=day(2.5))
    assert filled.ask(
        "select source_id from post where source = 'forum' and expired_at is null order by 1"
    ) == [
        ("1",),
        ("3",),
    ]


def test_what_lands_too_old_is_read_and_counted_before_it_expires(kept: Any, day: Any) -> None:
    kept.land(kept.post("1", TEXT), kept.post("2", "[Acme wish app 0.4] indelible"))
    kept.refresh(now=day(9))
    assert kept.ask("select count(*) from voice where theme_id is not null") == [(2,)]
    assert kept.rank("Acme", "billing")["n_detractors"] == 1
    assert b"unmistakable" not in bytes_of(kept)


def test_an_expired_post_that_lands_again_stays_without_words(filled: Any, day: Any) -> None:
    filled.refresh(now=day(2.5))
    before = stored(filled, "1")
    again = filled.post(
        "1", f"{TEXT} edited", title="unmistakable", score=9, n_replies=4, rating=5.0, fetched_at=day(3)
    )
    filled.land(again, filled.post("2", "late and older: indelible", fetched_at=day(-1)))
    filled.refresh(now=day(3.1))
    assert stored(filled, "1") == {**before, "score": 9, "n_replies": 4, "fetched_at": day(3)}
    assert filled.rank("Acme", "billing")["n_detractors"] == 2
    assert b"unmistakable" not in bytes_of(filled)
    assert b"indelible" not in bytes_of(filled)
    assert filled.ask("select n_rows from audit where what = 'landing line' order by audited_at") == [
        (3,),
        (2,),
    ]


def test_an_expired_post_can_still_be_deleted_and_come_back(filled: Any, day: Any) -> None:
    filled.refresh(now=day(2.5))
    filled.land(filled.post("1", "", author_key=None, is_deleted=True, fetched_at=day(3)))
    filled.refresh(now=day(3.1))
    assert filled.ask(
        "select deleted_at, expired_at, author_key from post where source = 'forum' and source_id = '1'"
    ) == [(day(3), None, None)]
    assert filled.ask("select count(*) from grievance where source = 'forum' and source_id = '1'") == [(0,)]
    assert filled.rank("Acme", "billing")["n_detractors"] == 1
    filled.land(filled.post("1", "[Acme complaint billing 0.8] back", fetched_at=day(4)))
    filled.refresh(now=day(4.1))
    assert filled.rank("Acme", "billing")["n_detractors"] == 2
    assert b"back" in bytes_of(filled)


def test_another_reader_reads_no_expired_post_and_keeps_what_the_first_found(
    filled: Any, day: Any, fakes: Any
) -> None:
    filled.refresh(now=day(2.5))
    before = filled.ask("from grievance where source = 'forum' order by all")
    assert filled.refresh(now=day(2.6), reader=fakes.Reader(version="fake-2")).n_read == 1
    assert filled.ask("from grievance where source = 'forum' order by all") == before
    assert filled.ask("select source, pipeline_version from reading order by all") == [
        ("forum", "fake-1"),
        ("forum", "fake-1"),
        ("forum", "fake-1"),
        ("reviews", "fake-2"),
    ]


def test_a_brand_no_longer_watched_leaves_expired_posts_too(kept: Any, day: Any) -> None:
    kept.land(
        kept.post("1", "[Acme complaint app 0.5] [Bolt complaint app 0.5]"),
        kept.post("2", "[Bolt wish app 0.5]"),
    )
    kept.refresh(now=day(2.5))
    fewer = kept.with_watchlist(rivals=kept.watchlist.rivals[1:])
    fewer.refresh(now=day(2.6))
    assert fewer.ask("select source_id, brand from grievance") == [("1", "Acme")]
    assert fewer.ask("select source_id from reading") == [("1",)]


def test_a_grievance_without_words_waits_for_no_theme(kept: Any, day: Any, fakes: Any) -> None:
    heard: list[str] = []

    def find_themes(voices: Any, known: Any) -> Any:
        heard.extend(voice.quote for voice in voices)
        return fakes.find_themes(voices, known)

    kept.land(kept.post("1", "[Acme complaint null 0.5]"))
    kept.refresh(now=day(2.5), find_themes=find_themes)
    kept.land(kept.post("2", "[Acme complaint null 0.7]", fetched_at=day(2.5)))
    kept.refresh(now=day(2.6), find_themes=find_themes)
    assert heard == ["[Acme complaint null 0.5]", "[Acme complaint null 0.7]"]


def test_a_repost_of_an_expired_post_is_known_as_its_copy(filled: Any, day: Any) -> None:
    filled.refresh(now=day(2.5))
    filled.land(
        filled.post("equal", TEXT.replace("about", "ABOUT..."), fetched_at=day(2.5)),
        filled.post("titled", f"Never again\n{TEXT}", fetched_at=day(2.5)),
        filled.post("other", "nothing of the kind " * 9 + "[Acme wish app 0.1]", fetched_at=day(2.5)),
    )
    filled.refresh(now=day(2.6))
    ((*equal, one), (*titled, nearly)) = filled.ask("from copy order by source_id")
    assert (equal, one) == (["forum", "equal", "forum", "1"], 1)
    assert titled == ["forum", "titled", "forum", "1"]
    assert 0.8 <= nearly < 1
    assert filled.rank("Acme", "billing")["n_detractors"] == 2


def test_expired_copies_of_a_deleted_original_stay_one_voice(kept: Any, day: Any) -> None:
    kept.land(
        *(kept.post(id_, TEXT, posted_at=day(-hours)) for id_, hours in (("1", 3), ("2", 2), ("3", 1))),
        kept.post("fresh", TEXT, fetched_at=day(2)),
    )
    kept.refresh(now=day(2.5))
    kept.land(kept.post("1", "", is_deleted=True, fetched_at=day(3)))
    kept.refresh(now=day(3.1))
    assert kept.ask("select source_id, of_source_id from copy") == [("3", "2")]
    assert kept.ask("select source_id, person from post_person order by all") == [
        ("2", "author-2"),
        ("3", "author-2"),
        ("fresh", "author-fresh"),  # nobody can tell any more
    ]
    assert kept.ask("select source_id, len(bands) from signature order by all") == [("2", 0), ("fresh", 33)]


def test_expired_copies_follow_an_original_that_becomes_a_copy(
    kept: Any, day: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.land(kept.post("o", TEXT, source="reviews", posted_at=day(-3)), kept.post("expired", TEXT))
    kept.refresh(now=day(0.1))
    kept.land(kept.post("x", TEXT, source="reviews", posted_at=day(-9)))
    kept.refresh(now=day(2.5))
    copies = "select source_id, of_source_id from copy order by 1"
    assert kept.ask(copies) == [("expired", "o"), ("x", "o")]
    with monkeypatch.context() as newer:
        newer.setattr("warehouse.copy.VERSION", "new")
        newer.setattr("nlp.copies.VERSION", "new")
        kept.refresh(now=day(2.6))
    assert kept.ask(copies) == [("expired", "x"), ("o", "x")]


def test_labels_outlive_the_words_they_were_made_of(filled: Any, day: Any) -> None:
    before = filled.ask("select theme_id, label, keywords from theme order by 1")
    filled.refresh(now=day(2.5))
    assert filled.ask("select theme_id, label, keywords from theme order by 1") == before


def test_quotes_leave_out_what_has_no_words(filled: Any, day: Any) -> None:
    filled.refresh(now=day(2.5))
    with reading(filled.data) as con:
        quotes = queries.quotes(con, "billing", "Acme", 10)
    assert list(quotes["quote"]) == ["[Acme complaint billing 0.2]"]


@pytest.mark.parametrize("is_more_to_do", [False, True])
def test_a_run_that_died_after_publishing_is_made_up_for(
    filled: Any, day: Any, fakes: Any, monkeypatch: pytest.MonkeyPatch, is_more_to_do: bool
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
            filled.refresh(now=day(2.5))
    assert b"unmistakable" not in database_path(filled.data).read_bytes()
    assert b"unmistakable" in bytes_of(filled)
    if is_more_to_do:
        filled.crawled("forum", fakes.last)
    assert filled.refresh(now=day(2.6)).is_changed == is_more_to_do
    assert b"unmistakable" not in bytes_of(filled)


def test_a_run_that_died_before_publishing_erases_nothing(
    kept: Any, day: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.land(kept.post("1", TEXT))

    def die(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr("warehouse.connection._write_compact", die)
        with pytest.raises(KeyboardInterrupt):
            kept.refresh(now=day(9))
    assert (kept.data / "erasure.json").exists()
    kept.refresh(now=day(9))
    assert kept.ask("select text, expired_at from post") == [("", day(9))]
    assert kept.rank("Acme", "billing")["n_detractors"] == 1
    assert b"unmistakable" not in bytes_of(kept)
    assert not (kept.data / "erasure.json").exists()

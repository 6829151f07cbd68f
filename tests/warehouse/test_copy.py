"""The same text on several sources or posted again is one voice: kept as copies with a pointer."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from nlp.copies import similarity

STORY = (
    "They took forty pounds [Acme complaint billing 0.8] and nobody at the counter or on the telephone could "
    "tell me what for or when I would see any of it again"
)
OTHER = (
    "On Friday it froze in the middle of a transfer [Acme complaint app 0.5] so I stood there in front of "
    "the landlord without the rent and without a word from anybody about it"
)
COPIES = "select source, source_id, of_source, of_source_id, round(similarity, 2) from copy order by all"
N_DETRACTORS = "select n_detractors from theme_rank where brand = 'Acme' and theme_id = 'billing'"


@pytest.fixture
def say(folder: Any, fakes: Any) -> Callable[..., Any]:
    """Return what makes a post some hours before the newest, fetched some hours after it."""

    def say(id_: str, text: str = STORY, hours_ago: float = 24, fetched: float = 0, **fields: Any) -> Any:
        at = {"posted_at": fakes.last - timedelta(hours=hours_ago)}
        return folder.post(id_, text, **{**at, "fetched_at": fakes.last + timedelta(hours=fetched), **fields})

    return say


def people(folder: Any) -> dict[str, str]:
    return dict(folder.ask("select source || ' ' || source_id, person from post_person"))


def test_the_earliest_is_the_original_and_its_author_speaks_for_all(folder: Any, say: Any) -> None:
    folder.land(
        say("late", STORY.upper().replace("[ACME COMPLAINT BILLING 0.8]", "[Acme complaint billing 0.8]")),
        say("first", hours_ago=30),
        say("undated", posted_at=None),
        say("other", OTHER, hours_ago=40),
    )
    folder.land(say("titled", f"Never again!\n{STORY}", source="reviews", author_key=None))
    folder.refresh()
    assert folder.ask(COPIES) == [
        ("forum", "late", "forum", "first", 1.0),
        ("forum", "undated", "forum", "first", 1.0),
        ("reviews", "titled", "forum", "first", 0.94),
    ]
    assert people(folder) == {
        "forum other": "author-other",
        **dict.fromkeys(["forum first", "forum late", "forum undated", "reviews titled"], "author-first"),
    }
    row = folder.rank("Acme", "billing")
    assert (row["n_detractors"], row["n_people"], row["n_posts"], row["n_sources"]) == (1, 1, 4, 1)
    assert row["n_mentions"] == 2
    assert folder.ask("select count(*) from grievance where theme_id = 'billing'") == [(4,)]
    assert folder.ask("select n_people, n_posts from theme where theme_id = 'billing'") == [(1, 4)]


def test_the_theme_finder_hears_one_person(folder: Any, say: Any, fakes: Any) -> None:
    heard: set[str] = set()

    def find_themes(voices: Any, known: Any) -> Any:
        heard.update(voice.person for voice in voices)
        return fakes.find_themes(voices, known)

    folder.land(say("1", hours_ago=30), say("2"), say("3"))
    folder.refresh(find_themes=find_themes)
    assert heard == {"author-1"}


def test_where_nobody_signs_copies_are_one_person_too(folder: Any, say: Any) -> None:
    folder.land(*(say(str(n), author_key=None) for n in range(5)))
    folder.refresh()
    assert set(people(folder).values()) == {"forum:0"}


def test_few_words_said_by_two_are_two_voices(folder: Any, say: Any) -> None:
    short = "Crashes all the time [Acme complaint app 0.8]"
    folder.land(say("1", short), say("2", short))
    folder.refresh()
    assert folder.ask(COPIES) == []
    assert folder.rank("Acme", "app")["n_detractors"] == 2
    assert folder.ask("select source_id, bands from signature order by 1") == [("1", []), ("2", [])]


def test_what_concerns_no_brand_is_not_compared_until_it_does(folder: Any, say: Any, fakes: Any) -> None:
    aside = STORY.replace("Acme", "Dyno")
    folder.land(say("1", aside), say("2", aside))
    folder.refresh()
    assert folder.ask("from signature") == folder.ask(COPIES) == []
    reader = fakes.Reader(version="fake-2", brands=("Dyno",))
    dyno = folder.with_watchlist(rivals=(folder.watchlist.brand.__class__(name="Dyno"),))
    dyno.refresh(reader=reader)
    assert [row[:4] for row in dyno.ask(COPIES)] == [("forum", "2", "forum", "1")]


def test_a_stored_original_stays_the_original(folder: Any, say: Any) -> None:
    folder.land(say("stored"))
    folder.refresh()
    folder.land(say("earlier", hours_ago=99), say("earliest", hours_ago=100))
    folder.refresh()
    assert [row[:4] for row in folder.ask(COPIES)] == [
        ("forum", "earlier", "forum", "stored"),
        ("forum", "earliest", "forum", "stored"),
    ]


def test_nothing_new_signs_nothing(
    folder: Any, say: Any, fakes: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.land(say("1"), say("2"), say("3", "Acme"))
    folder.refresh()
    before = folder.ask(COPIES), folder.ask("from signature order by all")
    monkeypatch.setattr("warehouse.copy.sign", None)
    folder.crawled("forum", fakes.last)
    assert folder.refresh().is_changed
    folder.land(say("1", fetched=1, score=5))
    folder.refresh()
    assert (folder.ask(COPIES), folder.ask("from signature order by all")) == before


def test_copies_of_a_deleted_original_are_looked_at_again(folder: Any, say: Any) -> None:
    folder.land(say("1", hours_ago=30), say("2", hours_ago=20), say("3", hours_ago=10))
    folder.refresh()
    folder.land(say("1", "", is_deleted=True, fetched=1))
    folder.refresh()
    assert [row[:4] for row in folder.ask(COPIES)] == [("forum", "3", "forum", "2")]
    assert folder.ask(N_DETRACTORS) == [(1,)]
    folder.land(say("3", "", is_deleted=True, fetched=1), say("2", "", is_deleted=True, fetched=1))
    folder.refresh()
    assert folder.ask(COPIES) == folder.ask("from signature") == []


def test_copies_of_a_reworded_original_are_looked_at_again(folder: Any, say: Any) -> None:
    folder.land(say("1", hours_ago=30), say("2", hours_ago=20), say("3", hours_ago=10))
    folder.refresh()
    folder.land(say("1", f"{OTHER} [Acme complaint billing 0.1]", fetched=1))
    folder.refresh()
    assert [row[:4] for row in folder.ask(COPIES)] == [("forum", "3", "forum", "2")]
    assert folder.ask(N_DETRACTORS) == [(2,)]


def test_a_reworded_copy_may_become_an_original(folder: Any, say: Any) -> None:
    folder.land(say("1", hours_ago=30), say("2"))
    folder.refresh()
    folder.land(say("2", f"{OTHER} [Acme complaint billing 0.1]", fetched=1))
    folder.refresh()
    assert folder.ask(COPIES) == []
    assert folder.ask(N_DETRACTORS) == [(2,)]


def test_another_rating_makes_no_other_original(folder: Any, say: Any) -> None:
    folder.land(say("stored"))
    folder.refresh()
    folder.land(say("earlier", hours_ago=99), say("stored", rating=1.0, fetched=1))
    folder.refresh()
    assert [row[:4] for row in folder.ask(COPIES)] == [("forum", "earlier", "forum", "stored")]


def test_other_hashes_sign_everything_anew(folder: Any, say: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.land(say("stored"))
    folder.refresh()
    folder.land(say("earlier", hours_ago=99))
    folder.refresh()
    with monkeypatch.context() as newer:
        newer.setattr("warehouse.copy.VERSION", "new")
        newer.setattr("nlp.copies.VERSION", "new")
        assert folder.refresh().is_changed
        assert not folder.refresh().is_changed
    assert [row[:4] for row in folder.ask(COPIES)] == [("forum", "stored", "forum", "earlier")]
    assert folder.ask("select source_id, version from signature") == [("earlier", "new")]


@pytest.mark.parametrize("step", [1, 5, 11])
def test_the_order_of_nights_changes_no_number(
    folder: Any, say: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    monkeypatch.setattr("warehouse.copy.PAGE", 3)
    stories = [f"{text} {n} times" for n, text in enumerate((STORY, OTHER, f"{STORY} {OTHER}"))]
    posts = [say(str(n), stories[n % 3], hours_ago=n) for n in range(12)]
    posts = [posts[step * n % 12] for n in range(12)]
    nights = folder.__class__(tmp_path / "nights")
    for start in range(0, 12, 4):
        nights.land(*posts[start : start + 4])
        nights.refresh()
    folder.land(*posts)
    folder.refresh()
    for place in (folder, nights):
        assert place.ask("select count(*), (select count(*) from signature) from copy") == [(9, 3)]
        assert place.ask("select count(distinct person) from post_person") == [(3,)]
    numbers = "select brand, theme_id, n_detractors, n_people, n_posts from theme_rank order by all"
    assert folder.ask(numbers) == nights.ask(numbers)
    originals = "select source_id from signature order by source_id::integer"
    assert folder.ask(originals) == [("9",), ("10",), ("11",)], "the earliest of each"


def test_a_thousand_form_letters_are_compared_with_one(
    folder: Any, say: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    n_compared = 0

    def count(one: str, other: str) -> float:
        nonlocal n_compared
        n_compared += 1
        return similarity(one, other)

    monkeypatch.setattr("warehouse.copy.similarity", count)
    monkeypatch.setattr("warehouse.copy.PAGE", 300)
    folder.land(*(say(f"{n:04}", f"{STORY} {n}", author_key=None) for n in range(1_000)))
    folder.refresh()
    assert folder.ask("select count(*), count(distinct of_source_id) from copy") == [(999, 1)]
    assert n_compared == 999

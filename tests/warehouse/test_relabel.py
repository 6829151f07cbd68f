"""Themes after a deletion: no label and no keyword that nobody's remaining words bear out."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

AUDIT = "select what, n_rows from audit where what = 'theme_definition'"


@pytest.fixture
def naming(fakes: Any) -> Any:
    """Return what makes a theme finder that gives new themes these labels and keywords."""

    def naming(labels: dict[str, str], *keywords: str) -> Any:
        def find_themes(voices: Any, known: Any) -> Any:
            themes, theme_of = fakes.find_themes(voices, known)
            old = {theme.theme_id for theme in known}
            new = [
                theme
                if theme.theme_id in old
                else replace(theme, label=labels[theme.theme_id], keywords=keywords)
                for theme in themes
            ]
            return new, theme_of

        return find_themes

    return naming


def delete(folder: Any, fakes: Any, source_id: str) -> None:
    folder.land(
        folder.post(source_id, "", is_deleted=True, fetched_at=fakes.last + timedelta(days=folder.n_files))
    )


def themes(folder: Any) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = folder.ask("select theme_id, label, keywords from theme order by theme_id")
    return rows


def test_words_of_the_deleted_post_alone_go(folder: Any, fakes: Any, naming: Any) -> None:
    folder.land(
        folder.post("1", "[Acme complaint login 0.9]"),
        folder.post("2", "[Acme complaint login 0.5]"),
        folder.post("3", "[Acme complaint billing 0.9]"),
    )
    folder.refresh(
        find_themes=naming({"login": "login 0 9", "billing": "not said"}, "9", "complaint", "log", "login")
    )
    before = folder.ask("select theme_id, centroid from theme_definition order by theme_id")
    delete(folder, fakes, "1")
    folder.refresh()
    assert themes(folder) == [
        ("billing", "not said", ["9", "complaint", "log", "login"]),  # it lost nobody
        ("login", "login", ["complaint", "login"]),
    ]
    assert folder.ask("select theme_id, centroid from theme_definition order by theme_id") == before
    assert folder.ask(AUDIT) == [("theme_definition", 1)]


def test_a_label_that_others_say_stays(folder: Any, fakes: Any, naming: Any) -> None:
    folder.land(folder.post("1", "[Acme wish app 0.9]"), folder.post("2", "[Acme complaint app 0.5]"))
    folder.refresh(find_themes=naming({"app": "ACME  Complaint"}, "app"))
    delete(folder, fakes, "1")
    folder.refresh()
    assert themes(folder) == [("app", "ACME  Complaint", ["app"])]
    assert folder.ask(AUDIT) == []


def test_labels_stay_unique(folder: Any, fakes: Any, naming: Any) -> None:
    folder.land(
        folder.post("1", "[Acme wish app 0.9]"),
        folder.post("2", "[Acme complaint app 0.5]"),
        folder.post("3", "[Acme complaint other 0.5]"),
    )
    folder.refresh(find_themes=naming({"app": "wish app", "other": "APP"}))
    delete(folder, fakes, "1")
    folder.refresh()
    assert themes(folder) == [("app", "[Acme complaint app 0.5]", []), ("other", "APP", [])]


def test_nothing_left_until_somebody_comes(folder: Any, fakes: Any) -> None:
    folder.land(folder.post("1", "[Acme complaint delivery 0.9]"))
    folder.refresh()
    delete(folder, fakes, "1")
    folder.refresh()
    assert themes(folder) == [("delivery", "(nothing left) delive", [])]
    folder.crawled("forum", fakes.last)
    folder.refresh()
    assert folder.ask(AUDIT) == [("theme_definition", 1)]
    folder.land(folder.post("2", "[Acme wish delivery 0.9]"))
    folder.refresh()
    assert themes(folder) == [("delivery", "delivery", [])]


@pytest.fixture
def kept(folder: Any, fakes: Any, naming: Any) -> Any:
    """A folder with a theme called after words of a post that has expired, and a younger post in it."""
    kept = folder.with_watchlist(retention={"forum": 2})
    kept.land(folder.post("1", "[Acme complaint app 0.9]"), folder.post("2", "[Acme complaint app 0.8]"))
    kept.refresh(
        find_themes=naming({"app": "app 0 9"}, "complaint", "wish"), now=fakes.last + timedelta(days=3)
    )
    kept.land(folder.post("3", "[Acme wish app 0.1]", fetched_at=fakes.last + timedelta(days=3)))
    kept.refresh(now=fakes.last + timedelta(days=3))
    return kept


def test_an_expired_post_may_have_said_what_a_deleted_one_did_not(kept: Any, fakes: Any) -> None:
    kept.n_files = 4  # ``delete`` makes the time of it
    delete(kept, fakes, "3")
    kept.refresh(now=fakes.last + timedelta(days=4))
    assert themes(kept) == [("app", "app 0 9", ["complaint"])], "only the deleted post is known to say wish"


def test_a_deleted_post_that_had_expired_takes_no_label_while_others_are_there(kept: Any, fakes: Any) -> None:
    kept.n_files = 4  # ``delete`` makes the time of it
    delete(kept, fakes, "1")
    kept.refresh(now=fakes.last + timedelta(days=4))
    assert themes(kept) == [("app", "app 0 9", ["complaint", "wish"])]
    delete(kept, fakes, "2")
    kept.refresh(now=fakes.last + timedelta(days=4))
    assert themes(kept) == [("app", "app", ["wish"])], "nobody is left who might have said it"

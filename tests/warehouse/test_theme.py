"""Voices out to the theme finder, themes back."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from nlp.grievance import Voice
from warehouse.theme import Misthemed


def test_a_voice_has_its_person_and_its_surroundings(folder: Any) -> None:
    heard: list[Voice] = []
    text = f"{'a' * 200}[Acme complaint app 0.5]{'z' * 200}"
    folder.land(
        folder.post("1", text, author_key="ann"), folder.post("2", "[Acme wish app 0.5]", author_key=None)
    )

    def find_themes(voices: Any, known: Any) -> Any:
        heard.extend(voices)
        return known, {}

    folder.refresh(find_themes=find_themes)
    assert [voice.grievance_id for voice in heard] == sorted(voice.grievance_id for voice in heard)
    by_person = {voice.person: voice for voice in heard}
    assert by_person["ann"].context == text[50:-50]
    assert by_person["forum:2"].context == by_person["forum:2"].quote == "[Acme wish app 0.5]"
    assert (by_person["ann"].brand, by_person["ann"].kind, by_person["ann"].aspect) == (
        "Acme",
        "complaint",
        "app",
    )


def test_known_themes_come_back_whole_and_only_what_has_none_is_handed_in(folder: Any, fakes: Any) -> None:
    folder.land(folder.post("1", "[Acme complaint app 0.5] [Acme complaint null 0.5]"))
    folder.refresh()
    given: dict[str, Any] = {}

    def find_themes(voices: Any, known: Any) -> Any:
        given.update(voices=voices, known=known)
        return fakes.find_themes(voices, known)

    folder.land(folder.post("2", "[Acme complaint billing 0.5]"))
    assert folder.refresh(find_themes=find_themes).n_null_theme == 1
    assert sorted(voice.aspect for voice in given["voices"]) == ["billing", "null"]
    (app,) = given["known"]
    assert (app.theme_id, app.label, app.keywords, app.cohesion, app.parent_id) == (
        "app",
        "App",
        ("app",),
        1.0,
        None,
    )
    assert app.centroid.dtype == np.float32
    assert app.centroid.tolist() == np.array([0.6, 0.8], dtype=np.float32).tolist()
    assert folder.ask("select theme_id, n_posts from theme") == [("app", 1), ("billing", 1)]


@pytest.mark.parametrize("mistake", ["lost", "unknown", "twice"])
def test_a_finder_that_breaks_the_rules_publishes_nothing(folder: Any, fakes: Any, mistake: str) -> None:
    folder.land(folder.post("1", "[Acme complaint app 0.5]"))
    folder.refresh()
    before = (folder.data / "hatemine.duckdb").read_bytes()

    def find_themes(voices: Any, known: Any) -> Any:
        themes, theme_of = fakes.find_themes(voices, known)
        if mistake == "lost":
            return [replace(theme, theme_id="renamed") for theme in themes[:1]], {}
        if mistake == "unknown":
            return themes, dict.fromkeys(theme_of, "nowhere")
        return [*themes, themes[0]], theme_of

    folder.land(folder.post("2", "[Acme complaint app 0.5]"))
    with pytest.raises(Misthemed):
        folder.refresh(find_themes=find_themes)
    assert (folder.data / "hatemine.duckdb").read_bytes() == before

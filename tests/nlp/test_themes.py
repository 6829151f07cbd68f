import random

import numpy as np
import pytest

from nlp.grievance import Kind, Voice
from nlp.themes import find_themes

LUGGAGE = [
    "they lost my luggage in Oslo",
    "my luggage never arrived",
    "lost luggage again and no trace of it",
    "my suitcase is lost for the second time",
    "the airline lost both of our bags",
    "lost luggage on a direct flight",
]
APP = [
    "the app crashes when I check in",
    "app crashes at check in every time",
    "the check in app freezes and crashes",
    "app keeps crashing at check in",
    "the app crashes before I can check in",
]
REFUND = [
    "they refuse to pay my refund",
    "still no refund after six months",
    "no refund for the cancelled flight",
    "I am waiting for the refund since May",
    "they will not refund my ticket",
]


def voices(texts: list[str], prefix: str, kind: Kind = "complaint", person: str | None = None) -> list[Voice]:
    return [
        Voice(
            grievance_id=f"{prefix}{i}",
            person=person or f"{prefix}{i}",
            brand="Northwind",
            kind=kind,
            quote=text,
            context=text,
            aspect=None,
            problem=None,
        )
        for i, text in enumerate(texts)
    ]


@pytest.fixture
def market() -> list[Voice]:
    return voices(LUGGAGE, "l") + voices(APP, "a") + voices(REFUND, "r")


def _groups(theme_of: dict[str, str]) -> set[frozenset[str]]:
    return {frozenset(g for g, t in theme_of.items() if t == theme) for theme in theme_of.values()}


def test_find_themes_sorts_by_meaning(market: list[Voice]) -> None:
    themes, theme_of = find_themes(market, [])
    assert len(themes) == 3
    assert {frozenset(g[0] for g in group) for group in _groups(theme_of)} == {
        frozenset("l"),
        frozenset("a"),
        frozenset("r"),
    }
    assert len(theme_of) == len(market)


def test_find_themes_labels_them_in_the_detractors_words(market: list[Voice]) -> None:
    themes, theme_of = find_themes(market, [])
    of = {theme.theme_id: theme for theme in themes}
    assert of[theme_of["l0"]].label in {"lost luggage", "lost my luggage"}
    assert "refund" in of[theme_of["r0"]].label
    assert "crashes" in of[theme_of["a0"]].keywords
    assert len({theme.label for theme in themes}) == len(themes)


def test_find_themes_does_not_depend_on_order(market: list[Voice]) -> None:
    expected = find_themes(market, [])
    shuffled = market.copy()
    random.Random(1).shuffle(shuffled)  # noqa: S311
    themes, theme_of = find_themes(shuffled, [])
    assert (themes, theme_of) == expected
    for theme, other in zip(themes, expected[0], strict=True):
        np.testing.assert_array_equal(theme.centroid, other.centroid)


def test_find_themes_keeps_what_is_known_and_opens_what_is_new(market: list[Voice]) -> None:
    known, _ = find_themes(market[: len(LUGGAGE) + len(APP)], [])
    new = voices(["my lost luggage is still missing"], "n") + voices(REFUND, "r")
    themes, theme_of = find_themes(new, known)
    assert themes[: len(known)] == known
    assert len(themes) == len(known) + 1
    labels = {theme.theme_id: theme.label for theme in themes}
    assert "luggage" in labels[theme_of["n0"]]
    assert {theme_of[f"r{i}"] for i in range(len(REFUND))} == {themes[-1].theme_id}


def test_find_themes_opens_nothing_when_the_rest_is_handed_in_again() -> None:
    draw = random.Random(3)  # noqa: S311
    words = [word for text in LUGGAGE + APP + REFUND for word in text.split()]
    mixed = voices([" ".join(draw.choices(words, k=6)) for _ in range(120)], "m")
    themes, theme_of = find_themes(mixed, [])
    rest = [voice for voice in mixed if voice.grievance_id not in theme_of]
    assert themes
    assert rest
    assert find_themes(rest, themes) == (themes, {})


def test_find_themes_waits_until_enough_people_say_it(market: list[Voice]) -> None:
    known, _ = find_themes(market[: len(LUGGAGE) + len(APP)], [])
    alone = voices(REFUND, "r", person="one loud person")
    assert find_themes(alone, known) == (known, {})
    few = voices(REFUND[:4], "r")
    assert find_themes(few, known) == (known, {})
    assert len(find_themes(voices(REFUND, "r"), known)[0]) == len(known) + 1


def test_find_themes_opens_none_for_those_who_only_leave(market: list[Voice]) -> None:
    leavers = voices(REFUND, "r", kind="switch")
    known, _ = find_themes(market[: len(LUGGAGE) + len(APP)], [])
    assert find_themes(leavers, known)[0] == known


@pytest.mark.parametrize("n", [0, 1, 2])
def test_find_themes_of_next_to_nothing(n: int) -> None:
    assert find_themes(voices(LUGGAGE[:n], "l"), []) == ([], {})


def test_labels_never_name_a_brand_or_a_blacked_out_name() -> None:
    texts = [f"Northwind lost XXXX luggage in {city}" for city in ("Oslo", "Rome", "Bonn", "Lyon", "Graz")]
    [theme], _ = find_themes(voices(texts, "l"), [])
    assert not {"northwind", "xxxx"} & set(theme.label.split())
    assert not {"northwind", "xxxx"} & set(theme.keywords)

"""Fix, steal or category: decided by the intervals of rates, or not at all."""

from typing import Any

import pytest


def gap(market: Any, n_us: int, n_bolt: int, n_crux: int, *, n_silent: int = 100) -> str | None:
    for brand, n in (("Acme", n_us), ("Bolt", n_bolt), ("Crux", n_crux)):
        market.crowd(n, "complaint app 0.5", about=brand)
        market.crowd(n_silent, about=brand)
    market.build()
    gaps = {row["gap"] for row in market.ask("from theme_rank")}
    assert len(gaps) == 1, "the gap is one for all brands"
    return gaps.pop()


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ((20, 0, 0), "fix"),
        ((40, 1, 2), "fix"),
        ((0, 20, 5), "steal"),
        ((1, 40, 40), "steal"),
        ((20, 20, 20), "category"),
        ((30, 20, 40), "category"),
        ((30, 60, 0), None),  # one rival is spared: not hated everywhere
        ((3, 0, 0), None),  # too few to decide
        ((2, 2, 2), None),
        ((20, 5, 5), "fix"),  # hated at rivals too, a third as much
        ((200, 130, 130), "category"),  # more than at rivals, and surely so, but not twice as much
    ],
)
def test_gap_decides_only_where_the_intervals_do(
    market: Any, counts: tuple[int, int, int], expected: str | None
) -> None:
    assert gap(market, *counts) == expected


def test_gap_is_of_rates_not_of_counts(market: Any) -> None:
    """As many people, at a brand mentioned a hundred times as often."""
    market.crowd(20, "complaint app 0.5")
    market.crowd(20, "complaint app 0.5", about="Bolt")
    market.crowd(2000, about="Bolt")
    market.build()
    assert market.rank("app")["gap"] == "fix"


def test_gap_is_unknown_without_rivals(market: Any) -> None:
    market.crowd(20, "complaint app 0.5")
    assert market.build().rank("app")["gap"] is None

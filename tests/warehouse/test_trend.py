"""Momentum, and what is new or rising."""

from typing import Any

import pytest


def weekly(market: Any, theme: str, n_per_week: dict[range, int]) -> None:
    """Add people who raise a theme, so many in each week back from the newest post."""
    for weeks, n in n_per_week.items():
        for week in weeks:
            market.crowd(n, f"complaint {theme} 0.5", days_ago=7 * week + 1)


def test_momentum_compares_rates_with_the_period_before(market: Any) -> None:
    weekly(market, "steady", {range(52): 2})
    weekly(market, "growing", {range(26): 3, range(26, 52): 1})
    weekly(market, "fading", {range(26, 52): 3, range(26): 1})
    market.build()
    growing, steady, fading = (market.rank(theme) for theme in ("growing", "steady", "fading"))
    assert growing["momentum_low"] > 1.5 > 1 > fading["momentum_high"]
    assert 1 < growing["momentum"] < 3, "shrunk toward 1"
    assert steady["momentum_low"] < 1 < steady["momentum_high"]
    assert (growing["n_detractors_before"], growing["n_mentions_before"]) == (26, 156)


def test_momentum_is_of_rates_not_of_counts(market: Any) -> None:
    """Twice the mentions and twice the people is no momentum."""
    weekly(market, "app", {range(26): 4, range(26, 52): 2})
    weekly(market, "billing", {range(26): 4, range(26, 52): 2})
    market.build()
    assert market.rank("app")["momentum"] == pytest.approx(1, abs=0.01)


def test_momentum_is_unknown_without_a_period_before(market: Any) -> None:
    weekly(market, "app", {range(26): 2})
    market.build()
    row = market.rank("app")
    assert (row["momentum"], row["momentum_low"], row["momentum_high"]) == (None, None, None)
    assert row["n_mentions_before"] == 0


def test_few_people_make_no_trend(market: Any) -> None:
    weekly(market, "steady", {range(26): 6})
    market.crowd(4, "complaint sudden 0.9", days_ago=2)
    market.build()
    assert not market.rank("sudden")["is_new"]
    assert not market.rank("sudden")["is_rising"]


def test_new_and_rising(market: Any) -> None:
    weekly(market, "steady", {range(26): 4})
    weekly(market, "new", {range(8): 2})
    weekly(market, "growing", {range(10): 3, range(16, 26): 1})
    market.build()
    flags = {
        theme: (market.rank(theme)["is_new"], market.rank(theme)["is_rising"])
        for theme in ("steady", "new", "growing")
    }
    assert flags == {"steady": (False, False), "new": (True, True), "growing": (False, True)}


def test_nothing_is_new_where_all_of_the_brand_is(market: Any) -> None:
    market.crowd(9, "complaint old 0.9", about="Bolt", days_ago=150)
    market.crowd(9, "complaint app 0.9", days_ago=5)
    market.build()
    assert not market.rank("app")["is_new"]

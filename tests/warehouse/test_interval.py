"""The 90 % interval of the opportunity: a bootstrap over people, the same on every run."""

import itertools
from typing import Any

import numpy as np
import pytest

from warehouse.schema import rebuild


def test_the_interval_brackets_the_point_and_narrows_with_people(market: Any) -> None:
    market.crowd(300, "complaint big 0.8")
    market.crowd(60, "complaint middle 0.8")
    market.crowd(3, "complaint small 0.8")
    market.crowd(1, "complaint single 0.8")
    rows = market.build().ask("from theme_rank")
    assert all(row["opportunity_low"] <= row["opportunity"] <= row["opportunity_high"] for row in rows)
    width = {row["theme_id"]: row["opportunity_high"] - row["opportunity_low"] for row in rows}
    relative = {row["theme_id"]: width[row["theme_id"]] / row["opportunity"] for row in rows}
    assert relative["big"] < relative["middle"] < relative["small"]


def test_a_person_weighs_the_same_in_every_theme(market: Any) -> None:
    """All say the same of two themes: whoever is drawn, both are raised equally often."""
    market.crowd(30, "complaint app 0.5", "complaint billing 0.5")
    for row in market.build().ask("from theme_interval_over('2026-01-01', '2026-07-01')"):
        assert row["opportunity_low"] == pytest.approx(row["opportunity_high"]) == pytest.approx(15)


def test_the_interval_is_that_of_a_bootstrap_written_out(market: Any) -> None:
    """The same in numpy with random numbers, drawn a thousand times; our 200 replicates come within 0.8."""
    rng = np.random.default_rng(11)
    sizes = {("Acme", "app"): 40, ("Acme", "billing"): 25, ("Acme", "queue"): 8, ("Bolt", "app"): 30}
    said = [
        (*cell, round(float(rng.uniform(0.2, 0.9)), 2), bool(rng.random() < 0.2))
        for cell, n in sizes.items()
        for _ in range(n)
    ]
    for brand, theme, intensity, is_hurt in said:
        market.say(f"{'failed_recovery' if is_hurt else 'complaint'} {theme} {intensity}", about=brand)
    market.build()

    replicates = [opportunities(said, rng.poisson(1, len(said))) for _ in range(1000)]
    for brand, theme in sizes:
        low, high = np.quantile([replicate[brand, theme] for replicate in replicates], [0.05, 0.95])
        row = market.rank(theme, brand)
        assert row["opportunity_low"] == pytest.approx(low, abs=0.8)
        assert row["opportunity_high"] == pytest.approx(high, abs=0.8)


def opportunities(said: list[tuple[str, str, float, bool]], weights: Any) -> dict[tuple[str, str], float]:
    """Return the opportunity of each brand and theme, each person counted as often as drawn."""
    drawn = [row for row, weight in zip(said, weights, strict=True) for _ in range(weight)]
    shares, satisfactions = {}, {}
    for cell in {row[:2] for row in drawn}:
        here = [row for row in drawn if row[:2] == cell]
        market_share = sum(row[1] == cell[1] for row in drawn) / len(drawn)
        n_brand = sum(row[0] == cell[0] for row in drawn)
        shares[cell] = (len(here) + 20 * market_share) / (n_brand + 20)
        hate = sum(row[2] for row in here) / len(here) + sum(row[3] for row in here) / len(here) / 2
        satisfactions[cell] = 10 * (1 - min(hate, 1))
    importances = {
        cell: 10 * share / max(shares[other] for other in shares if other[0] == cell[0])
        for cell, share in shares.items()
    }
    return {cell: i + max(i - satisfactions[cell], 0) for cell, i in importances.items()}


def test_the_interval_does_not_depend_on_the_authors_keys(market: Any) -> None:
    for n, theme in itertools.product(range(20), ("app", "billing")):
        market.say(f"complaint {theme} 0.{n % 9 + 1}", person=f"key-{n}")
    before = market.build().ask("from theme_rank order by rank")
    market.con.execute("update post set author_key = md5(author_key)")
    rebuild(market.con)
    assert market.ask("from theme_rank order by rank") == before

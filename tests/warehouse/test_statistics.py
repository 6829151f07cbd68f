"""The formulas of views/00_statistics.sql against exact ones."""

import math
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from scipy import stats

from warehouse import schema


@pytest.fixture(scope="module")
def con() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect(":memory:")
    con.execute(Path(schema.VIEWS / "00_statistics.sql").read_text(encoding="utf-8"))
    return con


def one(con: duckdb.DuckDBPyConnection, expression: str, *parameters: float) -> Any:
    (row,) = con.execute(f"select {expression}", parameters or None).fetchall()
    return row[0]


@pytest.mark.parametrize("n", [0, 1, 5, 20, 400])
def test_a_rate_has_the_interval_of_its_gamma_posterior(con: duckdb.DuckDBPyConnection, n: int) -> None:
    low, high = stats.gamma.ppf([0.05, 0.95], n + 0.5, scale=1000 / 5000)
    assert one(con, "rate_high(?, 5000)", n) == pytest.approx(high, rel=0.03 if n < 5 else 0.005)
    assert one(con, "rate_low(?, 5000)", n) == pytest.approx(
        0 if n == 0 else low, rel=0.08 if n < 5 else 0.01
    )
    assert (
        one(con, "rate_low(?, 5000)", n)
        <= one(con, "rate_per_1000(?, 5000)", n)
        <= one(con, "rate_high(?, 5000)", n)
    )


def test_a_rate_is_at_most_everybody_and_unknown_without_mentions(con: duckdb.DuckDBPyConnection) -> None:
    assert one(con, "rate_high(10, 10)") == 1000
    assert one(con, "rate_per_1000(0, 0)") is None
    assert one(con, "rate_low(0, 0)") is None
    assert one(con, "rate_high(0, 0)") is None


@pytest.mark.parametrize(
    ("late", "m_late", "early", "m_early"),
    [(6, 1000, 0, 1000), (30, 900, 10, 1100), (0, 500, 8, 500), (3, 50, 3, 5000)],
)
def test_a_shrunk_ratio_is_that_of_two_gamma_posteriors(
    con: duckdb.DuckDBPyConnection, late: int, m_late: int, early: int, m_early: int
) -> None:
    prior_rate = 2 * (m_late + m_early) / (late + early)
    draws = np.random.default_rng(7)
    ratio = draws.gamma(2 + late, 1 / (prior_rate + m_late), 400_000) / draws.gamma(
        2 + early, 1 / (prior_rate + m_early), 400_000
    )
    low, middle, high = np.quantile(ratio, [0.05, 0.5, 0.95])
    point = one(con, "shrunk_ratio(?, ?, ?, ?)", late, m_late, early, m_early)
    spread = one(con, "shrunk_ratio_spread(?, ?)", late, early)
    assert point == pytest.approx(middle, rel=0.15)
    assert point / spread == pytest.approx(low, rel=0.2)
    assert point * spread == pytest.approx(high, rel=0.2)


def test_a_shrunk_ratio_is_one_without_a_change_and_unknown_without_data(
    con: duckdb.DuckDBPyConnection,
) -> None:
    assert one(con, "shrunk_ratio(7, 900, 7, 900)") == 1
    assert 1 < one(con, "shrunk_ratio(1, 900, 0, 900)") < 2
    assert one(con, "shrunk_ratio(7, 900, 0, 0)") is None
    assert one(con, "shrunk_ratio(0, 900, 0, 900)") is None


def test_a_small_brand_is_drawn_to_the_market(con: duckdb.DuckDBPyConnection) -> None:
    assert one(con, "shrunk_share(0, 0, 0.3)") == pytest.approx(0.3)
    assert one(con, "shrunk_share(20, 20, 0)") == 0.5
    assert one(con, "shrunk_share(2000, 4000, 0.1)") == pytest.approx(0.5, abs=0.01)


def test_the_halves_of_the_opportunity(con: duckdb.DuckDBPyConnection) -> None:
    assert one(con, "importance_of(0.1, 0.4)") == 2.5
    assert one(con, "importance_of(0, 0)") == 0
    assert one(con, "count(*) filter (importance_of(n / 9.7, n / 9.7) <> 10) from range(1, 997) r(n)") == 0
    assert one(con, "satisfaction_of(0, 0)") == 10
    assert one(con, "satisfaction_of(0.8, 0.5)") == 0
    assert one(con, "opportunity_of(8, 3)") == 13
    assert one(con, "opportunity_of(3, 8)") == 3


def test_weights_of_the_bootstrap_are_poisson_and_independent(con: duckdb.DuckDBPyConnection) -> None:
    counts = con.execute("""
        select poisson_weight(draw) as weight, count(*)
        from (
            select uniform_draw(md5_number_lower('person ' || p.range), hash(r.range)) as draw
            from range(5000) p, range(200) r
        )
        group by weight order by weight
    """).fetchall()
    for weight, n in counts[:6]:
        assert n / 1_000_000 == pytest.approx(math.exp(-1) / math.factorial(weight), abs=0.002)
    # Sums over people and over replicates spread as sums of independent draws do: variance and mean are one.
    con.execute("""
        create or replace temp table draw as
        select p.range as person, r.range as replicate,
            poisson_weight(uniform_draw(md5_number_lower('person ' || p.range), hash(r.range))) as weight
        from range(5000) p, range(200) r
    """)
    for by, mean in (("replicate", 5_000), ("person", 200)):
        totals = con.table("draw").aggregate(f"sum(weight) as total, {by}")
        ((spread,),) = totals.aggregate("var_samp(total)").fetchall()
        assert spread == pytest.approx(mean, rel=0.3)


def test_periods_are_whole_in_any_time_zone(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("set timezone = 'America/New_York'")
    since, before = "timestamptz '2026-03-01 00:00:00+00'", "timestamptz '2026-03-21 00:00:00+00'"
    assert one(con, f"period_before({since}, {before}) = timestamptz '2026-02-09 00:00:00+00'")
    assert one(con, f"period_middle({since}, {before}) = timestamptz '2026-03-11 00:00:00+00'")

"""The ranking: what it counts, that anyone can recompute it, and what its intervals promise."""

from typing import Any

import pytest


def test_every_part_can_be_recomputed_from_the_row(market: Any) -> None:
    market.crowd(12, "complaint billing 0.9", "failed_recovery support 0.7")
    market.crowd(7, "complaint app 0.4")
    market.crowd(3, "switch billing 0.8 >Bolt")
    market.crowd(9, "complaint app 0.6", about="Bolt")
    market.crowd(4, "wish app 0.1")
    wrong = market.build().ask("""
        select brand, theme_id from theme_rank
        where abs(raw_share - n_detractors / n_brand_detractors) > 1e-12
           or abs(detractor_share - (n_detractors + 20 * market_share) / (n_brand_detractors + 20)) > 1e-12
           or abs(importance - 10 * detractor_share / largest_share) > 1e-12
           or abs(hurt_share - n_hurt / n_people) > 1e-12
           or abs(satisfaction - 10 * (1 - least(mean_intensity + hurt_share / 2, 1))) > 1e-12
           or opportunity <> importance + greatest(importance - satisfaction, 0)
           or score <> opportunity
           or abs(rate - 1000 * n_detractors / n_mentions) > 1e-9
    """)
    assert wrong == []
    billing = market.rank("billing")
    assert (billing["n_detractors"], billing["n_brand_detractors"]) == (15, 22)
    assert billing["market_share"] == 15 / 31
    assert billing["mean_intensity"] == pytest.approx((12 * 0.9 + 3 * 0.8) / 15)
    assert (billing["n_hurt"], billing["n_switches"], billing["n_failed_recoveries"]) == (15, 3, 12)
    app = market.rank("app")
    assert (app["n_people"], app["n_detractors"], app["n_wishes"]) == (11, 7, 4)


def test_a_loud_account_counts_once(market: Any) -> None:
    market.crowd(10, "complaint billing 0.5")
    market.crowd(9, "complaint app 0.5")
    for _ in range(50):
        market.say("complaint app 1.0", person="loud")
    market.build()
    loud, quiet = market.rank("app"), market.rank("billing")
    assert (loud["n_posts"], loud["n_people"], loud["n_detractors"]) == (59, 10, 10)
    assert loud["importance"] == quiet["importance"]
    assert loud["mean_intensity"] == pytest.approx(0.55)
    assert loud["rate"] == quiet["rate"] == 500


def test_the_opportunity_is_computed_within_the_brand(market: Any) -> None:
    market.crowd(200, "complaint app 0.5", about="Bolt")
    market.crowd(6, "complaint billing 0.5")
    market.build()
    assert market.rank("billing")["importance"] == 10
    assert market.rank("app", "Bolt")["importance"] == 10


def test_a_brands_share_is_drawn_to_the_market(market: Any) -> None:
    market.crowd(2, "complaint app 0.5")
    market.crowd(18, "complaint billing 0.5")
    market.crowd(100, "complaint app 0.5", about="Bolt")
    market.build()
    row = market.rank("app")
    assert row["raw_share"] == 0.1
    assert row["raw_share"] < row["detractor_share"] < row["market_share"]


def test_small_numbers_are_marked_as_a_hint(market: Any) -> None:
    market.crowd(4, "complaint app 0.5")
    market.crowd(5, "complaint billing 0.5")
    market.build()
    assert market.rank("app")["is_hint"]
    assert not market.rank("billing")["is_hint"]


def test_wishes_of_people_who_hate_nothing_rank_but_are_no_detractors(market: Any) -> None:
    market.crowd(6, "wish app 0.2")
    market.crowd(6, "complaint billing 0.5", "win_back billing 0.1", "question app 0.1")
    market.build()
    app = market.rank("app")
    assert (app["n_people"], app["n_detractors"], app["n_brand_detractors"]) == (12, 6, 6)
    assert (app["n_wishes"], app["n_questions"], app["n_win_backs"]) == (6, 6, 6)


def test_ranks_follow_the_weights_then_reach_then_the_id(market: Any) -> None:
    for theme, score in (("zeta", 0), ("beta", 0), ("wide", 90)):
        market.crowd(10, f"complaint {theme} 0.5", score=score)
    market.crowd(20, "complaint mild 0.0")
    market.build()
    order = [row["theme_id"] for row in market.ask("from theme_rank where brand = 'Acme' order by rank")]
    assert order == ["mild", "wide", "beta", "zeta"]
    assert market.rank("wide")["reach"] <= 95
    assert market.rank("wide")["opportunity"] == market.rank("zeta")["opportunity"]

    market.con.execute("update ranking set importance = 0, dissatisfaction = 1")
    (first, *_) = market.ask("""
        from theme_rank_over((select from_at from period), (select until_at from period))
        where brand = 'Acme' order by rank
    """)
    assert first["theme_id"] == "wide"
    assert first["score"] == max(first["importance"] - first["satisfaction"], 0)


def test_the_period_ends_with_the_newest_post(market: Any) -> None:
    market.crowd(3, "complaint app 0.5", days_ago=300)
    market.crowd(2, "complaint app 0.5", days_ago=181)
    market.crowd(1, "complaint app 0.5", days_ago=0)
    market.build()
    assert market.rank("app")["n_detractors"] == 3
    (longer,) = market.ask("""
        from theme_rank_over(timestamptz '2025-01-01', (select until_at from period)) where brand = 'Acme'
    """)
    assert longer["n_detractors"] == 6


def test_undated_posts_count_in_the_ranking_and_in_no_trend(market: Any) -> None:
    market.crowd(10, "complaint app 0.5", days_ago=50)
    market.crowd(6, "complaint app 0.5", days_ago=None)
    market.build()
    row = market.rank("app")
    assert row["n_detractors"] == 16
    assert row["n_detractors_before"] == 0
    assert market.ask("select sum(n_detractors)::int as n from theme_week") == [{"n": 10}]

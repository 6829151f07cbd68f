"""Weeks: every one in place, and those we do not hold flagged."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

MONDAY = date(2026, 6, 22)
"""The week of the newest post, which is a Sunday."""


def covered(market: Any, source: str = "forum") -> str:
    """Return the weeks of a source, the oldest first: = covered, . not."""
    rows = market.ask("select is_covered from source_week where source = $s order by week_on", s=source)
    return "".join("=" if row["is_covered"] else "." for row in rows)


def run(market: Any, *weeks_ago: int, source: str = "forum", is_ok: bool = True) -> None:
    for week in weeks_ago:
        started_at = datetime(2026, 6, 28, 3, tzinfo=UTC) - timedelta(weeks=week)
        market.con.execute(
            "insert into coverage values (?, ?, ?, ?, 'finished', 1, 1, 1, 0, 0, 0, [], ?)",
            [source, f"run-{week}-{is_ok}", started_at, started_at, is_ok],
        )


def post_weekly(market: Any, weeks: range, **options: Any) -> None:
    for week in weeks:
        market.say("complaint app 0.5", days_ago=7 * week, **options)


def test_a_first_crawl_reaches_back_and_nightly_ones_go_on(market: Any) -> None:
    post_weekly(market, range(10))
    run(market, 4, 3, 2, 1, 0)
    assert covered(market.build()) == "=========="


def test_weeks_after_the_last_good_crawl_are_a_break(market: Any) -> None:
    post_weekly(market, range(10))
    run(market, 5)
    run(market, 4, 3, 2, 1, 0, is_ok=False)
    assert covered(market.build()) == "=====.....", "the week of the crawl is the last"


def test_more_than_two_weeks_between_crawls_are_a_break(market: Any) -> None:
    post_weekly(market, range(10))
    run(market, 8, 7, 1, 0)
    assert covered(market.build()) == "===...===="


def test_a_source_that_starts_late_does_not_cover_what_was_before(market: Any) -> None:
    post_weekly(market, range(10))
    post_weekly(market, range(3), source="late")
    post_weekly(market, range(7), source="quiet at first")
    market.build()
    assert (covered(market, "late"), covered(market, "quiet at first")) == (".......===", "==========")


def test_an_import_covers_up_to_its_last_post(market: Any) -> None:
    post_weekly(market, range(10))
    post_weekly(market, range(6, 10), source="survey")
    assert covered(market.build(), "survey") == "====......"


def test_a_source_never_crawled_well_covers_nothing(market: Any) -> None:
    post_weekly(market, range(3))
    run(market, 1, is_ok=False)
    assert covered(market.build()) == "..."


def test_brand_week_has_every_week_and_flags_breaks(market: Any) -> None:
    market.say("complaint app 0.5", person="ann", days_ago=0)
    market.say("complaint app 0.5", person="ann", days_ago=1)
    market.say(days_ago=2)
    market.say("failed_recovery app 0.5", days_ago=21)
    run(market, 3, 0, source="forum")
    rows = market.build().ask("""
        select week_on, n_posts, n_mentions, n_detractors, detracting_share, n_sources,
            n_covered_sources, is_covered, is_whole
        from brand_week where brand = 'Acme' order by week_on
    """)
    assert [tuple(row.values()) for row in rows] == [
        (MONDAY - timedelta(21), 1, 1, 1, 1.0, 1, 1, True, False),
        (MONDAY - timedelta(14), 0, 0, 0, None, 1, 1, True, True),
        (MONDAY - timedelta(7), 0, 0, 0, None, 1, 1, True, True),
        (MONDAY, 3, 2, 1, 0.5, 1, 1, True, True),
    ]
    assert market.ask("select bool_or(is_covered) as any from brand_week where brand = 'Bolt'") == [
        {"any": False}
    ]


def test_a_small_source_breaks_no_trend(market: Any) -> None:
    for week in range(10):
        market.crowd(5, days_ago=7 * week)
    market.say(days_ago=0, source="tiny")
    market.say(days_ago=63, source="tiny")
    run(market, 9, 0, source="tiny")
    market.build()
    assert "." in covered(market, "tiny")
    assert market.ask("select bool_and(is_covered) as all from brand_week where brand = 'Acme'") == [
        {"all": True}
    ]


def test_theme_week_is_dense_and_carries_the_flag(market: Any) -> None:
    post_weekly(market, range(6))
    market.say("complaint billing 0.5", days_ago=0)
    market.say("wish billing 0.5", days_ago=0)
    run(market, 5, 0)
    rows = market.build().ask("""
        select week_on, n_posts, n_people, n_detractors, n_brand_detractors, raw_share, n_mentions, is_covered
        from theme_week where theme_id = 'billing' order by week_on
    """)
    quiet = (0, 0, 0, 1, 0.0, 1)
    assert [tuple(row.values()) for row in rows] == [
        (MONDAY - timedelta(35), *quiet, True),
        (MONDAY - timedelta(28), *quiet, False),
        (MONDAY - timedelta(21), *quiet, False),
        (MONDAY - timedelta(14), *quiet, True),
        (MONDAY - timedelta(7), *quiet, True),
        (MONDAY, 2, 2, 1, 2, 0.5, 3, True),
    ]
    assert market.rank("billing")["is_covered"] is False


def test_theme_rank_is_covered_where_no_week_is_missing(market: Any) -> None:
    post_weekly(market, range(6))
    assert market.build().rank("app")["is_covered"] is True

"""Rows in, rows out: one test or more for each derived table."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from warehouse.schema import build

MONDAY = date(2026, 6, 22)
"""The week of the newest post of most tests, which is a Sunday."""


def test_mention_is_found_on_the_page_in_the_text_or_in_the_thread(folder: Any) -> None:
    folder.land(
        folder.post("1", "Bolt is late", about="AcmeCo"),
        folder.post("2", "same here", parent_id="1"),
        folder.post("3", "me too", parent_id="2"),
        folder.post("4", "Crux is no better", parent_id="3"),
        folder.post("5", "they never answer", parent_id="4"),
        folder.post("6", "no brand at all"),
        folder.post("7", "elsewhere", parent_id="1", source="reviews"),
    )
    folder.refresh()
    rows = folder.ask("select source_id, brand, is_rival, how from mention order by source_id, place")
    assert rows == [
        ("1", "Acme", False, "about"),
        ("1", "Bolt", True, "alias"),
        ("2", "Acme", False, "thread"),
        ("2", "Bolt", True, "thread"),
        ("3", "Acme", False, "thread"),
        ("3", "Bolt", True, "thread"),
        ("4", "Crux", True, "alias"),
        ("5", "Crux", True, "thread"),
    ]


def test_mention_survives_a_circle_of_answers(folder: Any) -> None:
    folder.land(
        folder.post("1", "hm", parent_id="2"),
        folder.post("2", "hm", parent_id="1"),
        folder.post("3", "Acme", parent_id="3"),
    )
    folder.refresh()
    assert folder.ask("select source_id, how from mention") == [("3", "alias")]


def test_period_is_whole_days_up_to_the_newest_post(market: Any) -> None:
    market.say(days_ago=0)
    market.say(days_ago=400)
    assert market.build().ask("from period") == [
        {
            "as_of_at": datetime(2026, 6, 28, 12, tzinfo=UTC),
            "from_at": datetime(2025, 12, 29, tzinfo=UTC),
            "until_at": datetime(2026, 6, 29, tzinfo=UTC),
        }
    ]


def test_everything_is_empty_without_posts(market: Any) -> None:
    market.build()
    assert market.ask("select from_at, until_at from period") == [{"from_at": None, "until_at": None}]
    for table in (
        "theme_rank",
        "theme_week",
        "brand_week",
        "source_week",
        "journey_cell",
        "switch_flow",
        "voice",
    ):
        assert market.ask(f"from {table}") == [], table
    assert [row["n_mentions"] for row in market.ask("from brand_period order by place")] == [0, 0, 0]


def test_post_person_says_who_and_when(market: Any) -> None:
    market.say(person="ann", days_ago=0, score=5)
    market.say(person="ann", days_ago=7, score=1)
    market.say(days_ago=3)
    market.say(days_ago=None, score=9)
    rows = market.build().ask("""
        select source_id, person, said_at, is_dated, week_on, reach from post_person order by source_id
    """)
    newest = datetime(2026, 6, 28, 12, tzinfo=UTC)
    assert [tuple(row.values()) for row in rows] == [
        ("00000", "ann", newest, True, MONDAY, 50.0),
        ("00001", "ann", newest - timedelta(7), True, MONDAY - timedelta(7), 0.0),
        ("00002", "forum:00002", newest - timedelta(3), True, MONDAY, None),
        ("00003", "forum:00003", newest, False, None, 95.0),
    ]
    seeds = {row["seed"] for row in market.ask("select distinct seed from post_person where person = 'ann'")}
    assert len(seeds) == 1


def test_reach_is_capped_and_within_the_source(market: Any) -> None:
    for score in range(100):
        market.say(score=score)
    market.say(score=7, source="reviews")
    market.build()
    assert market.ask("select max(reach) as reach from post_person where source = 'forum'") == [{"reach": 95}]
    assert market.ask("select reach from post_person where source = 'reviews'") == [{"reach": 0}]


def test_voice_is_a_grievance_with_its_person(market: Any) -> None:
    market.say("complaint app 0.5", "wish null 0.1", person="ann")
    rows = market.build().ask(
        "select kind, theme_id, is_detracting, person, intensity from voice order by kind"
    )
    assert [
        (r["kind"], r["theme_id"], r["is_detracting"], r["person"], float(r["intensity"])) for r in rows
    ] == [
        ("complaint", "app", True, "ann", 0.5),
        ("wish", None, False, "ann", 0.1),
    ]


def test_theme_counts_over_all_time_and_brands(market: Any) -> None:
    market.say("complaint app 0.5", person="ann", days_ago=900)
    market.say("complaint app 0.5", person="ann", days_ago=2)
    market.say("complaint app 0.5", about="Bolt", days_ago=1)
    market.say("wish app 0.5", days_ago=3)
    market.build()
    market.con.execute("insert into theme_definition values ('left', null, 'Left', ['x'], [1.0], 0.5)")
    (app,) = market.ask("from theme where theme_id = 'app'")
    assert (app["n_posts"], app["n_people"], app["n_detractors"]) == (4, 3, 2)
    assert app["last_seen_at"] - app["first_seen_at"] == timedelta(899)
    assert (app["label"], app["keywords"]) == ("APP", ["app"])


def test_a_theme_that_nobody_raises_any_more_stays_with_zero(market: Any) -> None:
    market.say("complaint app 0.5")
    market.build()
    market.con.execute("delete from grievance")
    build(market.con, "theme")
    assert market.ask("select theme_id, n_posts, first_seen_at from theme") == [
        {"theme_id": "app", "n_posts": 0, "first_seen_at": None}
    ]


def test_brand_period_counts_people_not_posts(market: Any) -> None:
    for _ in range(5):
        market.say("complaint app 0.5", person="ann")
    market.say(person="bob")
    market.say("wish app 0.5", person="cem")
    market.say(about="Bolt", days_ago=300)
    rows = market.build().ask(
        "select brand, n_posts, n_mentions, n_detractors from brand_period order by place"
    )
    assert [tuple(row.values()) for row in rows] == [("Acme", 7, 3, 1), ("Bolt", 0, 0, 0), ("Crux", 0, 0, 0)]


# Journey and switches


def test_journey_cell_counts_people_per_stage_and_touchpoint(market: Any) -> None:
    for days_ago in (1, 2, 150):
        market.say("complaint app 0.4 @pay/website", person="ann", days_ago=days_ago)
    market.say("failed_recovery app 0.8 @pay/website")
    market.say("complaint app 0.5")
    market.say("wish app 0.9 @pay/website")
    market.say("complaint app 0.5 @pay/website", days_ago=300)
    rows = market.build().ask("""
        select stage, touchpoint, n_detractors, n_posts, n_grievances, n_brand_detractors,
            round(mean_intensity, 6) as i, n_hurt, is_hint
        from journey_cell where brand = 'Acme'
    """)
    assert [tuple(row.values()) for row in rows] == [
        ("pay", "website", 2, 4, 4, 3, 0.6, 1, True),
        (None, None, 1, 1, 1, 3, 0.5, 0, True),
    ]


def test_journey_cell_has_a_trend(market: Any) -> None:
    market.crowd(20, "complaint app 0.5 @pay/website", days_ago=10)
    market.crowd(3, "complaint app 0.5 @pay/website", days_ago=150)
    market.crowd(20, days_ago=150)
    market.crowd(3, days_ago=10)
    (row,) = market.build().ask("from journey_cell")
    assert row["rise"] > row["rise_low"] > 1


def test_switch_flow_counts_people_from_brand_to_brand(market: Any) -> None:
    market.say("switch app 0.9 >Bolt", person="ann")
    market.say("switch billing 0.9 >Bolt", person="ann")
    market.say("switch app 0.9 >Bolt")
    market.say("switch app 0.9 >Dyno")
    market.say("switch app 0.9")
    market.say("complaint app 0.9")
    market.say("switch app 0.9 >Acme", about="Bolt")
    market.say("switch app 0.9 >Bolt", days_ago=300)
    rows = market.build().ask("from switch_flow")
    assert [tuple(row.values()) for row in rows] == [
        ("Acme", "Bolt", True, 2, 3),
        ("Acme", "Dyno", None, 1, 1),
        ("Acme", None, None, 1, 1),
        ("Bolt", "Acme", False, 1, 1),
    ]

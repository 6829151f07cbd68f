"""The demo finds what was planted: demo/posts carries marks made by hand of who complains of what."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from warehouse import queries
from warehouse.connection import reading

POSTS = Path(__file__).parents[1] / "demo" / "posts"
PLANTED = {
    *("frozen-account", "no-human", "deposit-delay", "card-never-arrives", "login-loop", "hidden-fees"),
    *(
        "declined-abroad",
        "dispute-denied",
        "atm-cash",
        "referral-bonus",
        "joint-account",
        "export-statements",
    ),
    *("savings-pots", "pending-question", "limits-question"),
}


class Mark(NamedTuple):
    """A grievance as somebody marked it by hand."""

    brand: str
    slug: str | None
    quote: str


def marks() -> Iterator[Mark]:
    for path in sorted(POSTS.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            for mark in json.loads(line)["marks"]:
                yield Mark(mark["brand"], mark["theme"], mark["quote"])


@pytest.fixture(scope="module")
def slugs(demo: Path) -> dict[str, list[str | None]]:
    """Return by brand the planted theme that most grievances of each ranked theme belong to, best first."""
    with reading(demo) as con:
        posts = con.execute("select source, source_id, text from post").fetchall()
        grievances = con.execute("""
            select brand, theme_id, source, source_id, quote_start, quote_end from grievance
            where theme_id is not null
        """).fetchall()
        ranks = con.execute("select brand, theme_id from theme_rank order by brand, rank").fetchall()
    marked = defaultdict(list)
    for mark in marks():
        for source, source_id, text in posts:
            if (start := text.find(mark.quote)) >= 0:
                marked[source, source_id, mark.brand].append((start, start + len(mark.quote), mark.slug))
    votes: dict[tuple[str, str], Counter[str | None]] = defaultdict(Counter)
    for brand, theme_id, source, source_id, start, end in grievances:
        for mark_start, mark_end, slug in marked[source, source_id, brand]:
            if start < mark_end and mark_start < end:
                votes[brand, theme_id][slug] += 1
    ranking = defaultdict(list)
    for brand, theme_id in ranks:
        best = sorted(votes[brand, theme_id].items(), key=lambda vote: (-vote[1], str(vote[0])))
        ranking[brand].append(best[0][0] if best else None)
    return ranking


def test_market_is_as_large_as_it_says(demo):
    with reading(demo) as con:
        n_posts, n_sources = con.execute("select count(*), count(distinct source) from post").fetchone()
        weeks = con.execute("select count(distinct date_trunc('week', posted_at)) from post").fetchone()
    assert n_posts >= 600
    assert n_sources >= 5
    assert weeks == (26,)


def test_top_of_the_own_brand_was_planted(slugs):
    top = slugs["Tallow"]
    assert sum(slug in PLANTED for slug in top[:5]) >= 4, top
    assert {"frozen-account", "deposit-delay", "login-loop"} <= set(top[:5]), top
    assert "referral-bonus" not in top[:10], "one loud account bought a rank"


@pytest.mark.parametrize(("brand", "slug"), [("Brindle", "hidden-fees"), ("Ovenbird", "declined-abroad")])
def test_top_of_the_rivals_was_planted(slugs, brand, slug):
    assert slug in slugs[brand][:3], slugs[brand]


def test_theme_that_begins_late_is_marked_new_or_rising(demo):
    with reading(demo) as con:
        themes = queries.themes(con, "Tallow")
    new = themes[themes["is_new"] | themes["is_rising"]]
    assert any("crashes" in keywords for keywords in new["keywords"]), list(new["label"])


def test_every_quote_is_an_exact_slice(demo):
    with reading(demo) as con:
        rows = con.execute("""
            select text, quote, quote_start, quote_end from grievance join post using (source, source_id)
        """).fetchall()
    assert rows
    assert [row for row in rows if row[0][row[2] : row[3]] != row[1]] == []


def test_demo_says_the_ranking_and_where_to_look_next(demo):
    said = (demo / "said").read_text(encoding="utf-8")
    for brand in ("Tallow", "Brindle", "Ovenbird"):
        assert f"What they hate most at {brand}" in said
    assert f"--data {demo} serve" in said
    (query,) = re.findall(rf'--data {demo} sql "(select .*)"', said)
    with reading(demo) as con:
        assert len(queries.select(con, query)) == 5
    assert f"{demo / 'hatemine.duckdb'}" in said


def test_second_demo_changes_nothing_and_says_so(hatemine, demo):
    done = hatemine("demo", "--data", demo)
    assert done.returncode == 0, done.stderr
    assert "nothing changed" in done.stderr
    assert done.stdout == (demo / "said").read_text(encoding="utf-8")


def test_second_refresh_publishes_nothing_and_says_so(hatemine, demo):
    watchlist = POSTS.parent / "watchlist.toml"
    assert hatemine("refresh", "--data", demo, "--watchlist", watchlist).returncode == 0
    before = (demo / "hatemine.duckdb").stat().st_mtime_ns
    done = hatemine("refresh", "--data", demo, "--watchlist", watchlist)
    assert (done.returncode, done.stdout) == (0, "")
    assert "nothing changed since " in done.stderr
    assert (demo / "hatemine.duckdb").stat().st_mtime_ns == before


def test_no_name_and_no_number_of_a_person_reached_the_disk(demo):
    authors = set()
    for path in POSTS.glob("*.jsonl"):
        authors |= {json.loads(line)["author"] for line in path.read_text(encoding="utf-8").splitlines()}
    landed = "".join(path.read_text(encoding="utf-8") for path in demo.glob("landing/*/*.jsonl"))
    assert [name for name in authors if name and f'"{name}"' in landed] == []
    assert "@example.com" not in landed
    assert "@example.org" not in landed

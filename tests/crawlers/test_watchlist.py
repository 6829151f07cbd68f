from pathlib import Path

import pytest

from crawlers.watchlist import Brand, Ranking, Watchlist, WatchlistError, load_watchlist

BRAND = """[brand]
name = "Northwind Air"
aliases = ["@northwind_air", "NWA"]
exclude = ["Northwind Air Freight"]
"""
RIVAL = '[[rival]]\nname = "Cirrus"\naliases = ["@flycirrus", "Cirrus Express"]\n'


def load(tmp_path: Path, text: str) -> Watchlist:
    path = tmp_path / "watchlist.toml"
    path.write_text(text, encoding="utf-8")
    return load_watchlist(path)


def test_everything_is_read(tmp_path):
    watchlist = load(
        tmp_path,
        BRAND
        + RIVAL
        + """
        [[source]]
        kind = "reddit"
        subreddits = ["flights"]
        [[source]]
        kind = "appstore"
        apps = [{ id = "123456789", country = "us", about = "NWA" }]
        [ranking]
        importance = 2
        period_days = 90
        [retention]
        reddit = 2
        """,
    )
    assert [brand.name for brand in watchlist.brands] == ["Northwind Air", "Cirrus"]
    assert watchlist.ranking == Ranking(importance=2, dissatisfaction=1.0, period_days=90)
    assert watchlist.retention == {"reddit": 2}
    reddit, appstore = watchlist.sources
    assert reddit.options == {"subreddits": ("flights",), "queries": ()}
    assert appstore.options["apps"] == ({"id": "123456789", "country": "us", "about": "NWA"},)


def test_without_queries_the_names_are_the_queries(tmp_path):
    with_queries = '[[source]]\nkind = "hackernews"\nqueries = ["northwind"]\n'
    watchlist = load(tmp_path, BRAND + RIVAL + '[[source]]\nkind = "hackernews"\n' + with_queries)
    names = ("Northwind Air", "@northwind_air", "NWA", "Cirrus", "@flycirrus", "Cirrus Express")
    assert [watchlist.queries(source) for source in watchlist.sources] == [names, ("northwind",)]


@pytest.mark.parametrize(
    ("name", "brand"),
    [
        ("NORTHWIND AIR, INC.", "Northwind Air"),
        ("nwa", "Northwind Air"),
        ("@northwind_air", "Northwind Air"),
        ("Cirrus Express / NWA codeshare", "Cirrus"),  # the longest alias wins
        ("NWAX", None),  # not as a word
        ("Northwind Air Freight LLC", None),  # excluded
        ("Northwind Air Freight and NWA", "Northwind Air"),
        ("Altocumulus", None),
    ],
)
def test_brand_of_a_company_name(tmp_path, name, brand):
    assert load(tmp_path, BRAND + RIVAL).brand_of(name) == brand


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ["[brand]", "exactly one", "found none"]),
        ("[brand\n", ["expected TOML"]),
        ("[brand]\n", ["[brand] name", "expected a text", "found none"]),
        ("[brand]\nname = 3\n", ["[brand] name", "expected a text", "found 3"]),
        ('[brand]\nname = " "\n', ["[brand] name", "expected a text"]),
        (BRAND + 'color = "red"\n', ["[brand] color", "only name, aliases, exclude"]),
        ('[brand]\nname = "A"\naliases = "B"\n', ["[brand] aliases", "a list", "'B'"]),
        (BRAND + '[[rival]]\nname = "nwa"\n', ["'nwa'", "differ", "twice"]),
        (BRAND + '[rival]\nname = "Cirrus"\n', ["[[rival]]", "a list of tables"]),
        ('colour = "red"\n' + BRAND, ["colour", "only brand, rival, source, ranking, retention"]),
        (BRAND + "[[source]]\n", ["[[source]] no. 1 kind", "found none"]),
        (
            BRAND + '[[source]]\nkind = "telex"\n',
            ["kind", "appstore, ", ", reviews", "'telex'"],
        ),
        (
            BRAND + '[[source]]\nkind = "reddit"\nsubs = ["a"]\n',
            ["(reddit) subs", "only kind, subreddits, queries"],
        ),
        (
            BRAND + '[[source]]\nkind = "reddit"\nsubreddits = ["r/a"]\n',
            ["subreddits", "without r/", "'r/a'"],
        ),
        (BRAND + '[[source]]\nkind = "reddit"\nqueries = []\n', ["queries", "at least one", "an empty list"]),
        (BRAND + '[[source]]\nkind = "appstore"\n', ["(appstore) apps", "id, country, about", "found none"]),
        (
            BRAND + '[[source]]\nkind = "appstore"\napps = [{ id = 5, country = "us" }]\n',
            ["apps no. 1 id", "digits", "found 5"],
        ),
        (
            BRAND + '[[source]]\nkind = "appstore"\napps = [{ id = "5" }]\n',
            ["apps no. 1 country", "found none"],
        ),
        (
            BRAND + '[[source]]\nkind = "reviews"\npages = [{ url = "shop.example" }]\n',
            ["pages no. 1 url", "https://", "'shop.example'"],
        ),
        (
            BRAND + '[[source]]\nkind = "reviews"\npages = [{ url = "https://uk.trustpilot.com/a" }]\n',
            ["pages no. 1 url", "a site that lets crawlers in", "uk.trustpilot.com", "its terms forbid"],
        ),
        (
            BRAND + '[[source]]\nkind = "reviews"\npages = [{ url = "https://a.example", about = "Acme" }]\n',
            ["about", "one of Northwind Air", "'Acme'"],
        ),
        (BRAND + "[ranking]\nimportance = -1\n", ["[ranking] importance", "from 0 up", "-1"]),
        (BRAND + "[ranking]\nperiod_days = 1.5\n", ["[ranking] period_days", "whole number of days", "1.5"]),
        (BRAND + "[ranking]\nspeed = 1\n", ["[ranking] speed", "unknown key"]),
        (BRAND + "[retention]\nreddit = 0\n", ["[retention] reddit", "1 or more", "0"]),
    ],
)
def test_a_mistake_is_answered_with_file_key_and_expectation(tmp_path, text, words):
    with pytest.raises(WatchlistError) as caught:
        load(tmp_path, text)
    message = str(caught.value)
    assert message.startswith(f"{tmp_path / 'watchlist.toml'}: ")
    assert [word for word in words if word not in message] == [], message


def test_a_missing_file_says_how_to_write_one(tmp_path):
    with pytest.raises(WatchlistError, match="no such file; `hatemine init` writes one"):
        load_watchlist(tmp_path / "none.toml")


def test_names_begin_with_the_name():
    assert Brand(name="A", aliases=("B",)).names == ("A", "B")

import json

import pytest

from crawlers.schema_org import reviews_of

URL = "https://shop.example/kettle"


def page(data: object) -> str:
    script = f'<script type="application/ld+json">{json.dumps(data)}</script>'
    return f"<html><head>{script}</head><body>x</body></html>"


def review(**more: object) -> dict[str, object]:
    return {
        "@type": "Review",
        "author": {"@type": "Person", "name": "Ada"},
        "reviewBody": "It leaks.",
        **more,
    }


@pytest.mark.parametrize(
    "data",
    [
        review(),
        [{"@type": "WebSite"}, review()],
        {"@type": "Product", "review": review()},
        {"@type": ["Product", "Thing"], "review": [review()]},
        {"@type": "LocalBusiness", "reviews": [review()]},
        {"@graph": [{"@type": "Product", "review": {"@id": "#1"}}, review(**{"@id": "#1"})]},
        {"@graph": [{"@id": "#a", "@type": "Person", "name": "Ada"}, review(author={"@id": "#a"})]},
        {"mainEntity": {"@type": "Book", "review": [review(**{"@type": "UserReview"})]}},
        review(**{"@type": "http://schema.org/Review", "author": "Ada"}),
        review(author=[{"name": "Ada"}, {"name": "Bob"}]),
    ],
)
def test_a_review_is_found_wherever_it_is_nested(data):
    (found,), problems = reviews_of(page(data), URL)
    assert (found.author, found.body, problems) == ("Ada", "It leaks.", [])


@pytest.mark.parametrize("kind", ["AggregateRating", "ClaimReview", "Product", "BlogPosting"])
def test_what_is_no_review_is_none(kind):
    assert reviews_of(page(review(**{"@type": kind})), URL) == ([], [])


@pytest.mark.parametrize(
    ("rating", "stars"),
    [
        ({"ratingValue": 4}, 4),
        ({"ratingValue": "4,5"}, 4.5),
        ({"ratingValue": "8", "bestRating": "10"}, 4.11),
        ({"ratingValue": "8", "bestRating": 10, "worstRating": 0}, 4.2),
        ({"ratingValue": 2, "bestRating": 10, "worstRating": 2}, 1),
        ({"ratingValue": 75, "bestRating": 100, "worstRating": 0}, 4),
        ({"ratingValue": "80%"}, 4.2),
        ({"ratingValue": "3/5"}, 3),
        ({"ratingValue": 0.5}, 1.4),
        ([{"ratingValue": 2}], 2),
        ("4", 4),
        ({"ratingValue": ""}, None),
        ({}, None),
        (None, None),
    ],
)
def test_ratings_are_on_the_scale_of_1_to_5(rating, stars):
    (found,), problems = reviews_of(page(review(reviewRating=rating)), URL)
    assert (found.rating, problems) == (stars, [])


@pytest.mark.parametrize(
    "broken",
    [
        {"reviewRating": {"ratingValue": 8}},
        {"reviewRating": {"ratingValue": "good"}},
        {"reviewRating": {"ratingValue": 1, "bestRating": 1}},
        {"datePublished": "some day"},
        {"datePublished": "0001-01-01T00:00:00+14:00"},
    ],
)
def test_an_unknown_shape_costs_that_review_and_is_told(broken):
    found, problems = reviews_of(page([review(**broken), review(reviewBody="It is loud.")]), URL)
    assert [one.body for one in found] == ["It is loud."]
    assert len(problems) == 1
    assert "unknown shape" in problems[0]


def test_a_broken_script_costs_that_script_and_is_told():
    html = page(review()).replace("<body>", '<script type="application/ld+json">{"a": </script><body>')
    found, problems = reviews_of(html, URL)
    assert [one.body for one in found] == ["It leaks."]
    assert len(problems) == 1
    assert "no JSON" in problems[0]


MICRODATA = """<html><body itemscope itemtype="https://schema.org/Product"><article itemprop="review"
itemscope itemtype="https://schema.org/Review"><span itemprop="author" itemscope itemtype="https://schema.org/Person"><b
itemprop="name">Ada</b></span><time itemprop="datePublished" datetime="2026-06-01">1 June</time>
<div itemprop="reviewBody">It leaks.<br>Badly.</div></article></body></html>"""
RDFA = """<html><head><title>x</title></head><body vocab="https://schema.org/"><div typeof="Product"><div
property="review" typeof="Review"><span property="author" typeof="Person"><b property="name">Ada</b></span>
<meta property="datePublished" content="2026-06-01"><div property="reviewRating" typeof="Rating"><meta
property="ratingValue" content="2"></div><p property="reviewBody">It leaks.</p></div></div></body></html>"""


def test_microdata():
    (found,), problems = reviews_of(MICRODATA, URL)
    assert (found.author, found.body, str(found.posted_at), problems) == (
        "Ada",
        "It leaks.\nBadly.",
        "2026-06-01 00:00:00+00:00",
        [],
    )


def test_rdfa():
    (found,), problems = reviews_of(RDFA, URL)
    assert (found.author, found.body, found.rating, problems) == ("Ada", "It leaks.", 2, [])


def test_a_review_that_is_marked_up_twice_comes_once():
    twice = {
        "datePublished": "June 1, 2026",
        "reviewBody": "It leaks.\nBadly.",
        "url": "https://shop.example/r/1",
    }
    script = page(review(**twice)).split("<body>")[0]
    (found,), _ = reviews_of(script + MICRODATA.removeprefix("<html>"), URL)
    assert found.ident == "https://shop.example/r/1"


def test_a_review_that_only_its_place_marks_gives_its_lines_without_the_author():
    html = """<div itemprop="review" itemscope itemtype="https://schema.org/Review"><p>A</p>
    <p>The lid broke off</p><p>by ada_l on the 3rd of May</p><meta itemprop="author" content="ada_l">
    <button>Report</button></div>"""
    (found,), _ = reviews_of(f"<html><body>{html}</body></html>", URL)
    assert found.body == "The lid broke off"


@pytest.mark.parametrize(
    ("idents", "expected"),
    [
        (
            ["https://shop.example/r/1", "https://shop.example/r/2"],
            ["https://shop.example/r/1", "https://shop.example/r/2"],
        ),
        ([URL, URL], [None, None]),
        (["https://shop.example/r", "https://shop.example/r"], [None, None]),
        ([f"{URL}#r1", f"{URL}#r2"], [None, None]),  # its place on the page, not itself
        (["#r1", "_:b0"], [None, None]),
    ],
)
def test_an_address_identifies_a_review_only_if_it_is_its_own(idents, expected):
    data = [review(reviewBody=f"Leak {n}", url=ident) for n, ident in enumerate(idents)]
    found, _ = reviews_of(page(data), URL)
    assert [one.ident for one in found] == expected

"""Send posts as a site of bank reviews does, which marks each bank's in another way of schema.org."""

import html
import json
from collections.abc import Callable

from sources.recorded import Recorded, Row, newest_first, posts_of

HOST = "www.bankpicks.example"
PAGE_SIZE = 25

Pieces = tuple[str, str]
"""What a page has in its head and in its body."""


def page(brand: str, number: int, is_last: bool, pieces: Pieces) -> str:
    """Return a page of a bank's reviews."""
    head, body = pieces
    path = f"/banks/{brand.lower()}"
    following = "" if is_last else f'<a rel="next" href="{path}?page={number + 1}">Older reviews</a>'
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{brand} reviews, page {number} | BankPicks</title>
{head}
</head>
<body>
<header><a href="/">BankPicks</a> <a href="/banks">All banks</a> <a href="/about">About</a></header>
<main>
<h1>{brand} reviews</h1>
{body}
{following}
</main>
<footer>BankPicks is invented, and so are its banks.</footer>
</body>
</html>"""


def script(data: Row) -> str:
    """Return JSON-LD as a script; a text must not end it."""
    text = json.dumps({"@context": "https://schema.org"} | data, ensure_ascii=False, indent=1)
    return f'<script type="application/ld+json">\n{text.replace("</", chr(60) + chr(92) + "/")}\n</script>'


def visible(rows: list[Row]) -> str:
    """Return reviews for readers only."""
    return "\n".join(
        f"<article><h2>{html.escape(row['title'])}</h2><p>{html.escape(row['text'])}</p></article>"
        for row in rows
    )


def nested(rows: list[Row]) -> Pieces:
    """Mark reviews inside their product, each with an address of its own."""
    reviews = [
        {
            "@type": "Review",
            "url": f"https://{HOST}/review/{51_000 + 13 * row['n']}",
            "author": {"@type": "Person", "name": row["author"]},
            "datePublished": row["posted_at"],
            "name": row["title"],
            "reviewBody": row["text"],
            "reviewRating": {
                "@type": "Rating",
                "ratingValue": row["rating"],
                "bestRating": 5,
                "worstRating": 1,
            },
        }
        for row in rows
    ]
    return script({"@type": "Product", "name": "Tallow", "review": reviews}), visible(rows)


def in_microdata(rows: list[Row]) -> Pieces:
    """Mark reviews where they stand; nothing tells one from another but its words."""
    review = """<article itemprop="review" itemscope itemtype="https://schema.org/Review">
<h2 itemprop="name">{title}</h2>
<p itemprop="author" itemscope itemtype="https://schema.org/Person"><b itemprop="name">{author}</b></p>
<time itemprop="datePublished" datetime="{posted_at}">{day}</time>
<p itemprop="reviewRating" itemscope itemtype="https://schema.org/Rating">
<meta itemprop="ratingValue" content="{rating}">{stars}</p>
<div itemprop="reviewBody">{text}</div>
</article>"""
    reviews = "\n".join(
        review.format(
            title=html.escape(row["title"]),
            author=html.escape(row["author"]),
            posted_at=row["posted_at"],
            day=row["posted_at"][:10],
            rating=row["rating"],
            stars="★" * row["rating"],
            text=html.escape(row["text"]).replace("\n", "<br>"),
        )
        for row in rows
    )
    name = '<span itemprop="name">Brindle</span>'
    return "", f'<div itemscope itemtype="https://schema.org/LocalBusiness">\n{name}\n{reviews}\n</div>'


def in_a_graph(rows: list[Row]) -> Pieces:
    """Mark reviews beside their business, with ratings out of ten."""
    reviews = [
        {
            "@type": "UserReview",
            "@id": f"#review-{number}",
            "author": row["author"],
            "datePublished": row["posted_at"],
            "headline": row["title"],
            "reviewBody": row["text"],
            "reviewRating": {"ratingValue": str(2 * row["rating"]), "bestRating": "10", "worstRating": "2"},
        }
        for number, row in enumerate(rows, 1)
    ]
    business = {
        "@type": "LocalBusiness",
        "name": "Ovenbird",
        "review": [{"@id": review["@id"]} for review in reviews],
    }
    return script({"@graph": [business, *reviews]}), visible(rows)


WAYS: dict[str, Callable[[list[Row]], Pieces]] = {
    "Tallow": nested,
    "Brindle": in_microdata,
    "Ovenbird": in_a_graph,
}


def record(recorded: Recorded) -> None:
    """Record what robots may do, and every page of reviews."""
    robots = "User-agent: *\nDisallow: /account/\n"
    recorded.add("reviews/robots.txt", robots, HOST, "/robots.txt")
    rows = newest_first(posts_of("reviews"))
    for brand, way in WAYS.items():
        about = [row for row in rows if row["about"] == brand]
        starts = range(0, len(about), PAGE_SIZE)
        for number, start in enumerate(starts, 1):
            text = page(brand, number, number == len(starts), way(about[start : start + PAGE_SIZE]))
            query = {"page": number} if number > 1 else {}
            recorded.add(
                f"reviews/{brand.lower()}{number}.html", text, HOST, f"/banks/{brand.lower()}", **query
            )

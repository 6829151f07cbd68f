"""Send posts as Algolia's search of Hacker News does: searches and threads."""

import html
import re

from sources.recorded import BRANDS, Recorded, Row, below, newest_first, posts_of, says

HOST = "hn.algolia.com"


def item_id(row: Row) -> int:
    """Return an item's id; ids grow with time."""
    return 48_000_000 + (row["seconds"] - 1_779_000_000) // 10 + row["n"]


def markup(text: str | None) -> str | None:
    """Write a text as HTML of the kind the API sends."""
    if text is None:
        return None
    paragraphs = html.escape(text).replace("/", "&#x2F;").split("\n\n")
    return "<p>".join(paragraphs)


class HackerNews:
    """What hn.algolia.com answers."""

    def __init__(self, rows: list[Row]) -> None:
        self.rows = {row["id"]: row for row in rows}
        self.answers = below(rows)

    def story_of(self, row: Row) -> Row:
        """Return the story a row is in."""
        return self.story_of(self.rows[row["parent"]]) if row["parent"] else row

    def n_below(self, row: Row) -> int:
        """Count the comments below a row."""
        return sum(1 + self.n_below(answer) for answer in self.answers[row["id"]])

    def shared(self, row: Row) -> Row:
        """Return what hits and items have alike."""
        return {
            "author": row["author"],
            "created_at": row["posted_at"],
            "created_at_i": row["seconds"],
            "points": None if row["parent"] else row["score"],
            "story_id": item_id(self.story_of(row)),
        }

    def hit(self, row: Row) -> Row:
        """Return a hit of a search."""
        story = self.story_of(row)
        tags = ["comment" if row["parent"] else "story", f"author_{row['author']}", f"story_{item_id(story)}"]
        hit = self.shared(row) | {"objectID": str(item_id(row)), "_tags": tags}
        if row["parent"]:
            return hit | {
                "comment_text": markup(row["text"]),
                "parent_id": item_id(self.rows[row["parent"]]),
                "story_title": story["title"],
            }
        if show := re.match(r"(Ask|Show) HN", row["title"]):
            tags.append(show[0].lower().replace(" ", "_"))
        hit |= {"title": row["title"], "num_comments": self.n_below(row)}
        return hit | ({"story_text": markup(row["text"])} if row["text"] else {"url": address(row)})

    def item(self, row: Row) -> Row:
        """Return an item with all below it."""
        return self.shared(row) | {
            "id": item_id(row),
            "type": "comment" if row["parent"] else "story",
            "title": row["title"],
            "url": None if row["parent"] or row["text"] else address(row),
            "text": markup(row["text"]),
            "parent_id": item_id(self.rows[row["parent"]]) if row["parent"] else None,
            "children": [self.item(answer) for answer in self.answers[row["id"]]],
            "options": [],
        }


def address(row: Row) -> str:
    """Return the page a story links to."""
    return f"https://blog.example/{re.sub('[^a-z0-9]+', '-', row['title'].lower()).strip('-')}"


def record(recorded: Recorded) -> None:
    """Record a search for each brand, and every thread."""
    news = HackerNews(posts_of("hackernews"))
    for brand in BRANDS:
        found = newest_first(row for row in news.rows.values() if says(row, brand))
        for tag in ("story", "poll", "comment"):
            hits = [news.hit(row) for row in found if tag == ("comment" if row["parent"] else "story")]
            reply = {
                "hits": hits,
                "nbHits": len(hits),
                "page": 0,
                "nbPages": 1 if hits else 0,
                "hitsPerPage": 1000,
                "exhaustiveNbHits": True,
                "query": brand,
            }
            file = f"hackernews/{tag}_{brand.lower()}.json"
            recorded.add(file, reply, HOST, "/api/v1/search_by_date", query=brand, tags=f"({tag})")
    for row in news.answers[None]:
        file = f"hackernews/thread/{item_id(row)}.json"
        recorded.add(file, news.item(row), HOST, f"/api/v1/items/{item_id(row)}")

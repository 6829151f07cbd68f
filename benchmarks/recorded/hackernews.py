"""Stories, polls and comments of Algolia's replies.

Not asked for by a crawl: ``/search`` orders by relevance, and we ask by date; ``/users`` has no posts; tags
such as ``(story,poll)``, ``(comment),author_pg`` and ``(ask_hn)``; the lines with ``query=apple`` stand
behind lines with the same tags and no query, which answer first.
"""

import json
from pathlib import Path

from benchmarks.recorded import body, every, lines

HOST = "hn.algolia.com"
SEARCHES = [{"tags": "(story)"}, {"tags": "(poll)"}, {"tags": "(comment)"}]
N = 12


def watchlist(recorded: Path) -> str:
    """Return a search, and the addresses of the items recorded."""
    items = [line["path"].rpartition("/")[2] for line in lines(recorded, HOST) if "/items/" in line["path"]]
    queries = ["apple", *(f"https://news.ycombinator.com/item?id={item}" for item in items)]
    return f'[[source]]\nkind = "hackernews"\nqueries = {json.dumps(queries)}\n'


def expected(recorded: Path) -> set[str]:
    """Return the ids of the hits and items."""
    ids = set()
    for line in lines(recorded, HOST):
        if line["path"].endswith("/search_by_date") and line["query"] in SEARCHES:
            ids |= {hit["objectID"] for hit in body(recorded, line)["hits"]}
        elif "/items/" in line["path"]:
            ids |= {str(item["id"]) for item in every(body(recorded, line)) if "children" in item}
    return ids

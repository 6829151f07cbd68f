"""Submissions and comments of Reddit's OAuth API, from cassettes of PRAW.

``/api/info`` re-checks posts that are known, and a crawl asks for none. Replies alike are given in turn to
all who ask, hence the order of the threads: the twelve replies to "more" belong to the first.
"""

import json
from pathlib import Path

from benchmarks.recorded import body, every, lines

THREADS = [
    "https://www.reddit.com/r/funny/comments/3hahrw/ba_dum_tsss/",
    "https://www.reddit.com/comments/2gmzqe/",
    "https://www.reddit.com/comments/52o2fl/_/d7ltvl0/",
    "https://www.reddit.com/comments/6wmniq/_/dma3mi5/",
    "https://www.reddit.com/comments/fo7p5b/",
]
ASKED_FOR_AND_GONE = {"t1_d7ltvl0", "t1_dma3mi5"}
WATCHLIST = f"""
[[source]]
kind = "reddit"
subreddits = ["all"]
queries = {json.dumps(["praw oauth search", *THREADS])}
[[source]]
kind = "reddit"
subreddits = ["askreddit"]
queries = {json.dumps(THREADS)}
"""
N = 1644


def expected(recorded: Path) -> set[str]:
    """Return the names of the things, and of the two comments that are known to be gone."""
    ids = set()
    for line in lines(recorded, "oauth.reddit.com"):
        if line["path"] != "/api/info/":
            things = (it for it in every(body(recorded, line)) if it.get("kind") in ("t1", "t3"))
            ids |= {thing["data"]["name"] for thing in things}
    return ids | ASKED_FOR_AND_GONE

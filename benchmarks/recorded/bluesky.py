"""Recorded replies of Bluesky.

Not to be asked for by a crawl: the feeds of an author, a list, a generator or the account itself, likes and
reposts; nor ``searchPosts`` for ``{atrrr}``, recorded with ``sort=top``, since we sort by time. No recording
has a login, so ours answers it. The threads of posts that the searches found were not recorded either.
"""

import json
import re
from pathlib import Path
from typing import Any

THREADS = ("3kbi55xm6u62v", "3kbi57u4sys2l")
WATCHLIST = f"""
[[source]]
kind = "bluesky"
queries = [
  "rstats",
  "#rstats",
  "at://did:plc:ntd53albt5ffa4rgervvgibd/app.bsky.feed.post/{THREADS[0]}",
  "https://bsky.app/profile/did:plc:ntd53albt5ffa4rgervvgibd/post/{THREADS[1]}",
]
"""
FILES = ("searchPosts_0e3ec", "searchPosts_bb16d", "getPostThread_72827", "getPostThread_aa665")
N = 127


def expected(recorded: Path) -> set[str]:
    """Return did/key of each object that is a post: a quoted one has a value in the place of a record."""
    found = set()

    def see(value: dict[str, Any]) -> dict[str, Any]:
        if "replyCount" in value and "record" in value:
            found.add(re.sub(r"^at://|app\.bsky\.feed\.post/", "", value["uri"]))
        return value

    for name in FILES:
        path = recorded / f"bluesky/atrrr_json/app.bsky.feed.{name}.json"
        json.loads(path.read_text(encoding="utf-8"), object_hook=see)
    return found


def index(_recorded: Path) -> list[dict[str, Any]]:
    """Return the line of the login."""
    return [
        {
            "method": "POST",
            "host": "bsky.social",
            "path": "/xrpc/com.atproto.server.createSession",
            "query": {},
            "status": 200,
            "content_type": "application/json",
            "file": str(Path(__file__).parent / "bluesky_session.json"),
        }
    ]

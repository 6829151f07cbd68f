"""Recorded replies of Mastodon: cassettes of rtoot.

Asked for: the timelines of #rstats on two instances, a status, and a thread whose first status was not
recorded. Not to be asked for by a crawl: the home, list and public timelines, which are no talk about
anything (``process_request`` are pages of the public one), and the search for accounts. The timelines were
recorded several times with the same statuses; their second page was not, so the first answers again.
"""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import yaml

WATCHLIST = """
[[source]]
kind = "mastodon"
instances = ["mastodon.social", "fosstodon.org"]
tags = ["rstats"]
queries = [
  "https://mastodon.social/statuses/109294719267373593",
  "https://fosstodon.org/statuses/114620457512351116",
]
"""
ASKED = re.compile(
    r"https://(?P<host>[^/]+)(?P<path>/api/v1/(?:timelines/tag/\w+|statuses/\d+(?:/context)?))(?:\?.*)?"
)
N = 65


def cassettes(recorded: Path) -> list[tuple[Path, int, re.Match[str], Any]]:
    """Return every interaction that is asked for: file, number, address, reply."""
    found = []
    for path in sorted((recorded / "mastodon/rtoot").glob("*.yml")):
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        for number, interaction in enumerate(document["http_interactions"]):
            if asked := ASKED.fullmatch(interaction["request"]["uri"]):
                found.append((path, number, asked, json.loads(interaction["response"]["body"]["string"])))
    return found


def expected(recorded: Path) -> set[str]:
    """Return host/statuses/number of each status, or for other addresses their host and hash."""
    uris = set()
    for _, _, _, reply in cassettes(recorded):
        rows = reply if isinstance(reply, list) else [reply]
        rows = [it for row in rows for it in row.get("descendants", [row])]
        uris |= {row["uri"] for row in rows}
    return {named(uri) for uri in uris}


def named(uri: str) -> str:
    """Return the id of a status without the person in its address."""
    host = uri.split("/")[2]
    if page := re.search(r"/users/[^/]+/(statuses/\d+)$", uri):
        return f"{host}/{page[1]}"
    return f"{host}/{hashlib.sha256(uri.encode()).hexdigest()[:32]}"


def index(recorded: Path) -> list[dict[str, Any]]:
    """Return a line for each interaction that is asked for."""
    return [
        {
            "method": "GET",
            "host": asked["host"],
            "path": asked["path"],
            "query": {},
            "status": 200,
            "content_type": "application/json",
            "file": str(path.relative_to(recorded)),
            "cassette": number,
        }
        for path, number, asked, _ in cassettes(recorded)
    ]

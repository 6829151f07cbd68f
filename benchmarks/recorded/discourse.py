"""Topics of real Discourse forums, as their pages had them, and one of the official client's fixtures.

All are asked for by the address of the topic. What stands in ``wcxb`` are the same topics as pages, for the
spider of forums. The other fixtures (``latest.json``, ``search.json``…) are cut down by hand to placeholders
that name no topic recorded. Of topic 223334 the last four of 24 posts were not recorded: a 404, which is
told.
"""

import json
import re
from pathlib import Path
from typing import Any

N = 144
FIXTURE = "discourse/api_gem/topic.json"


def index(recorded: Path) -> list[dict[str, Any]]:
    """Return the line of the fixture, whose topic was one of Discourse's sandbox."""
    topic_id = json.loads((recorded / FIXTURE).read_text(encoding="utf-8"))["id"]
    asked = {"method": "GET", "host": "try.discourse.org", "path": f"/t/{topic_id}.json", "query": {}}
    return [{**asked, "status": 200, "content_type": "application/json", "file": FIXTURE}]


def lines(recorded: Path) -> list[dict[str, Any]]:
    """Return the lines of all recorded topics."""
    text = (recorded / "index.jsonl").read_text(encoding="utf-8")
    rows = [json.loads(line) for line in text.split("\n") if line] + index(recorded)
    return [row for row in rows if re.fullmatch(r"/t/\d+\.json", row["path"])]


def watchlist(recorded: Path) -> str:
    """Return the source: every recorded topic by its address."""
    urls = [f"https://{row['host']}{row['path'].removesuffix('.json')}" for row in lines(recorded)]
    sites = ", ".join(f'{{ url = "{url}" }}' for url in urls)
    return f'[[source]]\nkind = "discourse"\nsites = [{sites}]\n'


def expected(recorded: Path) -> set[str]:
    """Return the posts with words in the topics; a note that a topic was closed is none, nor is a picture."""
    ids = set()
    for row in lines(recorded):
        topic = json.loads((recorded / row["file"]).read_text(encoding="utf-8"))
        for post in topic["post_stream"]["posts"]:
            has_words = re.sub(r"<[^>]*>", "", post["cooked"]).strip()
            if has_words and not post.get("action_code"):
                ids.add(f"{row['host']}/{post['id']}")
    return ids

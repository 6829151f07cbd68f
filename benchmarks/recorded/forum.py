"""Pages of real threads of twelve kinds of software, saved by a browser; each is one page of its thread.

What a page holds is counted by a string of its own that stands once in every post; those of Discourse by the
JSON of the same topic, without its notes that a topic was closed. Replies to a recorded address with another
page number bring the same page again, as the index ignores what it does not name; that ends a thread. Two of
the posts are only a preview of a link and have no word of their author's, so they do not land.
"""

import json
import re
from pathlib import Path
from typing import Any

N = 368
# Each checked by eye: it stands in every post, and in nothing else.
MARKERS = {
    "dev-0403": r'data-content="post-(\d+)"',
    "dev-0514": r'data-content="post-(\d+)"',
    "dev-0517": r'<li id="post-(\d+)" class="',
    "dev-0520": r'<li id="post-(\d+)" class="',
    "dev-0525": r'id="post_message_(\d+)"',
    "dev-0528": r'id="js-post-(\d+)"',
    "dev-0534": r'id="js-post-(\d+)"',
    "dev-0536": r'<div id="p(\d+)" class="post ',
    "dev-0538": r'<div id="p(\d+)" class="post ',
    "dev-0541": r'<div id="p(\d+)" class="blockpost',
    "dev-0545": r'data-commentid="(\d+)" data-quotedata=',
    "dev-0547": r'data-commentid="(\d+)" data-quotedata=',
    "dev-0550": r'data-commentID="(\d+)" data-quoteData=',
    "dev-0556": r'data-msgid="(\d+)"',
    "dev-0559": r'id="(?:Comment_|(D)iscussion_)(\d+)"',
    "dev-4312": r'id="js-post-(\d+)"',
    "test-5028": r'id="js-post-(\d+)"',
    "test-5032": r'id="post(\d+)" class="anchor"',
    "test-5039": r'id="(?:Comment_|(D)iscussion_)(\d+)"',
    "test-5049": r'<div id="(?:post|(t)opic)(\d+)" class="post ',
    "test-5095": r'id="post_message_(\d+)"',
    "test-5132": r'<div id="post-(\d+)"',
}
PREFIXES = {"D": "discussion-", "t": "topic-"}
ONLY_A_LINK = {"avsforum.com/63057439", "forum.level1techs.com/223334/18"}


def pages(recorded: Path) -> list[dict[str, Any]]:
    """Return the index's lines of pages."""
    text = (recorded / "index.jsonl").read_text(encoding="utf-8")
    rows = [json.loads(line) for line in text.split("\n") if line]
    return [row for row in rows if row["file"].startswith(("forums/", "discourse/wcxb/"))]


def address(row: dict[str, Any]) -> str:
    """Return what a page was asked for as."""
    query = "&".join(f"{name}={value}" for name, value in row["query"].items())
    return f"https://{row['host']}{row['path']}" + (f"?{query}" if query else "")


def watchlist(recorded: Path) -> str:
    """Return the source: every page."""
    urls = ", ".join(f'{{ url = "{address(row)}" }}' for row in pages(recorded))
    return f'[[source]]\nkind = "forum"\npages = [{urls}]\n'


def expected(recorded: Path) -> set[str]:
    """Return the posts of all pages."""
    ids = set()
    for row in pages(recorded):
        host = row["host"].removeprefix("www.")
        path = recorded / row["file"]
        if topic := re.fullmatch(r"/t/[^/]+/(\d+)", row["path"]):
            numbers = [f"{topic[1]}/{number}" for number in numbers_of(recorded, topic[1])]
        else:
            found = re.findall(MARKERS[path.stem], path.read_text(encoding="utf-8", errors="replace"))
            numbers = [one if isinstance(one, str) else PREFIXES.get(one[0], "") + one[1] for one in found]
        ids |= {f"{host}/{number}" for number in numbers}
    return ids - ONLY_A_LINK


def numbers_of(recorded: Path, topic: str) -> list[int]:
    """Return the numbers of a topic's posts, less its notes."""
    path = recorded / "discourse" / "topic_json_from_preload" / f"topic_{topic}.json"
    posts = json.loads(path.read_text(encoding="utf-8"))["post_stream"]["posts"]
    return [post["post_number"] for post in posts if not post.get("action_code")]

"""Real replies, recorded by others: every review, story, complaint and comment they hold lands.

What is expected is counted here from the recorded files, by other code than the spiders'. Some recorded
replies cannot be asked for, or not by a crawl:

- Hacker News: ``/search`` orders by relevance, and we ask by date; ``/users`` has no posts; tags such as
  ``(story,poll)`` or ``(comment),author_pg`` and ``(ask_hn)`` are no searches of ours; the lines with
  ``query=apple`` stand behind lines with the same tags and no query, which answer first.
- App Store: page 11, since there are ten.
- Reddit: ``/api/info`` re-checks posts that are known, and a crawl asks for none.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

RECORDED = Path(__file__).parents[3] / "shared" / "recorded"
SEARCHES = [{"tags": "(story)"}, {"tags": "(poll)"}, {"tags": "(comment)"}]
THREADS = [
    # First, so that the twelve replies to "more" are its own: replies alike are given in turn to all who ask.
    "https://www.reddit.com/r/funny/comments/3hahrw/ba_dum_tsss/",
    "https://www.reddit.com/comments/2gmzqe/",
    "https://www.reddit.com/comments/52o2fl/_/d7ltvl0/",
    "https://www.reddit.com/comments/6wmniq/_/dma3mi5/",
    "https://www.reddit.com/comments/fo7p5b/",
]
ASKED_FOR_AND_GONE = {"t1_d7ltvl0", "t1_dma3mi5"}

pytestmark = pytest.mark.skipif(not RECORDED.exists(), reason=f"no recorded replies at {RECORDED}")


def lines(*hosts: str) -> list[dict[str, Any]]:
    """Return the index's lines of some hosts."""
    rows = [
        json.loads(line)
        for line in (RECORDED / "index.jsonl").read_text(encoding="utf-8").split("\n")
        if line
    ]
    return [row for row in rows if row["host"] in hosts]


def body(line: dict[str, Any]) -> Any:
    """Return the JSON a line answers with."""
    document = json.loads((RECORDED / line["file"]).read_text(encoding="utf-8"))
    if "pointer" in line:
        for step in line["pointer"].split("/")[1:]:
            document = document[int(step)] if isinstance(document, list) else document[step]
    if "cassette" in line:
        return json.loads(document["interactions"][line["cassette"]]["response"]["body"]["string"])
    return document


def every(value: Any) -> Iterator[dict[str, Any]]:
    """Yield every object in a parsed reply."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from every(part)


def expected_hackernews() -> set[str]:
    ids = set()
    for line in lines("hn.algolia.com"):
        if line["path"].endswith("/search_by_date") and line["query"] in SEARCHES:
            ids |= {hit["objectID"] for hit in body(line)["hits"]}
        elif "/items/" in line["path"]:
            ids |= {str(item["id"]) for item in every(body(line)) if "children" in item}
    return ids


def expected_appstore() -> set[str]:
    found = lines("itunes.apple.com")
    feeds = [body(line) for line in found if line["status"] == 200]
    assert [line["path"] for line in found if line["status"] != 200] == [
        "/us/rss/customerreviews/page=11/id=555731861/sortby=mostrecent/json"
    ]
    return {entry["id"]["label"] for feed in feeds for entry in every(feed) if "im:rating" in entry}


def expected_cfpb() -> set[str]:
    replies = [body(line) for line in lines("www.consumerfinance.gov")]
    return {row["complaint_id"] for reply in replies for row in every(reply) if "complaint_id" in row}


def expected_reddit() -> set[str]:
    ids = set()
    for line in lines("oauth.reddit.com"):
        if line["path"] != "/api/info/":
            things = (it for it in every(body(line)) if it.get("kind") in ("t1", "t3"))
            ids |= {thing["data"]["name"] for thing in things}
    return ids | ASKED_FOR_AND_GONE


def review_pages() -> list[dict[str, Any]]:
    return [line for line in lines(*hosts()) if line["file"].startswith("schema_review/")]


def hosts() -> set[str]:
    rows = [
        json.loads(line)
        for line in (RECORDED / "index.jsonl").read_text(encoding="utf-8").split("\n")
        if line
    ]
    return {row["host"] for row in rows}


def expected_reviews() -> dict[str, int]:
    counts = {}
    for line in review_pages():
        html = (RECORDED / line["file"]).read_text(encoding="utf-8")
        in_json = len(re.findall(r'"@type"\s*:\s*"Review"', html))
        in_microdata = len(re.findall(r'itemtype="https?://schema\.org/Review"', html))
        counts[line["host"] + line["path"]] = in_json + in_microdata
    return counts


def watchlist() -> str:
    apps = {re.search(r"/(\w\w)/.*id=(\d+)/", line["path"]).groups() for line in lines("itunes.apple.com")}
    items = [line["path"].rpartition("/")[2] for line in lines("hn.algolia.com") if "/items/" in line["path"]]
    queries = ["apple", *(f"https://news.ycombinator.com/item?id={item}" for item in items)]
    pages = [f"https://{line['host']}{line['path']}" for line in review_pages()]
    app_rows = ", ".join(f'{{ id = "{app}", country = "{country}" }}' for country, app in sorted(apps))
    page_rows = ", ".join(f'{{ url = "{page}" }}' for page in pages)
    return f"""
[brand]
name = "Apple"
[[source]]
kind = "hackernews"
queries = {json.dumps(queries)}
[[source]]
kind = "appstore"
apps = [{app_rows}]
[[source]]
kind = "cfpb"
companies = ["EQUIFAX, INC."]
[[source]]
kind = "reviews"
pages = [{page_rows}]
[[source]]
kind = "reddit"
subreddits = ["all"]
queries = {json.dumps(["praw oauth search", *THREADS])}
[[source]]
kind = "reddit"
subreddits = ["askreddit"]
queries = {json.dumps(THREADS)}
"""


@pytest.fixture(scope="module")
def crawled(crawl: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Any:
    return crawl(watchlist(), tmp_path_factory.mktemp("recorded") / "data", replay=RECORDED)


def landed(crawled: Any, source: str) -> list[dict[str, Any]]:
    return [post for post in crawled.posts if post["source"] == source]


@pytest.mark.parametrize(
    ("source", "expected", "n"),
    [
        ("hackernews", expected_hackernews, 12),
        ("appstore", expected_appstore, 204),
        ("cfpb", expected_cfpb, 75),
        ("reddit", expected_reddit, 1644),
    ],
)
def test_every_post_lands_once(crawled, source, expected, n):
    ids = Counter(post["source_id"] for post in landed(crawled, source))
    assert set(ids) == expected()
    assert set(ids.values()) == {1}
    assert len(ids) == n


def test_every_review_lands_once(crawled):
    pages = Counter(post["community"] for post in landed(crawled, "reviews"))
    expected: Counter[str] = Counter()
    for page, n in expected_reviews().items():
        expected[page.partition("/")[0]] += n
    assert pages == expected
    assert pages.total() == 30
    assert len({post["source_id"] for post in landed(crawled, "reviews")}) == 30


def test_all_that_lands_can_be_read(crawled):
    for post in crawled.posts:
        assert post["text"] or post["is_deleted"], post
        assert post["title"] is None or post["text"].casefold().startswith(
            post["title"].rstrip(" .…").casefold()
        )
        assert post["posted_at"] or post["source"] in ("appstore", "reviews") or post["is_deleted"], post
    complaints = landed(crawled, "cfpb")
    assert all(post["title"] and post["about"] == "EQUIFAX, INC." for post in complaints)


def test_no_author_lands_or_is_logged(crawled):
    things = (thing for line in lines("hn.algolia.com", "oauth.reddit.com") for thing in every(body(line)))
    authors = {name for thing in things if isinstance(name := thing.get("author"), str)}
    names = {name for name in authors if len(name) > 6 and "[" not in name}
    assert len(names) > 500
    rows = "\n".join(json.dumps({**post, "text": "", "title": ""}) for post in crawled.posts)
    assert names & set(re.findall(r"[\w-]+", rows)) == set()
    assert names & set(re.findall(r"[\w-]+", crawled.log)) == set()


def test_nobody_s_post_says_their_own_handle(crawled):
    said = {
        post["source_id"]: set(re.findall(r"\w+", f"{post['title']} {post['text']}".casefold()))
        for post in crawled.posts
    }
    things = [thing for line in lines("hn.algolia.com", "oauth.reddit.com") for thing in every(body(line))]
    handles = {
        (str(thing.get(key)), name)
        for thing in things
        for key in ("objectID", "name", "id")
        if isinstance(name := thing.get("author"), str) and re.search(r"[a-z]_|_[a-z]|[a-z]\d", name)
    }
    own = [(id_, name) for id_, name in handles if id_ in said and len(name) >= 5]
    assert len(own) > 200
    assert [(id_, name) for id_, name in own if name.casefold() in said[id_]] == []


def test_what_is_not_recorded_is_told_and_nothing_else(crawled):
    for source, coverage in crawled.coverages.items():
        told = [error for error in coverage["errors"] if "HTTP 404" not in error and "404 HTTP" not in error]
        if source == "appstore":
            assert [error.rpartition(": ")[2] for error in told] == ["an empty feed"], told
        elif source == "reddit":
            # What hides behind fo7p5b's "more" was not recorded, and PRAW notices.
            assert [error.partition(": ")[0] for error in told] == [
                "https://www.reddit.com/comments/fo7p5b/"
            ], told
        else:
            assert told == []
        assert coverage["finish_reason"] == "finished"
    assert crawled.coverages["cfpb"]["is_ok"]

"""Real replies, recorded by others: every post they hold lands, and nothing else; see benchmarks/recorded."""

import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks import recorded as recordings
from crawlers.watchlist import kinds_with_a_spider

ROOT = Path(__file__).parents[2]
RECORDED = ROOT.parent / "shared" / "recorded"
NAMED = ["hn.algolia.com", "oauth.reddit.com"]
"""Hosts whose replies name authors in a field of that name."""

pytestmark = pytest.mark.skipif(not RECORDED.exists(), reason=f"no recorded replies at {RECORDED}")


def replies(*hosts: str) -> list[Any]:
    return [recordings.body(RECORDED, line) for line in recordings.lines(RECORDED, *hosts)]


@pytest.fixture(scope="module")
def crawled(crawl: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("recorded")
    recordings.write_index(RECORDED, folder)
    return crawl(recordings.watchlist(RECORDED), folder / "data", replay=folder)


def landed(crawled: Any, source: str) -> list[dict[str, Any]]:
    return [post for post in crawled.posts if post["source"] == source]


def test_every_source_has_recordings():
    assert list(recordings.sources()) == kinds_with_a_spider()


@pytest.mark.parametrize("source", recordings.sources())
def test_every_post_lands_once(crawled, source):
    module = recordings.sources()[source]
    ids = Counter(post["source_id"] for post in landed(crawled, source))
    assert set(ids.values()) <= {1}
    assert len(ids) == module.N
    if hasattr(module, "expected"):
        assert set(ids) == module.expected(RECORDED)


def test_every_review_lands_once(crawled):
    pages = Counter(post["community"] for post in landed(crawled, "reviews"))
    assert pages == Counter(recordings.sources()["reviews"].expected_by_host(RECORDED))


def test_the_table_in_the_documentation_is_what_lands(crawled):
    text = (ROOT / "docs" / "sources.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| ([\d,]+) \| ([\d,]+) \| yes \|$", text, re.MULTILINE)
    told = {source: (int(held.replace(",", "")), int(n.replace(",", ""))) for source, held, n in rows}
    found = {name: (module.N, len(landed(crawled, name))) for name, module in recordings.sources().items()}
    assert told == found


def test_all_that_lands_can_be_read(crawled):
    for post in crawled.posts:
        assert post["text"] or post["is_deleted"], post
        assert post["title"] is None or post["text"].casefold().startswith(
            post["title"].rstrip(" .…").casefold()
        )
        is_dated = post["source"] not in ("appstore", "feeds", "reviews") and not post["is_deleted"]
        assert post["posted_at"] or not is_dated, post
    complaints = landed(crawled, "cfpb")
    assert all(post["title"] and post["about"] == "EQUIFAX, INC." for post in complaints)


def test_no_author_lands_or_is_logged(crawled):
    things = (thing for reply in replies(*NAMED) for thing in recordings.every(reply))
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
    things = [thing for reply in replies(*NAMED) for thing in recordings.every(reply)]
    handles = {
        (str(thing.get(key)), name)
        for thing in things
        for key in ("objectID", "name", "id")
        if isinstance(name := thing.get("author"), str) and re.search(r"[a-z]_|_[a-z]|[a-z]\d", name)
    }
    own = [(id_, name) for id_, name in handles if id_ in said and len(name) >= 5]
    assert len(own) > 200
    assert [(id_, name) for id_, name in own if name.casefold() in said[id_]] == []


TOLD = {
    "appstore": [": an empty feed"],
    "feeds": [": 15 dates of an unknown form, such as 'Seg, "],
    # What hides behind fo7p5b's "more" was not recorded, and PRAW notices.
    "reddit": ["https://www.reddit.com/comments/fo7p5b/: "],
    # Every text was blanked by whoever recorded it.
    "stackexchange": ["KeyError: 'body'"] * 3 + ["0 posts seen, expected 1 or more"],
}
"""What the recordings lack besides replies, a part of each error."""


def test_what_is_not_recorded_is_told_and_nothing_else(crawled):
    for source, coverage in crawled.coverages.items():
        told = [error for error in coverage["errors"] if "HTTP 404" not in error and "404 HTTP" not in error]
        expected = TOLD.get(source, [])
        assert len(told) == len(expected), (source, told)
        assert all(part in error for part, error in zip(expected, told, strict=True)), (source, told)
        assert coverage["finish_reason"] == "finished"
    assert crawled.coverages["cfpb"]["is_ok"]

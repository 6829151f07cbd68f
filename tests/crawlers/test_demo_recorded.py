"""The demo's recording holds the posts of demo/posts, anew byte for byte, and a crawl lands them all."""

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from crawlers.redaction import redacted

DEMO = Path(__file__).parents[2] / "demo"
SOURCES = ("appstore", "cfpb", "hackernews", "reddit", "reviews")
WATCH = """
import sys

def watch(event, args):
    if event in ("socket.connect", "socket.sendto"):
        sys.stderr.write(f"\\nNETWORK {args[1][0]}\\n")
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        sys.stderr.write(f"\\nNETWORK {args[0]}\\n")

sys.addaudithook(watch)
"""


def test_recording_anew_gives_the_same_bytes(tmp_path):
    command = [sys.executable, str(DEMO / "record.py"), str(tmp_path / "anew")]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=60)
    assert contents(tmp_path / "anew") == contents(DEMO / "recorded"), "run python demo/record.py"


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def words(text: str) -> str:
    return " ".join(redacted(text).split())


def written(source: str) -> Iterator[str]:
    """Yield the words that each hand-written post should land with."""
    for line in (DEMO / "posts" / f"{source}.jsonl").read_text(encoding="utf-8").split("\n"):
        if not line:
            continue
        row = json.loads(line)
        title, text = row["title"] or "", row["text"] or ""
        if source == "cfpb":  # the title is what the form says: its issue and sub-issue
            yield words(text or title.replace(": ", "\n", 1))
        elif title and words(text).casefold().startswith(words(title).rstrip(" .…").casefold()):
            yield words(text)
        else:
            yield words(f"{title}\n{text}")


@pytest.fixture(scope="module")
def crawled(crawl: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Any:
    watchlist = (DEMO / "watchlist.toml").read_text(encoding="utf-8")
    data = tmp_path_factory.mktemp("demo") / "data"
    return crawl(watchlist, data, replay=DEMO / "recorded", before=WATCH)


@pytest.mark.parametrize("source", SOURCES)
def test_exactly_the_written_posts_land(crawled, source):
    found = Counter(words(post["text"]) for post in crawled.posts if post["source"] == source)
    assert found == Counter(written(source))
    coverage = crawled.coverages[source]
    assert coverage["is_ok"], coverage["errors"]
    assert coverage["n_new"] == coverage["n_seen"] == found.total()


def test_no_author_lands_not_even_in_what_is_said(crawled):
    rows = [
        json.loads(line)
        for source in SOURCES
        for line in (DEMO / "posts" / f"{source}.jsonl").read_text(encoding="utf-8").split("\n")
        if line
    ]
    # "midnight" is a handle and a word; what has a digit, an underscore or two words is a name.
    names = {row["author"] for row in rows if row["author"] and re.search(r"\w[_\d ]", row["author"])}
    assert len(names) > 200
    landed = "\n".join(json.dumps(post, ensure_ascii=False) for post in crawled.posts)
    assert [name for name in sorted(names) if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", landed)] == []


def test_nothing_leaves_the_machine(crawled):
    assert set(re.findall(r"^NETWORK (.*)$", crawled.log, re.MULTILINE)) == {"127.0.0.1"}


def test_a_second_crawl_asks_for_less_and_lands_nothing_else(crawl, crawled):
    watchlist = (DEMO / "watchlist.toml").read_text(encoding="utf-8")
    again = crawl(watchlist, crawled.data, replay=DEMO / "recorded")
    assert [coverage["errors"] for coverage in again.coverages.values()] == [[]] * len(SOURCES)
    for source in ("reddit", "appstore", "reviews"):
        assert again.coverages[source]["n_requested"] < crawled.coverages[source]["n_requested"]
    keys = {(post["source"], post["source_id"]) for post in again.posts}
    assert len(keys) == sum(coverage["n_new"] for coverage in crawled.coverages.values())

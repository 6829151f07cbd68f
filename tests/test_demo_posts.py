"""The hand-written posts of the demo market are what ``demo/README.md`` says they are."""

import json
import re
from collections import Counter, defaultdict
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from nlp.grievance import KINDS

DEMO = Path(__file__).parent.parent / "demo"
BRANDS = ("Tallow", "Brindle", "Ovenbird")


@pytest.fixture(scope="module")
def posts() -> list[dict[str, Any]]:
    return [
        json.loads(line)
        for path in sorted((DEMO / "posts").glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]


def test_marks_quote_their_post(posts: list[dict[str, Any]]) -> None:
    for post in posts:
        text = f"{post['title'] or ''}\n{post['text'] or ''}"
        for mark in post["marks"]:
            assert mark["quote"], post["id"]
            assert mark["quote"] in text, post["id"]
            assert mark["kind"] in KINDS
            assert mark["brand"] in BRANDS


def test_planted_themes_have_the_people_that_the_readme_counts(posts: list[dict[str, Any]]) -> None:
    people: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for post in posts:
        for mark in post["marks"]:
            people[mark["theme"], mark["brand"]].add((post["source"], post["author"] or post["id"]))
    readme = (DEMO / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([\w-]+)`:[^|]+\| (\d+) \| (\d+) \| (\d+) \|", readme, re.MULTILINE)
    assert {theme for theme, *_ in rows} == {theme for theme, _ in people} - {"other", None}
    for theme, *counts in rows:
        assert [len(people[theme, brand]) for brand in BRANDS] == [int(n) for n in counts], theme
    others = sum(mark["theme"] == "other" for post in posts for mark in post["marks"])
    assert f"{others}\ngrievances that recur nowhere" in readme
    assert f"| {len(posts)} posts" in readme


def test_one_theme_begins_and_one_fades(posts: list[dict[str, Any]]) -> None:
    said = defaultdict(list)
    for post in posts:
        for mark in post["marks"]:
            said[mark["theme"], mark["brand"]].append(
                datetime.fromisoformat(post["posted_at"]).date().isoformat()
            )
    assert min(said["login-loop", "Tallow"]) >= "2026-09-14"
    assert max(said["card-never-arrives", "Tallow"]) <= "2026-08-23"
    everything = [day for days in said.values() for day in days]
    assert min(everything) >= "2026-05-18"
    assert max(everything) <= "2026-11-15"


def test_posts_are_varied_like_people(posts: list[dict[str, Any]]) -> None:
    english = [
        post for post in posts if post["lang"] == "en" and not any("repost" in n for n in post["notes"])
    ]
    openings = Counter(" ".join((post["text"] or post["title"]).lower().split()[:4]) for post in english)
    assert openings.most_common(1)[0][1] <= 3
    frames: Counter[str] = Counter()
    for post in english:
        words = re.findall(r"[a-z']+", (post["text"] or "").lower())
        frames.update({" ".join(words[i : i + 7]) for i in range(len(words) - 6)})
    assert frames.most_common(1)[0][1] <= 3


def test_the_mess_of_reality_is_there(posts: list[dict[str, Any]]) -> None:
    notes = Counter(note.split(":")[0] for post in posts for note in post["notes"])
    assert len(posts) >= 600
    assert min(notes[n] for n in ("sarcasm", "praise", "namesake", "off_topic", "repost", "loud", "pii")) >= 3
    assert {post["lang"] for post in posts} >= {"en", "de", "es", "fr"}

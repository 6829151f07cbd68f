"""The marked posts are what they say: exact quotes, known kinds, brands of their market, no post twice."""

import json
from collections import Counter
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from nlp.grievance import KINDS

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "nlp" / "marked"
GOLD = ROOT / "tests" / "nlp" / "gold.jsonl"
FILES = [GOLD, FOLDER / "dev.jsonl", *sorted(FOLDER.glob("train_*.jsonl"))]


def posts(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_marks_are_exact(path):
    for post in posts(path):
        for mark in post["grievances"]:
            assert post["text"].count(mark["quote"]) == 1, (post["id"], mark["quote"])
            assert mark["kind"] in KINDS, post["id"]
            assert mark["brand"] in post["brands"], post["id"]
            assert mark["switch_to"] is None or mark["kind"] == "switch", post["id"]
        assert (post["intensity"] is not None) == post["is_complaint"], post["id"]


def test_no_post_is_twice_and_none_of_gold_is_in_another_set():
    texts = {path: {" ".join(post["text"].casefold().split()) for post in posts(path)} for path in FILES}
    assert [len(texts[path]) for path in FILES] == [len(posts(path)) for path in FILES]
    assert all(not texts[one] & texts[other] for one, other in combinations(FILES, 2))
    assert all(len({post["id"] for post in posts(path)}) == len(posts(path)) for path in FILES)


def test_gold_is_large_and_has_every_kind_often():
    kinds = Counter(mark["kind"] for post in posts(GOLD) for mark in post["grievances"])
    assert len(posts(GOLD)) >= 400
    assert set(kinds) == set(KINDS)
    assert min(kinds.values()) >= 30

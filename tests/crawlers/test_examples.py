"""Saved replies of every source, crawled, give the posts and errors beside them.

A new source: put its replies in examples/<source> with an index.jsonl, and its part of a watchlist in
sources.toml; the first run writes expected.json, to be read and committed.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

EXAMPLES = Path(__file__).parent / "examples"
SOURCES = sorted(path.name for path in EXAMPLES.iterdir())
BRAND = '[brand]\nname = "Kettlewick"\n'


@pytest.fixture(scope="module")
def crawled(crawl: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Crawl all examples at once: one recording, one watchlist."""
    folder = tmp_path_factory.mktemp("examples")
    lines = []
    for source in SOURCES:
        for line in (EXAMPLES / source / "index.jsonl").read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            lines.append(json.dumps({**row, "file": str(EXAMPLES / source / row["file"])}))
    (folder / "index.jsonl").write_text("\n".join(lines), encoding="utf-8")
    parts = [(EXAMPLES / source / "sources.toml").read_text(encoding="utf-8") for source in SOURCES]
    return crawl("\n".join([BRAND, *parts]), folder / "data", replay=folder)


def told(post: dict[str, Any]) -> dict[str, Any]:
    return {
        name: post[name]
        for name in post
        if name not in ("source", "fetched_at") and post[name] not in (None, False)
    }


@pytest.mark.parametrize("source", SOURCES)
def test_saved_replies_give_the_posts_beside_them(crawled, source):
    posts = [post for post in crawled.posts if post["source"] == source]
    found = {
        "posts": sorted(map(told, posts), key=lambda post: post["source_id"]),
        "errors": sorted(crawled.coverages[source]["errors"]),
    }
    path = EXAMPLES / source / "expected.json"
    if not path.exists():
        path.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        pytest.fail(f"wrote {path}: read it, commit it")
    assert found == json.loads(path.read_text(encoding="utf-8"))


def test_no_author_and_no_text_is_logged(crawled):
    words = ["ada_l", "Ada L.", "kettle_fan", "Tea Timer", "leaks", "lid broke", "paycheck", "blamed"]
    assert [word for word in words if word in crawled.log] == []
    assert "reddit" in crawled.log

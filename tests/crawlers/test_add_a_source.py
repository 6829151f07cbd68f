"""The source that the documentation adds works as it says: one file, one saved reply, nothing else."""

import json
import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "add-a-source.md"
BEFORE = "import crawlers.spiders\ncrawlers.spiders.__path__.append({folder!r})"


def blocks(language: str) -> list[str]:
    return re.findall(
        rf"^```{language}\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )


def test_it_is_under_a_page():
    assert len(PAGE.read_text(encoding="utf-8").splitlines()) <= 80


def test_the_spider_of_the_documentation_crawls(crawl, tmp_path):
    (spider,), (line,) = blocks("python"), blocks("json")
    (reply,) = re.findall(r"search answers\s+`(.*?)`", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "spiders").mkdir()
    (tmp_path / "spiders" / "telex.py").write_text(spider, encoding="utf-8")
    replay = tmp_path / "replay"
    replay.mkdir()
    (replay / "page1.json").write_text(reply, encoding="utf-8")
    (replay / "last.json").write_text('{"hits": [], "next": null}')
    second = {**json.loads(line), "query": {"page": "2"}, "file": "last.json"}
    (replay / "index.jsonl").write_text(json.dumps(second) + "\n" + line)

    watchlist = '[brand]\nname = "Kettlewick"\n[[source]]\nkind = "telex"\n'
    before = BEFORE.format(folder=str(tmp_path / "spiders"))
    done = crawl(watchlist, tmp_path / "data", replay=replay, before=before)
    assert done.coverages["telex"]["is_ok"], done.log
    (post,) = done.posts
    assert (post["source"], post["source_id"], post["text"]) == ("telex", "7", "…")
    assert post["author_key"]
    assert "ada" not in json.dumps(post)
    assert done.cursors("telex") == {"Kettlewick": "2026-06-01T10:00:00+00:00"}

"""Crawl everything recorded and print what landed: ``python -m benchmarks.recorded ../shared/recorded``."""

import argparse
import json
import logging
import tempfile
from pathlib import Path

from benchmarks.recorded import sources, watchlist, write_index
from crawlers.crawl import crawl

HEAD = "| source | records in the files | landed | each of them once |\n|---|---:|---:|---|\n"


def table(recorded: Path) -> str:
    """Return a row per source: records its files hold, records landed, and whether they are the same."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_index(recorded, folder)
        (folder / "watchlist.toml").write_text(watchlist(recorded), encoding="utf-8")
        crawl(folder / "watchlist.toml", folder / "data", replay=folder, log_level="CRITICAL")
        landed: dict[str, list[str]] = {}
        for path in sorted(folder.glob("data/landing/*/*.jsonl")):
            for line in path.read_text(encoding="utf-8").split("\n")[:-1]:
                landed.setdefault(path.parent.name, []).append(json.loads(line)["source_id"])
    rows = []
    for source, module in sources().items():
        ids = landed.get(source, [])
        if hasattr(module, "expected"):
            expected = module.expected(recorded)
            n_expected, is_same = len(expected), len(ids) == len(set(ids)) and set(ids) == expected
        else:
            n_expected = sum(module.expected_by_host(recorded).values())
            is_same = len(ids) == len(set(ids)) == n_expected
        rows.append(f"| `{source}` | {n_expected:,} | {len(ids):,} | {'yes' if is_same else 'NO'} |\n")
    return HEAD + "".join(rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recorded", type=Path, help="folder of recordings with an index.jsonl")
    logging.disable()
    print(table(parser.parse_args().recorded), end="")

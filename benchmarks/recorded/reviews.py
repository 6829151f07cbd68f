"""Reviews marked as schema.org says, in JSON-LD and microdata, of pages saved by others.

Most have no id of their own, so what is expected is a number per page and not a set of ids.
"""

import re
from pathlib import Path
from typing import Any

from benchmarks.recorded import index

N = 30


def pages(recorded: Path) -> list[dict[str, Any]]:
    """Return the index's lines of the saved pages."""
    return [line for line in index(recorded) if line["file"].startswith("schema_review/")]


def watchlist(recorded: Path) -> str:
    """Return every page."""
    rows = ", ".join(f'{{ url = "https://{line["host"]}{line["path"]}" }}' for line in pages(recorded))
    return f'[[source]]\nkind = "reviews"\npages = [{rows}]\n'


def expected_by_host(recorded: Path) -> dict[str, int]:
    """Return the number of reviews in the markup of each host's pages."""
    counts: dict[str, int] = {}
    for line in pages(recorded):
        html = (recorded / line["file"]).read_text(encoding="utf-8")
        in_json = len(re.findall(r'"@type"\s*:\s*"Review"', html))
        in_microdata = len(re.findall(r'itemtype="https?://schema\.org/Review"', html))
        counts[line["host"]] = counts.get(line["host"], 0) + in_json + in_microdata
    return counts

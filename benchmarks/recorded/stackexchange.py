"""Question pages of Stack Exchange's API, of which whoever recorded them took out every title and text.

They were asked for with a filter that gives ``body_markdown`` and, for comments, no text at all. So nothing
in them can land: the spider reads both pages, rests 0.2 s as they wish, and tells each record it cannot use.
``stackexchange_question_page`` is the page with that wish, without it; ``stackexchange_question`` has one of
its questions, and ``stackexchange_question_parse`` is no answer. The filter is one of ours, beside this file.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

N = 0
FOLDER = "stackexchange/perceval"
PAGES = (f"{FOLDER}/stackexchange_question_backoff_page", f"{FOLDER}/stackexchange_question_page_2")
FILTER = Path(__file__).parent / "stackexchange_filter.json"
WATCHLIST = '[[source]]\nkind = "stackexchange"\nsites = ["stackoverflow"]\ntags = ["python"]\n'


def index(_recorded: Path) -> list[dict[str, Any]]:
    """Return the lines: the filter, then the pages in turn."""
    reply = {"status": 200, "content_type": "application/json"}
    host = {"method": "GET", "host": "api.stackexchange.com"}
    lines = [{**host, "path": "/2.3/filters/create", "query": {}, **reply, "file": str(FILTER)}]
    for page in PAGES:
        asked = {"path": "/2.3/questions", "query": {"tagged": "python", "site": "stackoverflow"}}
        lines.append({**host, **asked, **reply, "file": page})
    return lines


def expected(recorded: Path) -> set[str]:
    """Return the questions, answers and comments that have a text."""
    ids = set()
    for page in PAGES:
        for row in every(json.loads((recorded / page).read_text(encoding="utf-8"))):
            if row.get("title") or row.get("body") or row.get("body_markdown"):
                ids.add(str(row))
    return ids


def every(value: Any) -> Iterator[dict[str, Any]]:
    """Yield every object in a reply."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from every(part)

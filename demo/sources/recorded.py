"""Write a folder of recorded replies, from the posts of demo/posts."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

DEMO = Path(__file__).parents[1]
BRANDS = ("Tallow", "Brindle", "Ovenbird")

Row = dict[str, Any]


class Recorded:
    """A folder of recorded replies being written, and the index of the requests they answer."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lines: list[Row] = []

    def add(
        self, file: str, body: object, host: str, path: str, *, method: str = "GET", **query: object
    ) -> None:
        """Write a reply, a text as it is and all else as JSON, for requests with this query."""
        target = self.folder / file
        target.parent.mkdir(parents=True, exist_ok=True)
        text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False, indent=1)
        target.write_text(f"{text}\n", encoding="utf-8")
        kinds = {".json": "application/json", ".html": "text/html", ".txt": "text/plain"}
        self.lines.append(
            {
                "method": method,
                "host": host,
                "path": path,
                "query": {name: str(value) for name, value in query.items()},
                "status": 200,
                "content_type": f"{kinds[target.suffix]}; charset=utf-8",
                "file": file,
            }
        )

    def write_index(self) -> None:
        """Write the index; the first match answers, so that more exact lines stand before less exact ones."""
        lines = sorted(self.lines, key=lambda line: (line["host"], line["path"], -len(line["query"])))
        text = "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines)
        (self.folder / "index.jsonl").write_text(text, encoding="utf-8")


def posts_of(source: str) -> list[Row]:
    """Read the hand-written posts of a source, oldest first."""
    text = (DEMO / "posts" / f"{source}.jsonl").read_text(encoding="utf-8")
    rows = [json.loads(line) for line in text.split("\n") if line]
    for row in rows:
        row["n"] = int(row["id"][1:])
        row["at"] = datetime.fromisoformat(row["posted_at"])
        row["seconds"] = int(row["at"].timestamp())
    return sorted(rows, key=lambda row: (row["seconds"], row["n"]))


def newest_first(rows: Iterable[Row]) -> list[Row]:
    """Return rows in the order most sources list them."""
    return sorted(rows, key=lambda row: (-row["seconds"], row["n"]))


def below(rows: Iterable[Row]) -> dict[str | None, list[Row]]:
    """Return each row's answers by the row's id; those that answer nothing are under ``None``."""
    answers = defaultdict(list)
    for row in rows:
        answers[row["parent"]].append(row)
    return answers


def says(row: Row, word: str) -> bool:
    """Tell whether a search for a word would find a row."""
    return word.casefold() in f"{row['title'] or ''} {row['text'] or ''}".casefold()


def stable(text: str, digits: int) -> int:
    """Return a number of so many digits that a text always gets."""
    return 10 ** (digits - 1) + int(hashlib.sha256(text.encode()).hexdigest(), 16) % (9 * 10 ** (digits - 1))

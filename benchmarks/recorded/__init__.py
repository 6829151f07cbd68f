"""Real replies, recorded by others: what each source's files hold, counted by other code than the spiders'.

A module per source says what to ask for (``WATCHLIST`` or ``watchlist``), which ids must land (``expected``),
how many (``N``), and in its docstring what no crawl can ask for. ``index`` adds lines to the recording's
``index.jsonl`` for files that have none there.
"""

import importlib
import json
import pkgutil
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from types import ModuleType
from typing import Any

BRAND = '[brand]\nname = "Apple"\n'


def sources() -> dict[str, ModuleType]:
    """Return the module of each source by its name."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__) if module.name[0] != "_")
    return {name: importlib.import_module(f"{__name__}.{name}") for name in names}


def watchlist(recorded: Path) -> str:
    """Return a watchlist that asks for everything recorded."""
    parts = [
        module.watchlist(recorded) if hasattr(module, "watchlist") else module.WATCHLIST
        for module in sources().values()
    ]
    return "\n".join([BRAND, *parts])


def write_index(recorded: Path, folder: Path) -> None:
    """Write an index of all that is recorded into a folder, those of the sources before the recording's."""
    more = (module.index(recorded) for module in sources().values() if hasattr(module, "index"))
    rows = [*chain.from_iterable(more), *index(recorded)]
    # An absolute path stays what it is: a source may add a reply of its own.
    lines = [json.dumps({**row, "file": str(recorded.absolute() / row["file"])}) for row in rows]
    (folder / "index.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def index(recorded: Path) -> list[dict[str, Any]]:
    """Return the lines of the recording's own index."""
    text = (recorded / "index.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.split("\n") if line]


def lines(recorded: Path, *hosts: str) -> list[dict[str, Any]]:
    """Return the index's lines of some hosts."""
    return [row for row in index(recorded) if row["host"] in hosts]


def body(recorded: Path, line: dict[str, Any]) -> Any:
    """Return the JSON that a line answers with."""
    document = json.loads((recorded / line["file"]).read_text(encoding="utf-8"))
    if "pointer" in line:
        for step in line["pointer"].split("/")[1:]:
            document = document[int(step)] if isinstance(document, list) else document[step]
    if "cassette" in line:
        return json.loads(document["interactions"][line["cassette"]]["response"]["body"]["string"])
    return document


def every(value: Any) -> Iterator[dict[str, Any]]:
    """Yield every object in a parsed reply."""
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield value
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)

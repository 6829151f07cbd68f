"""Write a table for people and programs: table, csv, json or md."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from ui.safe import as_cell, as_markdown, printable, width

Format = Literal["table", "csv", "json", "md"]
FORMATS: tuple[Format, ...] = get_args(Format)
MAX_CELL = 80
"""Columns a cell of a ``table`` may take; the other formats keep everything."""


def render(frame: pd.DataFrame, form: Format) -> str:
    """Return the rows in the given format, ending in a line break."""
    writers: dict[Format, Callable[[pd.DataFrame], str]] = {
        "table": _table,
        "csv": _csv,
        "json": _json,
        "md": _md,
    }
    return writers[form](frame)


def _table(frame: pd.DataFrame) -> str:
    head = [_short(name) for name in frame.columns]
    rows = [[_short(value) for value in row] for row in _rows(frame)]
    sizes = [max(width(line[i]) for line in [head, *rows]) for i in range(len(head))]
    is_right = [pd.api.types.is_numeric_dtype(kind) for kind in frame.dtypes]

    def line(cells: Iterable[str]) -> str:
        padded = (
            " " * (size - width(cell)) + cell if right else cell + " " * (size - width(cell))
            for cell, size, right in zip(cells, sizes, is_right, strict=True)
        )
        return "  ".join(padded).rstrip()

    return "\n".join([line(head), line("-" * size for size in sizes), *map(line, rows)]) + "\n"


def _csv(frame: pd.DataFrame) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([as_cell(str(name)) for name in frame.columns])
    for row in _rows(frame):
        writer.writerow(
            [_text(value) if isinstance(value, _NUMBER) else as_cell(_text(value)) for value in row]
        )
    return out.getvalue()


def _json(frame: pd.DataFrame) -> str:
    names = [str(name) for name in frame.columns]
    records = [dict(zip(names, row, strict=True)) for row in _rows(frame)]
    text = json.dumps(records, ensure_ascii=False, indent=2, default=str)
    # JSON lets DEL and the C1 controls through as they are; a terminal may obey them.
    return re.sub(r"[\x7f-\x9f]", lambda found: f"\\u{ord(found[0]):04x}", text) + "\n"


def _md(frame: pd.DataFrame) -> str:
    head = [as_markdown(str(name)) for name in frame.columns]
    rule = ["---:" if pd.api.types.is_numeric_dtype(kind) else "---" for kind in frame.dtypes]
    body = [[as_markdown(_text(value)) for value in row] for row in _rows(frame)]
    return "".join(f"| {' | '.join(line)} |\n" for line in [head, rule, *body])


_NUMBER = (int, float)


def _rows(frame: pd.DataFrame) -> Iterable[list[Any]]:
    for row in frame.itertuples(index=False, name=None):
        yield [_plain(value) for value in row]


def _plain(value: Any) -> Any:
    """Return the value as JSON knows it; times in ISO 8601."""
    if isinstance(value, np.ndarray | list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if pd.isna(value):
        return None
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, date):  # a datetime and pandas' Timestamp are dates too
        return value.isoformat()
    return value if isinstance(value, bool | int | float | str) else str(value)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return ", ".join(map(_text, value))
    if isinstance(value, bool | dict):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def _short(value: Any) -> str:
    """Return the value for a cell on a screen: a few decimals, one line, not too long."""
    text = printable(str(round(value, 2)) if isinstance(value, float) else _text(value))
    if width(text) <= MAX_CELL:
        return text
    while width(text) >= MAX_CELL:
        text = text[:-1]
    return text + "…"

import csv
import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from ui.output import FORMATS, MAX_CELL, render


@pytest.fixture
def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "label": ["=cmd()", "two\nlines | \x1b[1mbold", None],
            "n": [1, -2, 3],
            "share": [0.5, float("nan"), 1 / 3],
            "at": pd.to_datetime([datetime(2026, 5, 18, 7, tzinfo=UTC), None, None]),
            "words": [np.array(["a", "b"]), [], None],
        }
    )


def test_table_is_aligned_and_in_one_line_a_row(frame):
    assert render(frame, "table").splitlines() == [
        "label                 n  share  at                         words",
        "-------------------  --  -----  -------------------------  -----",
        "=cmd()                1    0.5  2026-05-18T07:00:00+00:00  a, b",
        "two lines | [1mbold  -2",
        "                      3   0.33",
    ]


def test_table_shortens_long_cells():
    row = render(pd.DataFrame({"text": ["x" * 500]}), "table").splitlines()[2]
    assert len(row) == MAX_CELL
    assert row.endswith("…")


def test_csv_guards_text_and_leaves_numbers(frame):
    rows = list(csv.reader(io.StringIO(render(frame, "csv"))))
    assert rows[0] == ["label", "n", "share", "at", "words"]
    assert rows[1] == ["'=cmd()", "1", "0.5", "2026-05-18T07:00:00+00:00", "a, b"]
    assert rows[2][1:3] == ["-2", ""]


def test_csv_guards_column_names_too():
    assert render(pd.DataFrame({"=x": [1]}), "csv") == "'=x\n1\n"


def test_json_keeps_everything(frame):
    rows = json.loads(render(frame, "json"))
    assert rows[0] == {
        "label": "=cmd()",
        "n": 1,
        "share": 0.5,
        "at": "2026-05-18T07:00:00+00:00",
        "words": ["a", "b"],
    }
    assert rows[1]["share"] is None
    assert rows[2]["label"] is None


def test_json_escapes_what_a_terminal_obeys():
    text = render(pd.DataFrame({"t": ["\x1b[2J\x9b2J"]}), "json")
    assert text.isprintable() or not set(text) & {"\x1b", "\x9b"}
    assert json.loads(text) == [{"t": "\x1b[2J\x9b2J"}]


def test_markdown_rows_stay_rows(frame):
    lines = render(frame, "md").splitlines()
    assert lines[0] == "| label | n | share | at | words |"
    assert lines[1] == "| --- | ---: | ---: | --- | --- |"
    assert lines[3].startswith(r"| two lines \| \[1mbold | -2 |")


@pytest.mark.parametrize("form", FORMATS)
def test_no_rows(form):
    assert "n" in render(pd.DataFrame({"n": []}), form) or form == "json"


@pytest.mark.parametrize("form", FORMATS)
def test_odd_values(form):
    frame = pd.DataFrame({"v": [date(2026, 1, 2), Decimal("1.5"), {"a": [1]}, b"\x00", True]}, dtype=object)
    assert "2026-01-02" in render(frame, form)

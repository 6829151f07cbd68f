from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import pytest

from ui.options import Options, Since, starting

NOW = datetime(2026, 11, 15, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "start"),
    [
        ("30d", NOW - timedelta(days=30)),
        ("26w", NOW - timedelta(weeks=26)),
        ("6m", NOW - timedelta(days=180)),
        ("1y", NOW - timedelta(days=365)),
        ("2026-05-18", datetime(2026, 5, 18, tzinfo=UTC)),
    ],
)
def test_since(said, start):
    assert starting(Since().convert(said, None, None), NOW) == start


def test_no_since_is_no_start():
    assert starting(None, NOW) is None


@pytest.mark.parametrize("said", ["", "4x", "d", "30", "2026-13-01", "18.05.2026", "-3d", "1d2w"])
def test_since_is_refused_with_what_was_expected(said):
    with pytest.raises(click.BadParameter, match="30d, 26w, 6m, 1y nor a date"):
        Since().convert(said, None, None)


def test_data_folder_is_the_option_then_the_environment_then_here(monkeypatch):
    monkeypatch.delenv("HATEMINE_DATA", raising=False)
    assert Options().folder == Path("data")
    monkeypatch.setenv("HATEMINE_DATA", "/somewhere")
    assert Options().folder == Path("/somewhere")
    assert Options(data=Path("mine")).folder == Path("mine")

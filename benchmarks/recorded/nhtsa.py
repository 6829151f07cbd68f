"""Complaints about one vehicle; the file repeats one of its five."""

import json
from pathlib import Path

WATCHLIST = """
[[source]]
kind = "nhtsa"
vehicles = [{ make = "ford", model = "explorer", year = 2013 }]
"""
N = 5


def expected(recorded: Path) -> set[str]:
    """Return the ids that the files hold."""
    text = (recorded / "nhtsa/recall_radar/complaints-explorer-2013.json").read_text(encoding="utf-8")
    return {str(row["odiNumber"]) for row in json.loads(text)["results"]}

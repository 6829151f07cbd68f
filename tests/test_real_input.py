"""The main job on real complaints: one bureau's file, a brand and two rivals in it."""

import json
from pathlib import Path

import pytest

COMPLAINTS = Path(__file__).parents[2] / "shared" / "corpora" / "cfpb" / "complaints_sample_5000_2026.csv"
WATCHLIST = """
[brand]
name = "Equifax"

[[rival]]
name = "TransUnion"
aliases = ["TRANSUNION INTERMEDIATE HOLDINGS"]

[[rival]]
name = "Experian"
aliases = ["Experian Information Solutions"]
"""
COLUMNS = {
    "text": "Consumer complaint narrative",
    "title": "Issue",
    "posted_at": "Date received",
    "about": "Company",
    "source_id": "Complaint ID",
}

pytestmark = pytest.mark.skipif(not COMPLAINTS.exists(), reason=f"no real complaints at {COMPLAINTS}")


def test_real_complaints_become_themes(hatemine, tmp_path):
    (tmp_path / "watchlist.toml").write_text(WATCHLIST)
    here = ["--data", tmp_path / "data", "--watchlist", tmp_path / "watchlist.toml"]
    maps = [part for field, column in COLUMNS.items() for part in ("--map", f"{field}={column}")]

    done = hatemine("import", COMPLAINTS, "--source", "cfpb", *maps, *here)
    assert done.returncode == 0, done.stderr
    done = hatemine("refresh", *here)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr

    rows = json.loads(hatemine("themes", "--format", "json", *here).stdout)
    assert {row["brand"] for row in rows} == {"Equifax", "TransUnion", "Experian"}
    for brand in ("Equifax", "TransUnion", "Experian"):
        n_people = [row["n_detractors"] for row in rows if row["brand"] == brand]
        assert len(n_people) >= 5
        assert min(n_people[:2]) >= 5, "what stands first is more than a hint"
    words = " ".join(f"{row['label']} {' '.join(row['keywords'])}" for row in rows).lower()
    assert [word for word in ("report", "account", "inquiries", "late payment") if word not in words] == []

    query = """select count(*) as n, count(*) filter (text[quote_start + 1:quote_end] != quote) as n_wrong
        from grievance join post using (source, source_id)"""
    (quotes,) = json.loads(hatemine("sql", query, "--format", "json", *here).stdout)
    assert quotes["n"] > 500
    assert quotes["n_wrong"] == 0

    again = hatemine("refresh", *here)
    assert again.returncode == 0
    assert "nothing changed" in again.stderr

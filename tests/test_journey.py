"""A saved page goes in, a number on a page comes out."""

import re
from pathlib import Path

from streamlit.testing.v1 import AppTest

EXAMPLE = Path(__file__).parent / "journey"
APP = Path(__file__).parents[1] / "ui" / "app.py"


def test_people_whose_lid_broke_are_a_number_on_the_page(hatemine, tmp_path, monkeypatch):
    data = tmp_path / "data"
    done = hatemine("run", "--replay", EXAMPLE, "--watchlist", EXAMPLE / "watchlist.toml", "--data", data)
    assert done.returncode == 0, done.stderr
    assert "reviews: 7 landed of 7 posts seen" in done.stderr

    monkeypatch.setenv("HATEMINE_DATA", str(data))
    app = AppTest.from_file(str(APP), default_timeout=60).run()
    assert not app.exception
    assert app.caption[0].value.startswith("7 posts by 7 people up to 17 June 2026")
    found = re.match(r"\*\*1\. (.*lid.*)\*\* · (\d) people · ", app.expander[0].label)
    assert found, app.expander[0].label
    assert 3 <= int(found[2]) <= 5, "five reviewers say that their lid broke"

    landed = "".join(file.read_text() for file in data.glob("landing/reviews/*.jsonl"))
    assert "lid broke" in landed
    assert "Cleo" not in landed, "no author's name may reach the disk"

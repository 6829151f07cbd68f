"""Reviews of Apple's feeds. Page 11 is not asked for, since there are ten."""

import re
from pathlib import Path

from benchmarks.recorded import body, every, lines

HOST = "itunes.apple.com"
N = 204


def watchlist(recorded: Path) -> str:
    """Return every app and country recorded."""
    found = (re.search(r"/(\w\w)/.*id=(\d+)/", line["path"]) for line in lines(recorded, HOST))
    apps = sorted({match.groups() for match in found if match})
    rows = ", ".join(f'{{ id = "{app}", country = "{country}" }}' for country, app in apps)
    return f'[[source]]\nkind = "appstore"\napps = [{rows}]\n'


def expected(recorded: Path) -> set[str]:
    """Return the ids of the entries that have a rating."""
    found = [line for line in lines(recorded, HOST) if line["status"] == 200]
    feeds = [body(recorded, line) for line in found]
    return {entry["id"]["label"] for feed in feeds for entry in every(feed) if "im:rating" in entry}

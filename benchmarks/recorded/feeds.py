"""Feeds of many makers, and Reddit's; nobody wrote down their addresses, so they stand on an invented host.

Not asked for: ``*FirstEntry*.xml``, which are pieces of HTML out of other files; Reddit's pages in
``rss_a2web`` (``captured/*.html``, ``oldreddit_thread.html``), which are no feeds. The dates of
``uolNoticias.rss`` are in Portuguese and unknown to us: its posts land without, and that is told.
"""

import html
import json
import re
from pathlib import Path

HOST = "feeds.example"
N = 566
TAG = r"(?s)<{0}(?: [^>]*)?>\s*(?:<!\[CDATA\[)?\s*(.*?)\s*(?:\]\]>)?\s*</{0}>"


def files(recorded: Path) -> list[Path]:
    """Return the recorded feeds."""
    found = [*recorded.glob("feeds/*/*.*"), *recorded.glob("reddit/rss_a2web/reddit/*.rss")]
    return sorted(path for path in found if "FirstEntry" not in path.name)


def watchlist(recorded: Path) -> str:
    """Return every feed."""
    rows = [f'{{ url = "https://{HOST}/{path.relative_to(recorded)}" }}' for path in files(recorded)]
    return f'[[source]]\nkind = "feeds"\nfeeds = [{", ".join(rows)}]\n'


def index(recorded: Path) -> list[dict[str, object]]:
    """Return the lines: none of these stands in the recording's own index."""
    line = {"method": "GET", "host": HOST, "query": {}, "status": 200}
    names = [str(path.relative_to(recorded)) for path in files(recorded)]
    return [{**line, "path": f"/{name}", "content_type": "application/xml", "file": name} for name in names]


def expected(recorded: Path) -> set[str]:
    """Return the ids that the files hold."""
    return {ident for path in files(recorded) for ident in idents(path)}


def idents(path: Path) -> list[str]:
    """Return the id of each entry, or else its link; what is no address is on the feed's host."""
    if path.suffix == ".json":
        return [item["id"] for item in json.loads(path.read_text(encoding="utf-8"))["items"]]
    text = path.read_bytes().decode("latin-1")
    entries = re.findall(r"(?s)<(item|entry)([\s>].*?)</\1>", text)
    found = []
    for _name, entry in entries:
        forms = (r'rdf:about="([^"]+)"', TAG.format("guid"), TAG.format("id"), TAG.format("link"))
        match = next(match for form in forms if (match := re.search(form, entry)))
        ident = html.unescape(match[1])
        found.append(ident if re.match("https?:|tag:", ident) else f"{HOST}/{ident}")
    return found

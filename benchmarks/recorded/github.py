"""Issues and comments of GitHub, recorded by github3.py's tests from 2016 to 2021.

The spider asks for all issues of one repository, for a search, and for single issues by their addresses. Pull
requests among them are none of our posts, be they in a list or at an issue's address (218, 301 and the one of
demobrigade). Not asked for by a crawl: events, labels, a pull request, a single comment, a repository,
and what answered PATCH, POST, PUT and DELETE. ``Repository_issues_ascending`` holds what is open of
``Repository_issues_state_all``. The comments of one issue only were recorded: the rest are 404s, which are
told.
"""

import base64
import gzip
import hashlib
import json
import re
from pathlib import Path
from typing import Any

N = 146
REPO = "betamaxpy/betamax"
ISSUE = r"https://api\.github\.com(/repos/([^/]+)/([^/]+)/issues/(\d+))"
ANY_QUERY: dict[str, str] = {}


def interactions(recorded: Path) -> list[tuple[str, int, dict[str, Any]]]:
    """Return every GET of the cassettes: file, number, interaction."""
    found = []
    for path in sorted((recorded / "github/github3py").glob("*.json")):
        cassette = json.loads(path.read_text(encoding="utf-8"))
        rows = enumerate(cassette["http_interactions"])
        found += [(f"github/github3py/{path.name}", n, row) for n, row in rows]
    return [it for it in found if it[2]["request"]["method"] == "GET"]


def body(interaction: dict[str, Any]) -> Any:
    """Return the JSON of an answer."""
    raw = base64.b64decode(interaction["response"]["body"]["base64_string"])
    return json.loads(gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw)


def asked(uri: str) -> tuple[str, dict[str, str]] | None:
    """Return the path and a part of the query that the spider asks for what a cassette has at an address."""
    if found := re.fullmatch(ISSUE, uri):
        return found[1], ANY_QUERY
    if found := re.fullmatch(ISSUE + r"/comments\?per_page=100", uri):
        return f"{found[1]}/comments", {"page": "1"}
    if uri.startswith("https://api.github.com/search/issues?"):
        return "/search/issues", {"sort": "updated"}
    if re.search(r"/(betamax|11439734)/issues\?state=all", uri):
        return f"/repos/{REPO}/issues", {"state": "all"}
    return None


def index(recorded: Path) -> list[dict[str, Any]]:
    """Return the lines of the cassettes, the two pages of all issues one after the other."""
    lines = []
    for file, number, interaction in interactions(recorded):
        if known := asked(interaction["request"]["uri"]):
            line = {"method": "GET", "host": "api.github.com", "path": known[0], "query": known[1]}
            more = {"status": 200, "content_type": "application/json", "file": file, "cassette": number}
            lines.append(line | more)
    return lines


def watchlist(recorded: Path) -> str:
    """Return the sources: a repository, and the search and the issues as queries."""
    paths = {line["path"] for line in index(recorded) if re.search(r"/issues/\d+$", line["path"])}
    issues = [f"https://github.com{path.removeprefix('/repos')}" for path in sorted(paths)]
    queries = json.dumps(["github3 label:Bug", *issues])
    kind = '[[source]]\nkind = "github"\n'
    return f'{kind}repos = ["{REPO}"]\n{kind}queries = {queries}\n'


def expected(recorded: Path) -> set[str]:
    """Return the issues and comments in the answers asked for."""
    ids = set()
    for _, _, interaction in interactions(recorded):
        if not asked(interaction["request"]["uri"]):
            continue
        reply = body(interaction)
        rows = reply.get("items", [reply]) if isinstance(reply, dict) else reply
        for row in rows:
            if "issue_url" in row:
                ids.add(f"comment-{row['id']}")
            elif "pull_request" not in row:
                _, owner, name, number = re.fullmatch(ISSUE, row["url"]).groups()
                hashed = hashlib.sha256(f"{owner}\n{name}".lower().encode()).hexdigest()[:32]
                ids.add(f"{hashed}#{number}")
    return ids

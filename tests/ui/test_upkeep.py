"""What keeps an installation right: doctor says what to do, sync-deletions wipes what sources deleted."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from crawlers import settings
from crawlers.coverage import Coverage, write_coverage
from crawlers.post import Post
from ui.doctor import Finding, examine
from ui.options import Options
from warehouse.connection import database_path, reading
from warehouse.lock import locked

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
BRAND = '[brand]\nname = "Kettlewick"\n[[rival]]\nname = "Boilwell"\n'


class Robots(BaseHTTPRequestHandler):
    """Answers a robots.txt that forbids /secret, or nothing but errors."""

    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.end_headers()
        self.wfile.write(b"User-agent: *\nDisallow: /secret\n")

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def site(status: int = 200) -> Iterator[str]:
    handler = type("Answer", (Robots,), {"status": status})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def found(tmp_path, monkeypatch):
    """Examine an installation with a watchlist; return the findings by subject."""
    monkeypatch.setattr(settings, "HATEMINE_REDDIT_CLIENT_ID", None)
    monkeypatch.setattr(settings, "HATEMINE_CONTACT", "")

    def found(watchlist: str) -> dict[str, list[Finding]]:
        (tmp_path / "watchlist.toml").write_text(watchlist, encoding="utf-8")
        options = Options(data=tmp_path / "data", watchlist=tmp_path / "watchlist.toml")
        findings: dict[str, list[Finding]] = {}
        for finding in examine(options, now=NOW):
            findings.setdefault(finding.subject, []).append(finding)
        return findings

    return found


def test_a_new_installation_is_told_what_it_lacks(found):
    findings = found(BRAND + '[[source]]\nkind = "reddit"\n')
    assert [line.level for line in findings["contact"]] == ["hint"]
    assert "HATEMINE_CONTACT" in findings["contact"][0].text
    assert findings["watchlist"] == [Finding("watchlist", "Kettlewick, 1 rivals, 1 sources")]
    assert findings["reddit"][0].level == "do"
    assert "HATEMINE_REDDIT_CLIENT_ID is set: an app" in findings["reddit"][0].text
    assert {line.level for line in findings["models"]} == {"ok"}
    assert findings["warehouse"][0].level == "hint"


def test_credentials_that_are_set_are_not_shown(found, monkeypatch):
    monkeypatch.setattr(settings, "HATEMINE_REDDIT_CLIENT_ID", "id-1")
    monkeypatch.setattr(settings, "HATEMINE_REDDIT_CLIENT_SECRET", "secret-1")
    assert found(BRAND + '[[source]]\nkind = "reddit"\n')["reddit"] == [
        Finding("reddit", "credentials are set")
    ]


def test_a_watchlist_with_a_mistake_is_told_and_the_rest_is_examined(found):
    findings = found("[brand]\n")
    assert findings["watchlist"][0].level == "do"
    assert "[brand] name: expected a text" in findings["watchlist"][0].text
    assert "models" in findings


def test_robots_txt_is_asked(found):
    with site() as base, site(status=503) as broken:
        pages = ", ".join(f'{{ url = "{url}" }}' for url in (f"{base}/a", f"{base}/secret", f"{broken}/a"))
        findings = found(f'{BRAND}[[source]]\nkind = "reviews"\npages = [{pages}]\n')["robots.txt"]
    said = {(line.level, line.text.replace(base, "A").replace(broken, "B")) for line in findings}
    assert said == {
        ("ok", "A allows A/a"),
        ("do", "A forbids A/secret: take it out of the watchlist"),
        ("do", "B/robots.txt is out of reach, so nothing there is crawled: HTTP 503"),
    }


def test_a_data_folder_is_looked_into(found, tmp_path):
    data = tmp_path / "data"
    data.mkdir(mode=0o755)
    data.chmod(0o755)
    (data / "salt").write_text("short")
    findings = found(BRAND)
    assert "expected 16 characters or more" in findings["salt"][0].text
    assert (findings["data"][0].level, findings["lock"][0].level) == ("hint", "ok")
    assert "GiB free" in findings["disk"][0].text


def test_a_run_at_work_is_no_fault(found, tmp_path, hatemine):
    with locked(tmp_path / "data"):
        (tmp_path / "watchlist.toml").write_text(BRAND)
        done = hatemine("doctor", "--data", tmp_path / "data", "--watchlist", tmp_path / "watchlist.toml")
    assert "ok    lock           another run holds" in done.stdout
    assert done.returncode == 1, "a watchlist without a source must be mended"
    assert done.stderr == "hatemine: 1 of these must be mended: the lines that begin with do\n"


def test_sources_that_fail_for_days_are_told(found, publish, crowd, tmp_path):
    def run(source: str, day: str, *, is_ok: bool) -> None:
        at = f"2026-11-{day}T03:15:00+00:00"
        errors = () if is_ok else ("https://forum.example: HTTP 403",)
        coverage = Coverage(
            source=source, run_id=day, started_at=at, finished_at=at, finish_reason="finished",
            n_errors=len(errors), errors=errors, is_ok=is_ok,
        )  # fmt: skip
        write_coverage(tmp_path / "data", coverage)

    run("forum", "01", is_ok=True)
    run("forum", "21", is_ok=False)
    run("feeds", "21", is_ok=True)
    run("lemmy", "21", is_ok=False)
    publish(*crowd(3, "Acme", "#app it crashes#"))
    findings = found(BRAND)
    assert findings["forum"] == [
        Finding("forum", "went through last on 2026-11-01: https://forum.example: HTTP 403", "do")
    ]
    assert findings["feeds"] == [Finding("feeds", "went through on 2026-11-21 03:15 UTC")]
    assert findings["lemmy"][0].text.startswith("never went through; last time finished with 1 errors: https")


REDDIT = {
    "t3_a": "Kettlewick never refunded my kettle",
    "t1_b": "The Kettlewick lid broke on day one",
    "t1_c": "Kettlewick support hung up on me",
}


def comment(name: str, body: str) -> dict[str, object]:
    data = {
        "id": name[3:], "name": name, "body": body, "author": "ada_l", "subreddit": "tea", "link_id": "t3_x",
        "parent_id": "t3_x", "created_utc": 1780000000.0, "edited": False, "score": 1, "replies": "",
    }  # fmt: skip
    return {"kind": "t1", "data": data}


def test_what_reddit_deleted_is_wiped_everywhere(hatemine, tmp_path):
    landed = tmp_path / "data" / "landing" / "reddit" / "20261101T000000.000000Z.jsonl"
    landed.parent.mkdir(parents=True)
    old = Post(source="reddit", source_id="", text="", author_key="k", fetched_at=NOW, posted_at=NOW)
    posts = [replace(old, source_id=id_, text=text) for id_, text in REDDIT.items()]
    landed.write_text("".join(post.to_json() + "\n" for post in posts), encoding="utf-8")
    (tmp_path / "watchlist.toml").write_text(BRAND)
    replies = {
        "token": {"access_token": "x", "token_type": "bearer", "expires_in": 3600, "scope": "*"},
        "info": {
            "kind": "Listing",
            "data": {
                "after": None,
                "children": [
                    comment("t1_b", REDDIT["t1_b"]),
                    comment("t1_c", "[removed]"),
                    {"kind": "t5", "data": {"id": "2qh1i", "name": "t5_2qh1i", "display_name": "AskReddit"}},
                ],
            },
        },
    }
    replay = tmp_path / "replay"
    replay.mkdir()
    lines = []
    for name, (method, host, path) in {
        "token": ("POST", "www.reddit.com", "/api/v1/access_token"),
        "info": ("GET", "oauth.reddit.com", "/api/info/"),
    }.items():
        (replay / name).write_text(json.dumps(replies[name]))
        row = {"method": method, "host": host, "path": path, "query": {}, "status": 200, "file": name}
        lines.append(json.dumps({**row, "content_type": "application/json"}))
    (replay / "index.jsonl").write_text("\n".join(lines))

    data = tmp_path / "data"
    done = hatemine(
        "sync-deletions", "--replay", replay, "--data", data, "--watchlist", tmp_path / "watchlist.toml"
    )
    assert done.returncode == 0, done.stderr
    assert "reddit: 3 landed of 3 posts seen" in done.stderr
    with reading(data) as con:
        texts = dict(con.execute("select source_id, text from post").fetchall())
        assert texts == {"t3_a": "", "t1_b": REDDIT["t1_b"], "t1_c": ""}
        audit = dict(con.execute("select what, n_rows from audit where source = 'reddit'").fetchall())
        assert (audit["post"], audit["landing line"]) == (2, 2)
    everything = b"".join(path.read_bytes() for path in data.rglob("*") if path.is_file())
    assert database_path(data).exists()
    assert [text for text in REDDIT.values() if text.encode() in everything] == [REDDIT["t1_b"]]

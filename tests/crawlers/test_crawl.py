"""Whole crawls: what lands, what moves, and what a failure costs."""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

import pytest

from crawlers.crawl import crawl as crawl_here
from crawlers.replay import replaying
from crawlers.watchlist import WatchlistError

ROOT = Path(__file__).parents[2]
HOST = "hn.algolia.com"
SEARCH = "/api/v1/search_by_date"
BRAND = '[brand]\nname = "Kettlewick"\n'
NEWS = '[[source]]\nkind = "hackernews"\nqueries = {queries}\n'
PAGES = '[[source]]\nkind = "reviews"\npages = [{ url = "https://shop.example/kettle" }]\n'
BANK = '[[source]]\nkind = "cfpb"\ncompanies = ["KETTLEWICK BANK"]\n'


def hit(number: int, at: int, **more: object) -> dict[str, object]:
    return {
        "objectID": str(number),
        "_tags": ["story"],
        "author": "ada",
        "created_at_i": at,
        "title": f"Kettle {number}",
        **more,
    }


def page(*hits: dict[str, object], pages: int = 1) -> dict[str, object]:
    return {"hits": list(hits), "nbHits": len(hits) * pages, "nbPages": pages}


def stories(query: str, status: int, body: object) -> tuple[str, str, dict[str, str], int, object]:
    return HOST, SEARCH, {"query": query, "tags": "(story)"}, status, body


EMPTY = (HOST, SEARCH, {}, 200, page())
BANK_HOST, BANK_PATH = "www.consumerfinance.gov", "/data-research/consumer-complaints/search/api/v1"
JUNE = int(datetime(2026, 6, 1, tzinfo=UTC).timestamp())


def test_what_fails_costs_itself_and_the_rest_moves_on(crawl, recording, tmp_path):
    replay = recording(
        stories("good", 200, page(hit(1, JUNE), hit(2, JUNE - 99), {"objectID": "3", "title": "no author"})),
        stories("flaky", 503, "later"),
        stories("flaky", 429, "slow down"),
        stories("flaky", 200, page(hit(4, JUNE))),
        stories("bad", 500, "down"),
        stories("broken", 200, "<html>"),
        stories("forbidden", 403, "no"),
        stories("secret", 200, page(hit(5, JUNE))),
        EMPTY,
        (HOST, "/robots.txt", {}, 200, "User-agent: hatemine\nDisallow: /*query=secret\n"),
        (BANK_HOST, BANK_PATH, {}, 200, {"hits": {"hits": [], "total": {"value": 0}}}),
    )
    queries = json.dumps(["good", "flaky", "bad", "broken", "forbidden", "secret"])
    watchlist = BRAND + NEWS.format(queries=queries) + BANK
    data = tmp_path / "data"
    first = crawl(watchlist, data, replay=replay)
    news = first.coverages["hackernews"]

    assert sorted(post["source_id"] for post in first.posts) == ["1", "2", "4"]
    cursors = first.cursors("hackernews")
    assert list(cursors) == ["flaky (story)", "good (story)"]
    assert cursors["flaky (story)"] == "2026-06-01T00:00:00+00:00"
    told = [re.sub(r"^https://.*query=(\w+)&\S*:", r"\1:", error) for error in news["errors"]]
    assert [error for error in sorted(told) if "secret" not in error] == [
        "bad: HTTP 500",
        "broken: expected JSON, found text/html; charset=utf-8, 6 bytes: "
        "JSONDecodeError: Expecting value: line 1 column 1 (char 0)",
        "forbidden: HTTP 403",
        "good (story): a record has an unknown shape: KeyError: '_tags'",
    ]
    # Its stories, polls and comments.
    assert [error for error in told if "secret" in error] == [
        "secret: the robots.txt of hn.algolia.com forbids it"
    ] * 3
    assert (news["n_seen"], news["n_new"], news["n_refused"], news["n_errors"]) == (3, 3, 4, 7)
    assert (news["finish_reason"], news["is_ok"]) == ("finished", False)
    assert json.loads((data / "coverage" / "hackernews" / f"{news['run_id']}.json").read_text()) == news

    bank = first.coverages["cfpb"]
    assert bank["errors"] == ["0 posts seen, expected 1 or more"]
    assert not (data / "landing" / "cfpb").exists()

    again = crawl(watchlist, data, replay=replay, kinds=["hackernews"], log_level="DEBUG")
    asked = re.findall(r"GET \S*query=(\w+)&tags=%28story%29&numericFilters=created_at_i%3E(\d+)", again.log)
    since = {query: int(at) for query, at in asked}
    assert since["flaky"] == JUNE - 14 * 86_400
    assert since["bad"] < since["good"] == since["flaky"], "what got no answer is asked for again"
    assert len(list((data / "landing" / "hackernews").iterdir())) == 2


def test_what_does_not_land_moves_no_cursor(crawl, recording, tmp_path):
    complaint = {
        "_id": "9",
        "sort": [1, "9"],
        "_source": {
            "complaint_id": "9",
            "complaint_what_happened": "They kept my money.",
            "product": "Loan",
            "issue": "Paying",
            "sub_issue": None,
            "company": "KETTLEWICK BANK",
            "date_received": "2026-06-02T12:00:00-05:00",
        },
    }
    replay = recording(
        stories("one", 200, page(hit(1, JUNE), hit(2, JUNE))),
        EMPTY,
        (BANK_HOST, BANK_PATH, {}, 200, {"hits": {"hits": [complaint], "total": {"value": 1}}}),
    )
    before = """
import crawlers.landing, crawlers.pipelines
tidy, finish = crawlers.pipelines.tidy, crawlers.landing.finish
def tidy_badly(post):
    if post.source_id == "2":
        raise RuntimeError("a bug")
    return tidy(post)
def finish_badly(part, path):
    if path.parent.name == "cfpb":
        raise OSError("disk full")
    finish(part, path)
crawlers.pipelines.tidy, crawlers.landing.finish = tidy_badly, finish_badly
"""
    data = tmp_path / "data"
    (data / "cursors").mkdir(parents=True)
    (data / "cursors" / "reviews.json").write_text("{")
    watchlist = BRAND + NEWS.format(queries='["one"]') + BANK + PAGES
    done = crawl(watchlist, data, replay=replay, before=before)
    assert [post["source_id"] for post in done.posts] == ["1"]
    assert done.coverages["hackernews"]["errors"] == ["2: lost in the pipelines: RuntimeError: a bug"]
    assert done.coverages["cfpb"]["errors"] == ["1 of 1 posts did not land"]
    assert done.coverages["cfpb"]["n_new"] == 0
    assert [path.name for path in (data / "cursors").iterdir()] == ["reviews.json"]
    assert "Kettle 2" not in done.log

    reviews = done.coverages["reviews"]
    assert (reviews["finish_reason"], reviews["is_ok"]) == ("not started", False)
    assert "reviews.json: expected" in reviews["errors"][0]
    assert len(list((data / "coverage" / "reviews").iterdir())) == 1


class Hanging(BaseHTTPRequestHandler):
    """Answers a search's first page, and lets the second wait."""

    asked = Event()
    go_on = Event()

    def do_GET(self) -> None:
        is_first = "page=0" in self.path
        if "page=1" in self.path:
            self.asked.set()
            self.go_on.wait(60)
        found = page(hit(1, JUNE), pages=2) if is_first else page(hit(2, JUNE), pages=2)
        body = json.dumps(found if "story" in self.path else page()).encode()
        self.send_response(200 if "search" in self.path else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def hanging() -> Iterator[str]:
    Hanging.asked.clear()
    Hanging.go_on.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Hanging) as server:
        server.daemon_threads = True
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        Hanging.go_on.set()
        server.shutdown()


def start_on(base: str) -> str:
    return (
        "import contextlib, crawlers.crawl\n"
        f"crawlers.crawl.replaying = lambda folder: contextlib.nullcontext({base!r})"
    )


def files(data: Path) -> list[str]:
    return sorted(
        re.sub(r"\d{8}T\d{6}\.\d{6}Z", "RUN", str(path.relative_to(data))) for path in data.rglob("*.*")
    )


def test_a_crawl_killed_in_the_middle_costs_a_repeat_and_never_a_post(
    start_crawl, crawl, recording, tmp_path
):
    watchlist, data = BRAND + NEWS.format(queries='["one"]'), tmp_path / "data"
    with hanging() as base:
        child = start_crawl(watchlist, data, replay=tmp_path, before=start_on(base))
        assert Hanging.asked.wait(60), child.communicate()
        child.kill()
        child.communicate()
    assert files(data) == ["landing/hackernews/RUN.jsonl.part"]

    replay = recording(stories("one", 200, page(hit(1, JUNE), hit(2, JUNE))), EMPTY)
    done = crawl(watchlist, data, replay=replay)
    assert [post["source_id"] for post in done.posts] == ["1", "2"]
    assert done.coverages["hackernews"]["is_ok"]
    assert [name for name in files(data) if name.endswith(".part")] == []


def test_a_crawl_asked_to_stop_keeps_what_it_has_and_moves_no_cursor(start_crawl, tmp_path):
    data = tmp_path / "data"
    with hanging() as base:
        child = start_crawl(
            BRAND + NEWS.format(queries='["one"]'), data, replay=tmp_path, before=start_on(base)
        )
        assert Hanging.asked.wait(60), child.communicate()
        child.send_signal(signal.SIGTERM)
        Hanging.go_on.set()
        out, log = child.communicate(timeout=60)
    (coverage,) = json.loads(out.splitlines()[-1])
    assert (coverage["finish_reason"], coverage["is_ok"]) == ("shutdown", False), log
    assert files(data) == ["coverage/hackernews/RUN.json", "landing/hackernews/RUN.jsonl"]


def test_scrapy_s_own_crawl_command_lands_in_the_data_folder(recording, environment, tmp_path):
    (tmp_path / "watchlist.toml").write_text(BRAND + NEWS.format(queries='["one"]'))
    handlers = dict.fromkeys(("http", "https"), "crawlers.replay.ReplayHandler")
    with replaying(recording(stories("one", 200, page(hit(1, JUNE))), EMPTY)) as base:
        settings = {
            "HATEMINE_REPLAY": base,
            "DOWNLOAD_HANDLERS": json.dumps(handlers),
            "DOWNLOAD_DELAY": "0",
            "AUTOTHROTTLE_ENABLED": "0",
        }
        more = [part for name, value in settings.items() for part in ("-s", f"{name}={value}")]
        done = subprocess.run(
            [sys.executable, "-m", "scrapy", "crawl", "hackernews", "-a", "since=2026-05-01", *more],
            cwd=ROOT,
            env={
                **environment,
                "HATEMINE_DATA": str(tmp_path / "data"),
                "HATEMINE_WATCHLIST": str(tmp_path / "watchlist.toml"),
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    assert done.returncode == 0, done.stderr
    assert len(list(tmp_path.glob("data/landing/hackernews/*.jsonl"))) == 1, done.stderr


@pytest.mark.parametrize(
    ("watchlist", "kinds", "expected"),
    [
        (BRAND + BANK, ["reddit"], 'expected a \\[\\[source\\]\\] with kind = "reddit", found cfpb'),
        (BRAND, ["reddit"], "found none"),
        ("[brand", [], "expected TOML"),
    ],
)
def test_a_mistake_is_told_before_anything_starts(tmp_path, watchlist, kinds, expected):
    (tmp_path / "watchlist.toml").write_text(watchlist)
    with pytest.raises(WatchlistError, match=expected):
        crawl_here(tmp_path / "watchlist.toml", tmp_path / "data", kinds=kinds)
    assert not (tmp_path / "data").exists()

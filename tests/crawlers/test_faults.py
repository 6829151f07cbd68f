"""Every failure of the web, served to every spider: none hangs, none loses what others found, all is told.

The saved replies of all sources are crawled once as they are. Then, failure by failure, each spider gets some
of its replies with that failure: one of each kind, since a search, a thread and a log-in fail differently.
What came of the other replies must land, and what is lost must be told in the account.
"""

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from crawlers.recording import Asked
from crawlers.watchlist import kinds_with_a_spider

EXAMPLES = Path(__file__).parent / "examples"
BRAND = '[brand]\nname = "Kettlewick"\n'
SECONDS = 45
"""The longest that a crawl may take, on a busy machine and with the limits below."""
MEGABYTES = 600
"""What a crawl may take beyond what it began with."""
SHORT = {"DOWNLOAD_TIMEOUT": 2, "RETRY_TIMES": 0}
MANY = 25
"""Requests for one search whose pages never end."""

LOOP = "max redirections reached|Redirect to |404"  # a log-in is redirected to what nobody recorded


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A fault of faulty.py and what must come of it; ``told`` is what an error says of a lost reply.

    What ``is_told`` is told whether or not something is lost; what ``is_refused`` counts as a refusal. Where
    ``is_text_changed``, posts without an id of their own get another; ``is_of_one_post`` costs no other one.
    """

    told: str
    is_told: bool = True
    is_refused: bool = False
    is_text_changed: bool = False
    is_of_one_post: bool = False
    settings: dict[str, Any] = field(default_factory=dict)


FAILURES = {
    "403": Failure(told="403", is_refused=True),
    "404": Failure(told="404"),
    "429": Failure(told="429", is_refused=True),
    "429, wait an hour": Failure(told="429", is_refused=True),
    "500": Failure(told="500"),
    "503": Failure(told="503"),
    "time-out": Failure(told="took longer than 2|timed out", settings=SHORT),
    "reset": Failure(told="ConnectionLost|Connection reset|Connection aborted"),
    "truncated": Failure(told="DataLoss|IncompleteRead"),
    "drip": Failure(told="took longer than 2", settings=SHORT),
    "flood": Failure(told="DownloadCancelled|more than 16777216 bytes"),
    "zip bomb": Failure(told="exceeded DOWNLOAD_MAXSIZE|more than 16777216 bytes"),
    "login wall": Failure(told="Log in to go on|no schema.org review|JSON"),
    "redirect to itself": Failure(told=LOOP),
    "redirect for ever": Failure(told=LOOP),
    "redirect into a private network": Failure(told="leads to 169.254.169.254|Redirect|adapters"),
    # Read all the same, or told.
    "broken JSON": Failure(told="JSON", is_told=False),
    "an image's type": Failure(told="image/png", is_told=False),
    "no type's type": Failure(told="octet-stream", is_told=False),
    "10 MB": Failure(told="bytes", is_told=False),
    "wrong encoding": Failure(told="JSON|UnicodeDecodeError", is_told=False, is_text_changed=True),
    "503 once": Failure(told="503", is_told=False),
    "reset once": Failure(told="Connection", is_told=False),
    "dates in the future": Failure(told="date|year|time", is_told=False),
    "a missing id": Failure(
        told="unknown shape|KeyError|AttributeError|invalid value", is_told=False, is_of_one_post=True
    ),
}
ROBOTS = {
    "503": "HTTP 503",
    "reset": "ConnectionLost",
    "time-out": "took longer than 2",
    "zip bomb": "exceeded DOWNLOAD_MAXSIZE",
    "forbids": "forbids it",
}


@dataclass(frozen=True)
class Line:
    """A saved reply: whose it is, what it answers, and its text."""

    kind: str
    asked: Asked
    body: str = field(repr=False)


class Market:
    """The saved replies of all sources, and how they are crawled without a fault."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.kinds = [kind for kind in kinds_with_a_spider() if (EXAMPLES / kind / "sources.toml").exists()]
        self.lines: list[Line] = []
        rows = []
        for kind in self.kinds:
            for text in (EXAMPLES / kind / "index.jsonl").read_text(encoding="utf-8").splitlines():
                row = json.loads(text)
                path = EXAMPLES / kind / row["file"]
                rows.append(json.dumps({**row, "file": str(path)}))
                pairs = frozenset((name, str(value)) for name, value in row["query"].items())
                asked = Asked(row["method"], row["host"].lower(), unquote(row["path"]).rstrip("/"), pairs)
                self.lines.append(Line(kind, asked, path.read_text(encoding="utf-8", errors="replace")))
        (folder / "index.jsonl").write_text("\n".join(rows), encoding="utf-8")
        parts = [(EXAMPLES / kind / "sources.toml").read_text(encoding="utf-8") for kind in self.kinds]
        (folder / "watchlist.toml").write_text("\n".join([BRAND, *parts]), encoding="utf-8")

    def line(self, method: str, url: str) -> int | None:
        asked = Asked.of(method, url)
        return next((n for n, line in enumerate(self.lines) if line.asked.covers(asked)), None)


@dataclass(frozen=True)
class Crawled:
    """A crawl of the market, by line where lines matter."""

    market: Market
    reply: dict[str, Any]

    @cached_property
    def coverages(self) -> dict[str, dict[str, Any]]:
        return {coverage["source"]: coverage for coverage in self.reply["coverages"]}

    def errors(self, kind: str) -> Counter[str]:
        """Return a source's errors without the times that differ from crawl to crawl."""
        return Counter(
            re.sub(r"\d{10}|\d{4}-\d\d-\d\d", "#", error) for error in self.coverages[kind]["errors"]
        )

    @cached_property
    def asked(self) -> list[int]:
        """Return the lines that were asked for, each once, in their order."""
        return list(dict.fromkeys(row["line"] for row in self.reply["asked"] if row["line"] is not None))

    @cached_property
    def came(self) -> list[tuple[int, dict[str, Any]]]:
        """Return what came of replies, with their lines."""
        rows = ((self.market.line(row["method"], row["url"]), row) for row in self.reply["came"])
        return [(line, row) for line, row in rows if line is not None]

    @cached_property
    def hidden(self) -> set[str]:
        """Return the sources with a client of their own, which does not show what came of which reply."""
        return set(self.market.kinds) - {self.market.lines[line].kind for line, _ in self.came}

    @cached_property
    def calls(self) -> dict[int, str]:
        """Return by line how the spider reads the reply; of a hidden client, where it asks."""
        calls = {line: row["callback"] for line, row in self.came}
        for line in self.asked:
            kind, asked = self.market.lines[line].kind, self.market.lines[line].asked
            if kind in self.hidden and asked.path != "/robots.txt":
                calls[line] = f"{asked.host}/{asked.path.split('/')[1]}"
        return calls

    @cached_property
    def ids(self) -> dict[int, list[str]]:
        """Return the posts' ids by the line they came of; of a hidden client, those its text has."""
        ids: dict[int, list[str]] = {line: [] for line in self.calls}
        for line, row in self.came:
            if "post" in row:
                ids[line].append(row["post"])
        for line in ids:
            if (kind := self.market.lines[line].kind) in self.hidden:
                body = self.market.lines[line].body
                ids[line] = [it for it in source_ids(self, kind) if f'"{it.partition("_")[2]}"' in body]
        return ids

    @cached_property
    def after(self) -> dict[int, set[int]]:
        """Return the lines that a line led to."""
        after: dict[int, set[int]] = {line: set() for line in self.calls}
        for line, row in self.came:
            if "next" in row and (led_to := self.market.line(row["next_method"], row["next"])) is not None:
                after[line].add(led_to)
        return after

    def independent(self, victims: Sequence[int]) -> set[int]:
        """Return the lines of the victims' source that are asked for whatever the victims say."""
        kind = self.market.lines[victims[0]].kind
        others = {line for line in self.calls if self.market.lines[line].kind == kind}.difference(victims)
        if kind in self.hidden:
            # PRAW: all depends on the login, and no listing on another.
            asked = [self.market.lines[line].asked for line in victims]
            if any(it.host == "www.reddit.com" for it in asked):
                return set()
            paths = {line: self.market.lines[line].asked.path for line in others}
            failed = {it.path for it in asked}
            return {line for line in others if paths[line].startswith("/r/") and paths[line] not in failed}
        led_to = set().union(*self.after.values())
        waiting, reached = [line for line in others if line not in led_to], set()
        while waiting:
            line = waiting.pop()
            if line in others and line not in reached:
                reached.add(line)
                waiting.extend(self.after[line])
        return reached

    @cached_property
    def rounds(self) -> list[dict[str, list[int]]]:
        """Return victims by source, round by round: all that is read in a way of its own is one once.

        Several may be in one round if none keeps a spider from another.
        """
        rounds: list[dict[str, list[int]]] = []
        for kind in self.market.kinds:
            calls: dict[str, list[int]] = {}
            for line in sorted(self.calls, key=lambda line: (-len(self.ids[line]), line)):
                if self.market.lines[line].kind == kind:
                    calls.setdefault(self.calls[line], []).append(line)
            number = 0
            while calls:
                chosen: list[int] = []
                for call, lines in list(calls.items()):
                    free = self.independent(chosen) if chosen else set(lines)
                    fit = (it for it in lines if it in free and self.independent([it]).issuperset(chosen))
                    if (line := next(fit, None)) is not None:
                        chosen.append(line)
                        del calls[call]
                if number == len(rounds):
                    rounds.append({})
                rounds[number][kind] = chosen
                number += 1
        return rounds


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Market:
    return Market(tmp_path_factory.mktemp("market"))


@pytest.fixture(scope="module")
def crawl(
    market: Market, environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., Crawled]]:
    """Crawl the market with a fault, in a process that has all imported already."""
    program = [sys.executable, str(Path(__file__).with_name("faulty.py"))]
    with subprocess.Popen(
        program, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin
        assert process.stdout

        def run(**job: Any) -> Crawled:
            folder = tmp_path_factory.mktemp("crawl")
            whole = {
                "fault": "none",
                "victims": [],
                "robots": [],
                "ids": {},
                "ways": {},
                "settings": {},
                "kinds": [],
                "watchlist": str(market.folder / "watchlist.toml"),
                "replay": str(market.folder),
                "folder": str(folder),
                **job,
            }
            process.stdin.write(json.dumps(whole) + "\n")
            process.stdin.flush()
            reply = json.loads(process.stdout.readline())
            assert reply["status"] == 0, reply["log"]
            assert reply["seconds"] < SECONDS
            assert reply["megabytes"] < MEGABYTES
            return Crawled(market, reply)

        yield run
        process.stdin.close()


@pytest.fixture(scope="module")
def sound(crawl: Callable[..., Crawled]) -> Crawled:
    """Crawl the market without a fault."""
    return crawl()


def source_ids(crawled: Crawled, kind: str) -> set[str]:
    return {post["source_id"] for post in crawled.reply["posts"] if post["source"] == kind}


def below(crawled: Crawled, kind: str, ids: list[str]) -> set[str]:
    """Return posts and all that answers them."""
    found = set(ids)
    while more := {
        post["source_id"]
        for post in crawled.reply["posts"]
        if post["source"] == kind and post["parent_id"] in found and post["source_id"] not in found
    }:
        found |= more
    return found


def check(
    failure: Failure, sound: Crawled, crawled: Crawled, kind: str, victims: Sequence[int]
) -> Iterator[str]:
    """Yield what is wrong with a crawl of a source of which some replies were faulty."""
    account, before = crawled.coverages[kind], sound.coverages[kind]
    landed, expected = source_ids(crawled, kind), source_ids(sound, kind)
    if account["finish_reason"] != "finished":
        yield f"it ended with {account['finish_reason']}"
    of_others = {it for line in sound.independent(victims) for it in sound.ids[line]}
    if failure.is_of_one_post and kind not in sound.hidden:
        of_others |= {it for line in victims for it in sound.ids[line]}
        of_others -= below(sound, kind, [it for line in victims for it in sound.ids[line][:1]])
    if gone := of_others & expected - landed:
        yield f"lost what came of other replies: {sorted(gone)}"
    new = landed - expected
    if new and not (failure.is_text_changed or (failure.is_of_one_post and len(landed) <= len(expected))):
        yield f"found what is not there: {sorted(new)}"
    if failure.is_refused and not account["n_refused"]:
        yield "counted as no refusal"
    lost = expected - landed
    if failure.is_text_changed and kind not in sound.hidden:
        texts = [post["text"] for post in crawled.reply["posts"] if post["source"] == kind]
        yield from ("a text lost letters" for text in texts if "\N{REPLACEMENT CHARACTER}" in text)
        lost = set() if len(landed) == len(expected) else lost
    if not failure.is_told and (not lost or account["n_dropped"] > before["n_dropped"]):
        return
    told = [error for error in crawled.errors(kind) - sound.errors(kind) if re.search(failure.told, error)]
    if account["is_ok"] or not told:
        yield f"not told, lost {sorted(lost)}: {crawled.errors(kind) - sound.errors(kind)}"
    if not failure.is_told or kind in sound.hidden:
        return  # a record is told by its target, and PRAW tells no address
    for line in victims:
        if not any(unquote(sound.market.lines[line].asked.path) in unquote(error) for error in told):
            yield f"not told what became of {sound.market.lines[line].asked}: {told}"


@pytest.mark.parametrize("name", FAILURES)
def test_a_failure_costs_no_more_than_it_must_and_is_told(crawl, market, sound, name):
    failure = FAILURES[name]
    problems = []
    for victims in sound.rounds:
        lines = [line for lines in victims.values() for line in lines]
        ids = {line: sound.ids[line] for line in lines}
        crawled = crawl(fault=name, victims=lines, ids=ids, kinds=list(victims), settings=failure.settings)
        asked = {row["host"] for row in crawled.reply["asked"]}
        assert asked <= {row["host"] for row in sound.reply["asked"]}
        for kind, of_kind in victims.items():
            calls = [sound.calls[line] for line in of_kind]
            found = check(failure, sound, crawled, kind, of_kind)
            problems += [f"{kind}, {calls}: {problem}" for problem in found]
    assert not problems, "\n".join(problems)


def test_a_page_that_no_longer_has_records_is_told(crawl, market, sound):
    """Every reply is well-formed and empty: not "no complaints", but a source that has changed."""
    lines = [line for line in sound.calls if market.lines[line].asked.method == "GET"]
    for fault in ("a new layout", "no records"):
        crawled = crawl(fault=fault, victims=lines)
        for kind, account in crawled.coverages.items():
            if fault == "no records" and source_ids(crawled, kind):
                continue  # it asks for single posts, too
            assert source_ids(crawled, kind) == set(), (fault, kind)
            assert account["finish_reason"] == "finished"
            assert not account["is_ok"]
            told = crawled.errors(kind) - sound.errors(kind)
            assert told, (fault, kind)
            assert "0 posts seen, expected 1 or more" in told, (fault, kind, told)


def test_pages_that_never_end_are_left(crawl, market, sound):
    """The next page is the same page under another address, for ever."""
    problems = []
    for victims in sound.rounds:
        lines = [line for lines in victims.values() for line in lines]
        ways = {line: ways_on(sound, line) for line in lines}
        crawled = crawl(fault="endless paging", victims=lines, ways=ways, kinds=list(victims))
        for kind, of_kind in victims.items():
            found = source_ids(crawled, kind)
            if new := found - source_ids(sound, kind):
                problems.append(f"{kind}: found what is not there: {sorted(new)}")
            if crawled.coverages[kind]["finish_reason"] != "finished":
                problems.append(f"{kind}: {crawled.coverages[kind]['finish_reason']}")
            for line in of_kind:
                n_asked = sum(row["victim"] == line for row in crawled.reply["asked"])
                # Of replies given in turn, only the first was.
                body = market.lines[line].body
                there = {it for it in sound.ids[line] if re.split(r"[/:_#|]", it)[-1] in body}
                if n_asked > MANY:
                    problems.append(f"{kind}, {sound.calls[line]}: asked {n_asked} times")
                if missed := there & source_ids(sound, kind) - found:
                    told = list(crawled.errors(kind) - sound.errors(kind))
                    problems.append(f"{kind}, {sound.calls[line]}: lost {sorted(missed)}: {told}")
    assert not problems, "\n".join(problems)


def ways_on(sound: Crawled, line: int) -> list[str]:
    """Return what in a reply leads to the replies after it: parts of addresses and tokens."""
    body, asked = sound.market.lines[line].body, sound.market.lines[line].asked
    ways = []
    for number in sound.after[line]:
        after = sound.market.lines[number].asked
        if re.sub(r"\d+", "0", after.path) != re.sub(r"\d+", "0", asked.path):
            continue  # no page of the same
        for name, value in after.query - asked.query:
            if any(re.split(r"[/:_#|]", it)[-1] in value for it in sound.ids[line]):
                continue  # no place in a list, but a post
            ways += [f"{name}={value}"] * (f"{name}={value}" in body)
            ways += [f'"{value}"'] * (len(value) > 2 and f'"{value}"' in body)
        if after.path != asked.path and after.path in body and re.search(r"\d", after.path):
            ways.append(after.path)
    return ways


@pytest.mark.parametrize("name", ["500", "login wall"])
def test_what_a_failure_cost_lands_with_the_next_crawl(crawl, market, sound, name, tmp_path):
    for number, victims in enumerate(sound.rounds):
        folder = tmp_path / str(number)
        folder.mkdir()
        lines = [line for lines in victims.values() for line in lines]
        crawl(fault=name, victims=lines, kinds=list(victims), folder=str(folder))
        again = crawl(kinds=list(victims), folder=str(folder))
        for kind in victims:
            assert source_ids(again, kind) >= source_ids(sound, kind), (kind, victims[kind])


def test_dates_in_the_future_move_no_cursor_past_now(crawl, market, sound, tmp_path):
    lines = [line for line in sound.calls if sound.ids[line]]
    crawl(fault="dates in the future", victims=lines, folder=str(tmp_path))
    paths = list(tmp_path.glob("data/cursors/*.json"))
    cursors = [at for path in paths for at in json.loads(path.read_text()).values()]
    assert cursors
    assert max(map(datetime.fromisoformat, cursors)) <= datetime.now(UTC)


@pytest.mark.parametrize("name", ROBOTS)
def test_a_robots_txt_out_of_reach_forbids_all_of_its_host(crawl, market, sound, name):
    hosts = {row["host"] for row in sound.reply["asked"] if row["path"] == "/robots.txt"}
    crawled = crawl(fault=name, robots=sorted(hosts), settings=SHORT if name == "time-out" else {})
    for kind, account in crawled.coverages.items():
        if not hosts & {
            market.lines[line].asked.host for line in sound.calls if market.lines[line].kind == kind
        }:
            assert source_ids(crawled, kind) == source_ids(sound, kind), "it has a key, and need not ask"
            continue
        assert source_ids(crawled, kind) == set()
        assert account["n_refused"] > 0
        assert not account["is_ok"]
        reason = ROBOTS[name] if name == "forbids" else rf"is out of reach \(.*{ROBOTS[name]}"
        assert any(re.search(rf"the robots.txt of \S+ {reason}", error) for error in account["errors"]), (
            account
        )
    asked = [row for row in crawled.reply["asked"] if row["host"] in hosts and row["path"] != "/robots.txt"]
    assert asked == [], "not even one"

"""Crawls for tests: each in a process of its own, since Scrapy's reactor cannot start twice."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SALT = "a salt for tests only"

CRAWL = """
import dataclasses, json, sys
from datetime import datetime
from pathlib import Path
from crawlers.crawl import crawl
job = json.loads(sys.argv[1])
exec(job["before"])
coverages = crawl(
    Path(job["watchlist"]),
    Path(job["data"]),
    kinds=job["kinds"],
    since=datetime.fromisoformat(job["since"]) if job["since"] else None,
    replay=Path(job["replay"]) if job["replay"] else None,
    log_level=job["log_level"],
)
print(json.dumps([dataclasses.asdict(coverage) for coverage in coverages]))
"""


@dataclass(frozen=True)
class Crawled:
    """What a crawl left: its accounts by source, and all it logged."""

    data: Path
    coverages: dict[str, dict[str, Any]]
    log: str

    @property
    def posts(self) -> list[dict[str, Any]]:
        """Return every post that landed in this data folder, by any crawl."""
        return list(landed(self.data))

    def cursors(self, source: str) -> dict[str, str]:
        """Return a source's cursors."""
        path = self.data / "cursors" / f"{source}.json"
        return json.loads(path.read_text()) if path.exists() else {}


def landed(data: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(data.glob("landing/*/*.jsonl")):
        yield from (json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line)


@pytest.fixture(scope="session")
def environment() -> dict[str, str]:
    """Return an environment that lets a child import the project, and has none of our settings but a salt."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("HATEMINE_")}
    return {**inherited, "PYTHONPATH": str(ROOT), "HATEMINE_SALT": SALT}


@pytest.fixture(scope="session")
def start_crawl(
    environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., subprocess.Popen[str]]:
    """Start to crawl a watchlist, given as a text, in a process of its own and in another folder."""

    def start(
        watchlist: str,
        data: Path,
        *,
        replay: Path | None = None,
        kinds: Sequence[str] = (),
        since: str | None = None,
        log_level: str = "INFO",
        before: str = "",
    ) -> subprocess.Popen[str]:
        elsewhere = tmp_path_factory.mktemp("elsewhere")
        (elsewhere / "watchlist.toml").write_text(watchlist, encoding="utf-8")
        job = {
            "watchlist": str(elsewhere / "watchlist.toml"),
            "data": str(data),
            "replay": replay and str(replay),
            "kinds": list(kinds),
            "since": since,
            "log_level": log_level,
            "before": before,
        }
        return subprocess.Popen(
            [sys.executable, "-c", CRAWL, json.dumps(job)],
            cwd=elsewhere,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


@pytest.fixture(scope="session")
def crawl(start_crawl: Callable[..., subprocess.Popen[str]]) -> Callable[..., Crawled]:
    """Crawl like ``start_crawl``, and wait for the end."""

    def run(watchlist: str, data: Path, **job: Any) -> Crawled:
        child = start_crawl(watchlist, data, **job)
        out, log = child.communicate(timeout=100)
        assert child.returncode == 0, log
        coverages = json.loads(out.splitlines()[-1])
        return Crawled(data, {coverage["source"]: coverage for coverage in coverages}, log)

    return run


@pytest.fixture
def recording(tmp_path: Path) -> Callable[..., Path]:
    """Write a folder of recorded replies: each as (host, path, query, status, body)."""

    def write(*replies: tuple[str, str, dict[str, str], int, object]) -> Path:
        folder = tmp_path / "recorded"
        folder.mkdir(exist_ok=True)
        lines = []
        for number, (host, path, query, status, body) in enumerate(replies):
            text = body if isinstance(body, str) else json.dumps(body)
            (folder / f"{number}.txt").write_text(text, encoding="utf-8")
            kind = "application/json" if not isinstance(body, str) else "text/html; charset=utf-8"
            line = {"method": "GET", "host": host, "path": path, "query": query, "status": status}
            lines.append(json.dumps({**line, "content_type": kind, "file": f"{number}.txt"}))
        (folder / "index.jsonl").write_text("\n".join(lines), encoding="utf-8")
        return folder

    return write

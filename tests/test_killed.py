"""Kill -9 at random moments of crawl and refresh costs a repeat, never a post, and readers notice nothing."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from warehouse.connection import database_path, reading

ROOT = Path(__file__).parents[1]
MARKET = Path(__file__).parent / "journey"
N_KILLS = 10
"""In each half; the halves share the undisturbed run and nothing else, and go side by side."""
SALT = "a salt for tests only"

# As texts: Python's times with a zone would need another package.
HELD = {
    "post": "select p::varchar from (select * exclude (fetched_at) from post) as p",
    "grievance": "select g::varchar from (select * exclude (theme_id) from grievance) as g",
    "people": "select brand, label, r.n_detractors from theme_rank r join theme using (theme_id)",
}

# Kills itself at its n-th write that must survive: before it, or once the file has its new name.
AT_WRITE = """
import os, pathlib, signal, sys
left = int(sys.argv.pop(1))
def counted(function):
    def call(*arguments, **more):
        global left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*arguments, **more)
    return call
os.fsync = counted(os.fsync)
pathlib.Path.replace = counted(pathlib.Path.replace)
pathlib.Path.unlink = counted(pathlib.Path.unlink)
from ui.cli import main
main()
"""


def start(data: Path, *, at_write: int = 0) -> subprocess.Popen[bytes]:
    arguments = ["run", "-q", "--replay", MARKET, "--watchlist", MARKET / "watchlist.toml", "--data", data]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HATEMINE_")}
    return subprocess.Popen(
        [sys.executable, "-c", AT_WRITE, str(at_write), *map(str, arguments)],
        cwd=ROOT,
        env={**environment, "HATEMINE_SALT": SALT},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def finish(data: Path) -> float:
    """Run to the end; return the seconds it took."""
    started = time.monotonic()
    child = start(data)
    _, said = child.communicate(timeout=120)
    assert child.returncode == 0, said.decode()
    return time.monotonic() - started


def held(data: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return what a warehouse holds, but for when it was fetched."""
    with reading(data) as con:
        return {name: sorted(con.execute(query).fetchall()) for name, query in HELD.items()}


def moments(half: int, seconds: float) -> Iterator[dict[str, float]]:
    """Yield when to kill: some at the n-th write, some after so many seconds."""
    dice = random.Random(20261122 + half)  # noqa: S311 no secret
    for number in range(N_KILLS):
        if number % 2:
            yield {"at_write": dice.randrange(1, 12)}
        else:
            yield {"after": dice.uniform(0.2, seconds)}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, float]:
    data = tmp_path_factory.mktemp("undisturbed") / "data"
    return data, finish(data)


@pytest.mark.parametrize("half", [1, 2])
def test_twenty_kills_lose_nothing_and_double_nothing(undisturbed, tmp_path, half):
    calm, seconds = undisturbed
    data = tmp_path / "data"
    n_killed = 0
    for moment in moments(half, seconds):
        child = start(data, at_write=int(moment.get("at_write", 0)))
        try:
            child.communicate(timeout=moment.get("after", 120))
        except subprocess.TimeoutExpired:
            child.kill()
            child.communicate()
        n_killed += child.returncode == -signal.SIGKILL
        if database_path(data).exists():
            assert held(data) == held(calm), f"what is published is whole, whatever was killed ({moment})"
    assert n_killed >= N_KILLS * 0.6, "the others had ended by then"
    finish(data)
    assert held(data) == held(calm)
    left = [path.name for path in data.rglob("*") if path.suffix in (".part", ".staging", ".compact", ".wal")]
    assert left == []

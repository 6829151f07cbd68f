import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from nlp import extract
from nlp.extract import Reader
from nlp.grievance import BrandNames, Unread

CIRRUS = [BrandNames(name="Cirrus")]

ENDLESS = """
from itertools import count
from nlp.extract import Reader
from nlp.grievance import BrandNames, Unread

if __name__ == "__main__":
    rows = (
        Unread(key=("t", str(i)), text="They lost my bag", brands=("Cirrus",), how="about") for i in count()
    )
    for n, _ in enumerate(Reader([BrandNames(name="Cirrus")], n_processes=2).read(rows)):
        if n == 0:
            print("reading", flush=True)
"""


def rows(n: int) -> Iterator[Unread]:
    for i in range(n):
        yield Unread(key=("t", str(i)), text=f"They lost bag {i}", brands=("Cirrus",), how="about")


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extract, "_BATCH", 3)
    monkeypatch.setattr(extract, "_FEW", 5)


def test_two_processes_read_the_same_in_the_same_order(small_batches: None) -> None:
    assert list(Reader(CIRRUS, n_processes=2).read(rows(20))) == list(Reader(CIRRUS).read(rows(20)))


def test_what_is_read_ahead_is_bounded(small_batches: None) -> None:
    taken = 0

    def counted() -> Iterator[Unread]:
        nonlocal taken
        for row in rows(200):
            taken += 1
            yield row

    readings = Reader(CIRRUS, n_processes=2).read(counted())
    next(readings)
    assert taken < 30
    readings.close()  # type: ignore[attr-defined]


def test_reading_processes_end_with_the_one_they_read_for(tmp_path: Path) -> None:
    script = tmp_path / "endless.py"
    script.write_text(ENDLESS)
    root = Path(extract.__file__).parents[1]
    with subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(root)}
    ) as reading:
        assert reading.stdout is not None
        assert reading.stdout.readline() == b"reading\n"
        children = [
            int(pid) for pid in Path(f"/proc/{reading.pid}/task/{reading.pid}/children").read_text().split()
        ]
        assert len(children) >= 2
        reading.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 20
    while any(_is_running(pid) for pid in children) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not [pid for pid in children if _is_running(pid)]


def _is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except FileNotFoundError:
        return False

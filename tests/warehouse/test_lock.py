"""One writer at a time."""

import fcntl
import subprocess
import sys
from pathlib import Path

import pytest

from warehouse.lock import Locked, locked

HOLD = """
import sys, pathlib
from warehouse.lock import locked
with locked(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_the_second_comer_is_told_who_holds_it_and_how_long(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == "held\n"
        with (
            pytest.raises(Locked, match=rf"{tmp_path}/lock: process {owner.pid}, for \d+ s"),
            locked(tmp_path),
        ):
            pass
        owner.kill()
    with locked(tmp_path):
        pass


@pytest.mark.parametrize(("since", "age"), [("2020-01-01T00:00:00+00:00", r"\d+ d"), ("", "just begun")])
def test_an_age_is_said_in_its_own_unit(tmp_path: Path, since: str, age: str) -> None:
    path = tmp_path / "lock"
    path.write_text(f"123 {since}\n" if since else "")
    with path.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # as another process would
        with pytest.raises(Locked, match=age), locked(tmp_path):
            pass


def test_who_holds_it_may_take_it_again_and_keeps_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with locked(tmp_path):
        with locked(Path()):
            pass
        with (tmp_path / "lock").open() as file, pytest.raises(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_it_is_free_again_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), locked(tmp_path):
        _ = 1 / 0
    with locked(tmp_path):
        pass


def test_a_new_data_folder_is_private(tmp_path: Path) -> None:
    with locked(tmp_path / "data"):
        assert (tmp_path / "data").stat().st_mode & 0o077 == 0

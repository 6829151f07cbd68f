"""Let one writer at a time work on a data folder, and tell the second comer who is there."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

_held: set[Path] = set()
"""The data folders whose lock this process holds."""


class Locked(RuntimeError):
    """Another run holds the lock."""


@contextmanager
def locked(data: Path) -> Iterator[None]:
    """Hold the lock of the data folder; raise ``Locked`` at once if another run holds it.

    Whoever holds it may take it again.

    The kernel drops the lock with its owner, so a killed run leaves none behind. The file stays: who deletes
    a lock file may delete the one a third run has just taken.
    """
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    path, place = data / "lock", data.resolve()
    if place in _held:
        yield
        return
    with path.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise Locked(f"another run holds {path}: {_owner(file.read())}") from None
        file.truncate(0)
        file.write(f"{os.getpid()} {datetime.now(UTC).isoformat()}\n")
        file.flush()
        _held.add(place)
        try:
            yield
        finally:
            _held.remove(place)


def _owner(line: str) -> str:
    match line.split():
        case [pid, started_at]:
            seconds = (datetime.now(UTC) - datetime.fromisoformat(started_at)).total_seconds()
            return f"process {pid}, for {_age(seconds)}"
        case _:
            return "it has just begun"


def _age(seconds: float) -> str:
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"

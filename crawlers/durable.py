"""Write files that are whole or absent, whatever happens to the process or the machine."""

import os
from pathlib import Path
from typing import IO


def make_folder(path: Path) -> Path:
    """Make a folder that only its owner can enter, and those it is in, unless they are there."""
    if not path.parent.exists():
        make_folder(path.parent)  # mkdir(parents=True) would give the mode to the last folder only
    path.mkdir(mode=0o700, exist_ok=True)
    return path


def open_part(path: Path) -> IO[bytes]:
    """Open ``<path>.part`` for writing; ``finish`` gives it its name."""
    make_folder(path.parent)
    return path.with_name(f"{path.name}.part").open("wb")


def finish(part: IO[bytes], path: Path) -> None:
    """Close what ``open_part`` opened and give it its name, both for good."""
    part.flush()
    os.fsync(part.fileno())
    part.close()
    Path(part.name).replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def write_durably(path: Path, content: str) -> None:
    """Write a whole file, in the place of an older one if there is one."""
    part = open_part(path)
    part.write(content.encode())
    finish(part, path)

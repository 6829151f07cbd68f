"""Measure how fast posts are read, and with how much memory.

``python -m benchmarks.reading.speed --posts 1000000`` shows whether memory stays flat.
"""

import argparse
import os
import threading
import time
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path

from benchmarks.reading.figure import HEADER, Figure
from nlp.annotations import training_posts
from nlp.extract import build_reader
from nlp.grievance import BrandNames, Unread

_SHORT = 25  # words; a tweet holds some twenty
_WARM_UP = 4_096  # posts
_PAGE = os.sysconf("SC_PAGE_SIZE")


def short_posts() -> Iterator[Unread]:
    """Yield short posts without end: our marked ones, each tenth with a word never seen before."""
    texts = [post.text for post in training_posts() if len(post.text.split()) <= _SHORT]
    for i, text in enumerate(cycle(texts)):
        yield Unread(
            key=("", str(i)), text=text if i % 10 else f"{text} #{i}", brands=("Brand",), how="about"
        )


def speed_figures(n_posts: int = 10_000) -> Iterator[Figure]:
    """Yield posts a second on one and two processes, and the largest process's memory; start-up left out."""
    for n_processes in (1, 2):
        yield from _measure(n_posts, n_processes)


def _measure(n_posts: int, n_processes: int) -> Iterator[Figure]:
    reader = build_reader([BrandNames(name="Brand")], n_processes=n_processes)
    readings = reader.read(islice(short_posts(), n_posts + _WARM_UP))
    for _ in islice(readings, _WARM_UP):  # then the models are loaded and every process is at work
        pass
    peak, stop = [0], threading.Event()
    threading.Thread(target=_watch, args=(peak, stop), daemon=True).start()
    started, tenth = time.perf_counter(), 0
    for n_read, _ in enumerate(readings, start=1):
        if n_read == n_posts // 10:
            tenth = peak[0]
    seconds = time.perf_counter() - started
    stop.set()
    data = f"short posts, {n_processes} process{'es' if n_processes > 1 else ''}"
    yield Figure("reading", data, n_posts, "posts a second", n_posts / seconds)
    yield Figure("reading", data, n_posts, "largest process, MiB", peak[0] / 2**20)
    yield Figure("reading", data, n_posts, "MiB more than after the first tenth", (peak[0] - tenth) / 2**20)


def _watch(peak: list[int], stop: threading.Event) -> None:
    while not stop.wait(0.25):
        peak[0] = max(peak[0], *(_resident(pid) for pid in (os.getpid(), *_children())))


def _children() -> Iterator[int]:
    for path in Path(f"/proc/{os.getpid()}/task").glob("*/children"):
        yield from map(int, path.read_text().split())


def _resident(pid: int) -> int:
    """Return the memory a process holds, in bytes; 0 once it has ended."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    except (FileNotFoundError, ProcessLookupError):
        return 0


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, default=10_000)
    print(HEADER)
    for figure in speed_figures(parser.parse_args().posts):
        print(figure, flush=True)


if __name__ == "__main__":
    main()

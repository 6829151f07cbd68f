"""Print how well posts are read: ``python benchmarks/quality.py ../shared/corpora``.

No row's label was trained on. "In domain" leaves the row's fold out, "transfer" its whole corpus. The corpora
lie in the folder; the gold set and the posts in other languages are the project's own.
"""

import argparse
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

from benchmarks.reading.complaints import (
    complaint_figures,
    intensity_figures,
    language_figures,
    sarcasm_figures,
)
from benchmarks.reading.exactness import exactness_figures
from benchmarks.reading.figure import HEADER, Figure
from benchmarks.reading.grievances import aspect_figures, marked_figures, switch_figures, wish_figures
from benchmarks.reading.speed import speed_figures
from benchmarks.reading.touchpoints import touchpoint_figures
from nlp.annotations import marked_posts

_TESTS = Path(__file__).parents[1] / "tests" / "nlp"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="the folder with cesamard, maalej-appreviews, …")
    folder = parser.parse_args().folder
    gold = _TESTS / "gold.jsonl"
    sections: list[Callable[[], Iterator[Figure]]] = [
        lambda: marked_figures(gold, "gold"),
        lambda: wish_figures(folder),
        lambda: switch_figures(folder),
        lambda: aspect_figures(folder),
        lambda: touchpoint_figures(folder),
        lambda: complaint_figures(folder, list(marked_posts(gold))),
        lambda: sarcasm_figures(folder),
        lambda: intensity_figures(folder),
        lambda: language_figures(_TESTS / "languages.jsonl"),
        exactness_figures,
        speed_figures,
    ]
    print(HEADER)
    for figure in chain.from_iterable(section() for section in sections):
        print(figure, flush=True)


if __name__ == "__main__":
    main()

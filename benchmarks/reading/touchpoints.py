"""Measure whether touchpoints agree with what the sources themselves say a complaint is about."""

import csv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from sklearn.metrics import adjusted_mutual_info_score

from benchmarks.reading.figure import Figure
from benchmarks.reading.grievances import read
from nlp import corpora
from nlp.extract import Reader
from nlp.grievance import BrandNames

_MOST = 1_500  # rows of a corpus: enough for two digits


def touchpoint_figures(folder: Path) -> Iterator[Figure]:
    """Yield how many posts of each corpus get a touchpoint, and how far it agrees with the corpus's field."""
    for data, rows in (
        (
            "Skytrax, seat or lounge",
            [
                *_table(folder / "skytrax/seat.csv", "content", None),
                *_table(folder / "skytrax/lounge.csv", "content", None),
            ],
        ),
        (
            "CFPB, issue",
            _table(folder / "cfpb/complaints_sample_5000_2026.csv", "Consumer complaint narrative", "Issue"),
        ),
        ("NHTSA, component", _nhtsa(folder)),
    ):
        sample = rows[:: max(1, len(rows) // _MOST)]
        readings = read(Reader([BrandNames(name="Brand")]), [text for text, _ in sample], "Brand")
        pairs = []
        for (_, field), reading in zip(sample, readings, strict=True):
            said = Counter(g.touchpoint for g in reading.grievances if g.touchpoint is not None)
            if said:
                pairs.append((field, said.most_common(1)[0][0]))
        yield Figure("touchpoint", data, len(sample), "share of posts with one", len(pairs) / len(sample))
        score = adjusted_mutual_info_score(
            [field for field, _ in pairs], [touchpoint for _, touchpoint in pairs]
        )
        yield Figure(
            "touchpoint", data, len(pairs), "adjusted mutual information", float(score), "chance .000"
        )


def _table(path: Path, text: str, field: str | None) -> list[tuple[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [(row[text], row[field] if field else path.stem) for row in csv.DictReader(file) if row[text]]


def _nhtsa(folder: Path) -> list[tuple[str, str]]:
    texts = corpora.rows_of(folder, "nhtsa")
    raw = (folder / "nhtsa" / "nhtsa-complaints.txt").read_text(encoding="utf-8", errors="replace")
    components = [line.split("\t")[11].split(":")[0] for line in raw.rstrip("\n").split("\n")]
    return list(zip(texts, components, strict=True))

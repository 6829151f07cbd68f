"""Define the rows of the table, and the measures they hold."""

from dataclasses import dataclass

import numpy as np
from sklearn.metrics import f1_score, roc_auc_score

from nlp.annotations import Place
from nlp.train import Values


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of the table: what is measured on which data, over ``n`` rows, and a peer's."""

    task: str
    data: str
    n: int
    measure: str
    ours: float
    peer: str = ""

    def __str__(self) -> str:
        return f"| {self.task} | {self.data} | {self.n:,} | {self.measure} | {self.ours:.3f} | {self.peer} |"


HEADER = "| task | data | rows | measure | ours | peer |\n|---|---|---|---|---|---|"


def macro_f1(labels: Values, scores: Values) -> float:
    """Return the mean F1 of both classes, scores from .5 counting as yes."""
    return float(f1_score(labels > 0.5, scores >= 0.5, average="macro"))


def area(labels: Values, scores: Values) -> float:
    """Return the area under the ROC curve."""
    return float(roc_auc_score(labels > 0.5, scores))


def calibration_error(labels: Values, scores: Values, n_bins: int = 10) -> float:
    """Return the expected calibration error over bins of equal width (Naeini et al. 2015)."""
    bins = np.minimum((scores * n_bins).astype(int), n_bins - 1)
    gaps = [
        abs(scores[bins == b].mean() - labels[bins == b].mean()) * (bins == b).mean()
        for b in range(n_bins)
        if (bins == b).any()
    ]
    return float(sum(gaps))


def f1(n_right: float, n_found: int, n_there: int) -> float:
    """Return the harmonic mean of precision and recall."""
    return 2 * n_right / (n_found + n_there) if n_found + n_there else 0.0


def overlap(one: Place, other: Place) -> float:
    """Return the shared length of two spans over the longer one's."""
    shared = min(one[1], other[1]) - max(one[0], other[0])
    return max(0, shared) / max(one[1] - one[0], other[1] - other[0], 1)


def matched(there: list[Place], found: list[Place], least: float) -> list[tuple[int, int]]:
    """Pair spans one to one, the best overlap first, where it is at least ``least`` and not nothing."""
    pairs = sorted(
        ((overlap(a, b), i, j) for i, a in enumerate(there) for j, b in enumerate(found)),
        key=lambda pair: (-pair[0], pair[1:]),
    )
    taken: list[tuple[int, int]] = []
    for share, i, j in pairs:
        if share >= least and share > 0 and all(i != a and j != b for a, b in taken):
            taken.append((i, j))
    return taken

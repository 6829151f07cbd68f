"""Train the heads from the labelled corpora: ``python -m nlp.train ../shared/corpora``."""

import argparse
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from nlp import corpora
from nlp.grievance import Vector
from nlp.heads import MODELS, N_FEATURES, Head, features

SEED = 20261122

# How much one text of a corpus counts. Reddit's emotions are no complaints about products, only near them;
# the narratives of the complaint bureau have no counterpart without a complaint, so they may not teach too
# much.
WEIGHTS = {
    "cesamard": 1.0,
    "maalej": 1.0,
    "skytrax": 0.7,
    "mams": 0.5,
    "banking77": 0.4,
    "goemotions": 0.15,
    "cfpb": 0.1,
}


def fit(rows: list[corpora.Labelled], *, c: float = 1.0) -> Head:
    """Fit a logistic regression to rows labelled 0 to 1; a label in between counts for both sides."""
    x = features([row.text for row in rows])
    label = np.array([row.label for row in rows])
    weight = np.array([WEIGHTS[row.corpus] for row in rows])
    both = np.concatenate([np.arange(len(rows))] * 2)
    y = np.repeat([1, 0], len(rows))
    w = np.concatenate([weight * label, weight * (1 - label)])
    used = w > 0
    model = LogisticRegression(C=c, max_iter=2_000, random_state=SEED)
    model.fit(x[both[used]], y[used], sample_weight=w[used])
    return Head(np.asarray(model.coef_[0], dtype=np.float32), float(model.intercept_[0]))


def calibrate(head: Head, logits: npt.NDArray[np.float64], labels: Vector) -> Head:
    """Return the head with slope and bias refitted (Platt 1999) on log-odds of texts it was not fitted to."""
    platt = LogisticRegression(C=1e6, random_state=SEED).fit(logits[:, None], labels)
    slope, bias = float(platt.coef_[0, 0]), float(platt.intercept_[0])
    return Head(head.weights * np.float32(slope), head.bias * slope + bias)


def folds(n: int, k: int) -> npt.NDArray[np.int64]:
    """Return the fold, 0 to k - 1, of each of n rows, drawn with the seed."""
    return np.random.default_rng(SEED).permutation(np.arange(n) % k)


def train_complaint(folder: Path, *, k: int = 5) -> Head:
    """Fit ``complaint`` to every corpus; calibrate it on CESAMARD, each text scored by a fit without it."""
    inside = list(corpora.cesamard_complaints(folder))
    outside = list(corpora.complaints_elsewhere(folder))
    fold = folds(len(inside), k)
    held_out = np.zeros(len(inside))
    for i in range(k):
        rest = [row for row, f in zip(inside, fold, strict=True) if f != i]
        held_out[fold == i] = fit(rest + outside).logits(
            [row.text for row, f in zip(inside, fold, strict=True) if f == i]
        )
    labels = np.array([row.label for row in inside], dtype=np.float32)
    return calibrate(fit(inside + outside), held_out, labels)


def train_intensity(folder: Path) -> Head:
    """Fit ``intensity`` to the severity of complaints and the strength of anger."""
    return fit(list(corpora.intensities(folder)), c=0.3)


def main() -> None:
    """Write the heads to ``nlp/models``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="the folder with cesamard, maalej-appreviews, …")
    folder = parser.parse_args().folder
    MODELS.mkdir(exist_ok=True)
    for name, head in (("complaint", train_complaint(folder)), ("intensity", train_intensity(folder))):
        head.save(name)
        print(f"{name}: {N_FEATURES} weights, bias {head.bias:.3f}")  # noqa: T201


if __name__ == "__main__":
    main()

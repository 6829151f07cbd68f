"""Train the heads from the labelled corpora and the marked posts: ``python -m nlp.train ../shared/corpora``.

The encoder they stand on comes first: ``python -m nlp.train_encoder``.
"""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from nlp import corpora
from nlp.annotations import training_posts
from nlp.corpora import SEED, Labelled
from nlp.encoder import encode
from nlp.grievance import Vector
from nlp.heads import Head, features

# How much one text of a corpus counts. Reddit's emotions are no complaints about products, only near them;
# the narratives of the complaint bureau have no counterpart without a complaint, so they may not teach too
# much.
WEIGHTS = {
    "cesamard": 1.0,
    "maalej": 1.0,
    "marked": 1.0,
    "isarcasm": 1.0,
    "skytrax": 0.7,
    "mams": 0.5,
    "banking77": 0.4,
    "goemotions": 0.45,
    "cfpb": 0.5,
}

Values = npt.NDArray[np.float64]


def complaints(folder: Path) -> list[Labelled]:
    """Return all texts labelled as complaint (1) or not (0)."""
    marked = [
        Labelled(post.text, float(post.is_complaint), "marked", post.rating) for post in training_posts()
    ]
    return [*corpora.cesamard_complaints(folder), *corpora.complaints_elsewhere(folder), *marked]


def intensities(folder: Path) -> list[Labelled]:
    """Return complaints and angry comments with their strength, 0 to 1."""
    marked = [
        Labelled(post.text, post.intensity, "marked", post.rating)
        for post in training_posts()
        if post.intensity is not None
    ]
    return [*corpora.cesamard_severities(folder), *corpora.angers(folder, "train"), *marked]


def sarcasms(folder: Path) -> list[Labelled]:
    """Return texts labelled as sarcastic (1) or not (0)."""
    marked = [
        Labelled(post.text, float(post.is_sarcastic), "marked", post.rating) for post in training_posts()
    ]
    tweets = [Labelled(text, float(label), "isarcasm") for text, label in corpora.isarcasm(folder, "train")]
    return [*corpora.cesamard_sarcasm(folder), *tweets, *marked]


def featurise(rows: Sequence[Labelled]) -> Vector:
    """Return the features of the rows' texts, shape (n, N_FEATURES)."""
    return np.concatenate([features([encode(row.text, row.rating)]) for row in rows])


def labels_of(rows: Sequence[Labelled]) -> Values:
    """Return the rows' labels, shape (n,)."""
    return np.array([row.label for row in rows])


def weights_of(rows: Sequence[Labelled]) -> Values:
    """Return how much each row counts, shape (n,)."""
    return np.array([WEIGHTS[row.corpus] for row in rows])


def fit(x: Vector, labels: Values, weights: Values, *, c: float = 1.0) -> Head:
    """Fit a logistic regression to labels from 0 to 1; a label in between counts for both sides."""
    both = np.concatenate([np.arange(len(labels))] * 2)
    y = np.repeat([1, 0], len(labels))
    w = np.concatenate([weights * labels, weights * (1 - labels)])
    used = w > 0
    model = LogisticRegression(C=c, max_iter=2_000, random_state=SEED)
    model.fit(x[both[used]], y[used], sample_weight=w[used])
    return Head(np.asarray(model.coef_[0], dtype=np.float32), float(model.intercept_[0]))


def calibrate(head: Head, logits: Values, labels: Values, weights: Values) -> Head:
    """Return the head with slope and bias refitted (Platt 1999) on log-odds of texts it was not fitted to."""
    platt = LogisticRegression(C=1e6, random_state=SEED).fit(logits[:, None], labels, weights)
    slope, bias = float(platt.coef_[0, 0]), float(platt.intercept_[0])
    return Head(head.weights * np.float32(slope), head.bias * slope + bias)


def folds(n: int, k: int) -> npt.NDArray[np.int64]:
    """Return the fold, 0 to k - 1, of each of n rows, drawn with the seed."""
    return np.random.default_rng(SEED).permutation(np.arange(n) % k)


def cross_fit(x: Vector, labels: Values, weights: Values, *, c: float = 1.0, k: int = 5) -> Head:
    """Fit to all rows; calibrate on each row's log-odds by a fit to the other folds."""
    fold = folds(len(labels), k)
    held_out = np.zeros(len(labels))
    for i in range(k):
        rest = fold != i
        held_out[~rest] = fit(x[rest], labels[rest], weights[rest], c=c).logits(x[~rest])
    return calibrate(fit(x, labels, weights, c=c), held_out, labels, weights)


def main() -> None:
    """Write the heads to ``nlp/models``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="the folder with cesamard, maalej-appreviews, …")
    folder = parser.parse_args().folder
    heads: dict[str, tuple[Callable[[Path], Sequence[Labelled]], float]] = {
        "complaint": (complaints, 1.0),
        "intensity": (intensities, 0.3),
        "sarcasm": (sarcasms, 1.0),
    }
    for name, (read, c) in heads.items():
        rows = read(folder)
        x = featurise(rows)
        labels, weights = labels_of(rows), weights_of(rows)
        head = fit(x, labels, weights, c=c) if name == "intensity" else cross_fit(x, labels, weights, c=c)
        head.save(name)
        print(f"{name}: {len(rows):,} texts")  # noqa: T201


if __name__ == "__main__":
    main()

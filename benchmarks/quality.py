"""Measure the complaint head: ``python benchmarks/quality.py ../shared/corpora``.

Prints one table. "In domain" is CESAMARD, every text scored by a fit that left its fold out; "transfer" is
CESAMARD scored by a fit that never saw CESAMARD. VADER (``pip install vaderSentiment``) stands beside them.
"""

import argparse
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sklearn.metrics import f1_score, roc_auc_score
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from nlp import corpora
from nlp.heads import sigmoid
from nlp.train import calibrate, fit, folds

Scores = npt.NDArray[np.float64]


def calibration_error(scores: Scores, labels: Scores, n_bins: int = 10) -> float:
    """Return the expected calibration error over bins of equal width (Naeini et al. 2015)."""
    bins = np.minimum((scores * n_bins).astype(int), n_bins - 1)
    gaps = [
        abs(scores[bins == b].mean() - labels[bins == b].mean()) * (bins == b).mean()
        for b in range(n_bins)
        if (bins == b).any()
    ]
    return float(sum(gaps))


def in_domain(folder: Path, k: int = 5) -> tuple[Scores, Scores]:
    """Return scores and labels; head and calibration of each fold come from the other folds."""
    rows, elsewhere = list(corpora.cesamard_complaints(folder)), list(corpora.complaints_elsewhere(folder))
    fold = folds(len(rows), k)
    labels = np.array([row.label for row in rows])
    scores = np.zeros(len(rows))
    for i in range(k):
        train = _pick(rows, fold != i)
        inner = folds(len(train), 2)
        halves = np.zeros(len(train))
        for j in range(2):
            head = fit(_pick(train, inner != j) + elsewhere)
            halves[inner == j] = head.logits([row.text for row in _pick(train, inner == j)])
        head = calibrate(fit(train + elsewhere), halves, labels[fold != i])
        scores[fold == i] = sigmoid(head.logits([row.text for row in _pick(rows, fold == i)]))
    return scores, labels


def _pick(rows: list[corpora.Labelled], is_picked: npt.NDArray[np.bool_]) -> list[corpora.Labelled]:
    return [row for row, picked in zip(rows, is_picked, strict=True) if picked]


def transfer(folder: Path) -> tuple[Scores, Scores]:
    """Return scores and labels of CESAMARD by a head fitted to the other corpora only."""
    rows = list(corpora.cesamard_complaints(folder))
    head = fit(list(corpora.complaints_elsewhere(folder)))
    return sigmoid(head.logits([row.text for row in rows])), np.array([row.label for row in rows])


def vader(folder: Path) -> tuple[Scores, Scores]:
    """Return VADER's negated compound score, moved to 0 to 1, and labels."""
    rows = list(corpora.cesamard_complaints(folder))
    analyser = SentimentIntensityAnalyzer()
    compound = np.array([analyser.polarity_scores(row.text)["compound"] for row in rows])
    return (1 - compound) / 2, np.array([row.label for row in rows])


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="the folder with cesamard, maalej-appreviews, …")
    folder = parser.parse_args().folder
    print("| complaint or not, CESAMARD | rows | macro-F1 | AUC | ECE |")
    print("|---|---|---|---|---|")
    for name, measure in (("ours, in domain", in_domain), ("ours, transfer", transfer), ("VADER", vader)):
        scores, labels = measure(folder)
        macro_f1 = f1_score(labels, scores > 0.5, average="macro")
        auc, ece = roc_auc_score(labels, scores), calibration_error(scores, labels)
        print(f"| {name} | {len(labels):,} | {macro_f1:.3f} | {auc:.3f} | {ece:.3f} |", flush=True)


if __name__ == "__main__":
    main()

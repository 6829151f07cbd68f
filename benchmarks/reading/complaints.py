"""Measure the heads: complaint or not, sarcasm, intensity, other languages."""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr
from sklearn.metrics import f1_score
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from benchmarks.reading.figure import Figure, area, calibration_error, macro_f1
from nlp import corpora
from nlp.annotations import MarkedPost, marked_rows
from nlp.corpora import Labelled
from nlp.grievance import Vector
from nlp.heads import Head, sigmoid
from nlp.language import detect
from nlp.train import (
    Values,
    complaints,
    cross_fit,
    featurise,
    fit,
    folds,
    intensities,
    labels_of,
    sarcasms,
    weights_of,
)

_MEASURES = {"macro-F1": macro_f1, "AUC": area, "ECE": calibration_error}


def complaint_figures(folder: Path, gold: Sequence[MarkedPost]) -> Iterator[Figure]:
    """Yield what the complaint head reaches in its domain, and on corpora of which it saw nothing."""
    rows = complaints(folder)
    x, labels, weights = featurise(rows), labels_of(rows), weights_of(rows)
    corpus = np.array([row.corpus for row in rows])
    inside = corpus == "cesamard"
    logits = _out_of_fold(x, inside, lambda rest: cross_fit(x[rest], labels[rest], weights[rest]))
    yield from _figures("complaint, in domain", "CESAMARD", _pick(rows, inside), sigmoid(logits))
    seen = {post.text for post in marked_rows(folder)}  # the encoder was trained on these
    unseen = np.array([row.text not in seen for row in rows])
    titles = {
        "cesamard": "CESAMARD",
        "maalej": "Maalej, bugs and 1-2 stars or 4-5",
        "skytrax": "Skytrax, recommended (the encoder knew half of the texts, not the labels)",
    }
    for name, title in titles.items():
        left_out = (corpus == name) & unseen
        head = cross_fit(x[corpus != name], labels[corpus != name], weights[corpus != name])
        yield from _figures(
            "complaint, transfer", title, _pick(rows, left_out), sigmoid(head.logits(x[left_out]))
        )
    golden = [Labelled(post.text, float(post.is_complaint), "marked") for post in gold]
    head = cross_fit(x, labels, weights)
    yield from _figures("complaint", "gold", golden, sigmoid(head.logits(featurise(golden))))


def _out_of_fold(x: Vector, inside: np.ndarray, fit_to: Callable[[np.ndarray], Head], k: int = 5) -> Values:
    """Return the log-odds of the rows inside, each by a head fitted to all but the row's fold."""
    fold = np.full(len(x), -1)
    fold[inside] = folds(int(inside.sum()), k)
    logits = np.zeros(len(x))
    for i in range(k):
        logits[fold == i] = fit_to(fold != i).logits(x[fold == i])
    return logits[inside]


def _figures(task: str, data: str, rows: Sequence[Labelled], scores: Values) -> Iterator[Figure]:
    labels, others = labels_of(rows), _vader(rows)
    for measure, of in _MEASURES.items():
        yield Figure(task, data, len(rows), measure, of(labels, scores), f"VADER {of(labels, others):.3f}")


def _vader(rows: Sequence[Labelled]) -> Values:
    """Return VADER's negated compound score, moved to 0 to 1."""
    analyser = SentimentIntensityAnalyzer()
    return np.array([(1 - analyser.polarity_scores(row.text)["compound"]) / 2 for row in rows])


def _pick(rows: Sequence[Labelled], picked: np.ndarray) -> list[Labelled]:
    return [row for row, is_picked in zip(rows, picked, strict=True) if is_picked]


def sarcasm_figures(folder: Path) -> Iterator[Figure]:
    """Yield how well sarcasm is found in the test split of iSarcasm, whose training split was trained on."""
    rows = sarcasms(folder)
    head = cross_fit(featurise(rows), labels_of(rows), weights_of(rows))
    test = [Labelled(text, float(label), "isarcasm") for text, label in corpora.isarcasm(folder, "test")]
    labels, scores = labels_of(test), sigmoid(head.logits(featurise(test)))
    always = f1_score(labels, np.ones(len(labels)))
    yield Figure(
        "sarcasm",
        "iSarcasm test",
        len(test),
        "F1",
        float(f1_score(labels, scores >= 0.5)),
        f"always yes {always:.3f}",
    )
    yield Figure("sarcasm", "iSarcasm test", len(test), "AUC", area(labels, scores), "chance .500")


def intensity_figures(folder: Path) -> Iterator[Figure]:
    """Yield rank correlations with CESAMARD's severity (out of fold) and GoEmotions' anger (test split)."""
    rows = intensities(folder)
    x, labels, weights = featurise(rows), labels_of(rows), weights_of(rows)
    inside = np.array([row.corpus == "cesamard" for row in rows])
    strengths = _out_of_fold(x, inside, lambda rest: fit(x[rest], labels[rest], weights[rest], c=0.3))
    yield _rank("CESAMARD severity", _pick(rows, inside), strengths)
    test = list(corpora.angers(folder, "test"))
    head = fit(x, labels, weights, c=0.3)
    yield _rank("GoEmotions anger, test", test, head.logits(featurise(test)))


def _rank(data: str, rows: Sequence[Labelled], strengths: Values) -> Figure:
    labels = labels_of(rows)
    other = spearmanr(labels, _vader(rows)).statistic
    return Figure(
        "intensity",
        data,
        len(rows),
        "Spearman",
        float(spearmanr(labels, strengths).statistic),
        f"VADER {other:.3f}",
    )


def language_figures(path: Path) -> Iterator[Figure]:
    """Yield how many posts in other languages are told to be so, and left unread rather than misread."""
    posts = [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]
    told = [detect(post["text"]) for post in posts]
    n_right = sum(lang == post["lang"] for lang, post in zip(told, posts, strict=True))
    yield Figure("language", "ten languages", len(posts), "accuracy", n_right / len(posts))
    yield Figure(
        "language", "ten languages", len(posts), "share taken for English", told.count("en") / len(posts)
    )

from pathlib import Path

import numpy as np
import pytest

from nlp import heads
from nlp.corpora import Labelled
from nlp.heads import N_FEATURES, Head, features, sigmoid
from nlp.train import calibrate, fit, folds


@pytest.fixture(scope="module")
def complaint() -> Head:
    return Head.load("complaint")


@pytest.mark.parametrize(
    "text",
    [
        "The app crashes every time I try to pay",
        "Terrible quality, it broke after two days",
        "He told me the claim was denied",
        "they keep charging me fees and nobody helps",
    ],
)
def test_complaint_head_knows_complaints(complaint: Head, text: str) -> None:
    assert sigmoid(complaint.logits([text]))[0] > 0.5


@pytest.mark.parametrize(
    "text", ["Great app, love it", "Works perfectly, thank you", "The food was delicious", "Good morning"]
)
def test_complaint_head_knows_what_is_none(complaint: Head, text: str) -> None:
    assert sigmoid(complaint.logits([text]))[0] < 0.3


def test_head_scores_alone_as_in_a_batch(complaint: Head) -> None:
    texts = ["They lost my bag", "", "Great crew", "x" * 10_000]
    alone = np.concatenate([complaint.logits([text]) for text in texts])
    np.testing.assert_allclose(complaint.logits(texts), alone, rtol=1e-5)
    assert complaint.logits([]).shape == (0,)


def test_head_survives_saving(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heads, "MODELS", tmp_path)
    head = Head(np.linspace(-1, 1, N_FEATURES, dtype=np.float32), 0.25)
    head.save("test")
    loaded = Head.load("test")
    np.testing.assert_allclose(loaded.weights, head.weights, atol=1e-3)
    assert loaded.bias == 0.25


def test_training_learns_from_rows_and_their_weights() -> None:
    good = [Labelled(f"great {word} love it", 0, "cesamard") for word in ("crew", "food", "seat", "app")]
    bad = [Labelled(f"awful {word} hate it", 1, "cesamard") for word in ("crew", "food", "seat", "app")]
    head = fit(good + bad)
    likely, unlikely = sigmoid(head.logits(["awful service", "great service"]))
    assert likely > 0.5 > unlikely


def test_calibration_makes_scores_match_frequencies() -> None:
    logits = np.repeat([-4.0, 4.0], 100)  # far too sure: right three times in four
    labels = np.tile(np.array([1, 0, 0, 0], np.float32), 25)
    labels = np.concatenate([labels, 1 - labels])
    head = calibrate(Head(np.ones(N_FEATURES, np.float32), 0.0), logits, labels)
    assert sigmoid(np.array([4.0 * head.weights[0] + head.bias]))[0] == pytest.approx(0.75, abs=0.01)


def test_folds_are_even_and_fixed() -> None:
    assert np.bincount(folds(10, 5)).tolist() == [2] * 5
    np.testing.assert_array_equal(folds(10, 5), folds(10, 5))


def test_features_have_two_halves_of_equal_weight() -> None:
    x = features(["they lost my bag"])
    words, hashes = x[:, : heads.WORD_DIMENSIONS], x[:, heads.WORD_DIMENSIONS :]
    np.testing.assert_allclose(
        np.sqrt(words.multiply(words).sum()), np.sqrt(hashes.multiply(hashes).sum()), rtol=1e-5
    )

from pathlib import Path

import numpy as np
import pytest

from nlp import heads
from nlp.corpora import Labelled
from nlp.encoder import encode
from nlp.grievance import Vector
from nlp.heads import N_FEATURES, Head, features, sigmoid
from nlp.train import calibrate, cross_fit, featurise, fit, folds, labels_of, weights_of


def x_of(*texts: str) -> Vector:
    return features([encode(text) for text in texts])


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
    assert sigmoid(complaint.logits(x_of(text)))[0] > 0.5


@pytest.mark.parametrize(
    "text", ["Great app, love it", "Works perfectly, thank you", "The food was delicious", "Good morning"]
)
def test_complaint_head_knows_what_is_none(complaint: Head, text: str) -> None:
    assert sigmoid(complaint.logits(x_of(text)))[0] < 0.3


def test_sarcasm_head_tells_meant_praise_from_mock_praise() -> None:
    head = Head.load("sarcasm")
    mock, meant = head.logits(
        x_of("great job losing my bag again, love that for me", "They found my bag in an hour")
    )
    assert mock > meant


def test_intensity_head_ranks_rage_over_a_quibble() -> None:
    rage, quibble = Head.load("intensity").logits(
        x_of("I hate these disgusting thieving liars", "the colour is a bit darker than I had expected")
    )
    assert rage > quibble


def test_head_scores_alone_as_in_a_batch(complaint: Head) -> None:
    texts = ["They lost my bag", "", "Great crew", "x" * 10_000]
    alone = np.concatenate([complaint.logits(x_of(text)) for text in texts])
    np.testing.assert_allclose(complaint.logits(x_of(*texts)), alone, rtol=1e-5)
    assert complaint.logits(x_of()).shape == (0,)


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
    rows = good + bad
    head = fit(featurise(rows), labels_of(rows), weights_of(rows))
    likely, unlikely = sigmoid(head.logits(x_of("awful service", "great service")))
    assert likely > 0.5 > unlikely


def test_calibration_makes_scores_match_frequencies() -> None:
    logits = np.repeat([-4.0, 4.0], 100)  # far too sure: right three times in four
    labels = np.tile(np.array([1.0, 0, 0, 0]), 25)
    labels = np.concatenate([labels, 1 - labels])
    head = calibrate(Head(np.ones(N_FEATURES, np.float32), 0.0), logits, labels, np.ones(200))
    assert sigmoid(np.array([4.0 * head.weights[0] + head.bias]))[0] == pytest.approx(0.75, abs=0.01)


def test_cross_fitting_is_calibrated_on_what_it_has_not_seen() -> None:
    draw = np.random.default_rng(2)
    x = draw.normal(size=(300, N_FEATURES)).astype(np.float32)  # noise that a fit can learn by heart
    labels = draw.integers(0, 2, 300).astype(float)
    scores = sigmoid(cross_fit(x, labels, np.ones(300)).logits(x))
    assert np.abs(scores - 0.5).max() < 0.45


def test_folds_are_even_and_fixed() -> None:
    assert np.bincount(folds(10, 5)).tolist() == [2] * 5
    np.testing.assert_array_equal(folds(10, 5), folds(10, 5))

"""Score texts with small linear models on what the encoder says of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from nlp.encoder import DIMENSIONS, Encoded
from nlp.grievance import KINDS, Vector
from nlp.tagging import kind_scores
from nlp.vectors import unit

MODELS = Path(__file__).parent / "models"
N_FEATURES = len(KINDS) + DIMENSIONS

# The mean state is a unit vector; 3 lets the regularised fit use it.
_SCALE = 3.0


def features(encoded: Sequence[Encoded]) -> Vector:
    """Return the features of texts, shape (n, N_FEATURES): how likely each kind is, and the mean state."""
    kinds = np.array([kind_scores(one) for one in encoded], np.float32).reshape(-1, len(KINDS))
    states = np.array([one.vector for one in encoded], np.float32).reshape(-1, DIMENSIONS)
    return np.asarray(np.hstack([kinds, unit(states)]) * np.float32(_SCALE))


@dataclass(frozen=True)
class Head:
    """A linear model: ``weights`` of shape (N_FEATURES,) and a ``bias``, in log-odds."""

    weights: Vector
    bias: float

    @classmethod
    def load(cls, name: str) -> Self:
        """Read ``nlp/models/<name>.npz``."""
        with np.load(MODELS / f"{name}.npz") as file:
            return cls(file["weights"], float(file["bias"]))

    def save(self, name: str) -> None:
        """Write ``nlp/models/<name>.npz``."""
        np.savez_compressed(MODELS / f"{name}.npz", weights=self.weights, bias=self.bias)

    def logits(self, x: Vector) -> npt.NDArray[np.float64]:
        """Return the log-odds of each row of ``features``, shape (n,)."""
        # Summed row by row: a matrix product gives a row other last digits beside other rows.
        return np.array([float(np.dot(row, self.weights)) + self.bias for row in x])


def sigmoid(logits: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the probabilities of log-odds."""
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(logits, -30, 30))))

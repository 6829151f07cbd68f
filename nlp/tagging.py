"""Turn the encoder's tags into spans: which words hold a grievance, and of which kind."""

from collections.abc import Iterator
from math import inf

import numpy as np

from nlp.encoder import N_TAGS, Encoded
from nlp.grievance import KINDS, Kind, Vector

# Taken off the log-odds of "no grievance", which most words say: with this much as many grievances are found
# in nlp/marked/dev.jsonl as are marked there.
_SHYNESS = 0.5

_OPENS = np.arange(1, N_TAGS, 2)
_CONTINUES = np.arange(2, N_TAGS, 2)


def kind_scores(encoded: Encoded) -> Vector:
    """Return how likely the likeliest word piece belongs to each of ``KINDS``, shape (6,), 0 to 1."""
    if not len(encoded.tags):
        return np.zeros(len(KINDS), np.float32)
    likely = np.exp(encoded.tags)
    return np.asarray((likely[:, _OPENS] + likely[:, _CONTINUES]).max(axis=0))


def tagged_spans(encoded: Encoded) -> Iterator[tuple[int, int, Kind]]:
    """Yield (start, end, kind) of each grievance, in code points, by the likeliest sequence of tags."""
    path = _likeliest(encoded.tags) if len(encoded.tags) else []
    start = None
    for i, tag in enumerate([*path, 0]):
        if start is not None and (tag == 0 or tag % 2 == 1):
            kind = KINDS[(path[i - 1] - 1) // 2]
            yield int(encoded.offsets[start, 0]), int(encoded.offsets[i - 1, 1]), kind
            start = None
        if tag % 2 == 1:
            start = i


def aspect_spans(encoded: Encoded) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of the words that say what a grievance is about, in code points."""
    likely = np.exp(encoded.aspects)
    inside = likely[:, 0] < 0.5
    opens = inside & ((likely[:, 1] > likely[:, 2]) | ~np.r_[False, inside[:-1]])
    for i in np.flatnonzero(opens):
        end = i
        while end + 1 < len(inside) and inside[end + 1] and not opens[end + 1]:
            end += 1
        yield int(encoded.offsets[i, 0]), int(encoded.offsets[end, 1])


def _likeliest(tags: Vector) -> list[int]:
    """Return the likeliest tags, of which one that continues a kind only follows one of its own (Viterbi)."""
    tags = tags.copy()
    tags[:, 0] -= _SHYNESS
    if (tags.argmax(axis=1) == 0).all():
        return []
    # Python's floats: an array of thirteen numbers a step would cost more than it saves.
    steps = tags.tolist()
    best = [score if tag == 0 or tag % 2 else -inf for tag, score in enumerate(steps[0])]
    came_from: list[list[int]] = []
    for step in steps[1:]:
        top = max(range(N_TAGS), key=best.__getitem__)
        before = [
            top if tag == 0 or tag % 2 else tag if best[tag] >= best[tag - 1] else tag - 1
            for tag in range(N_TAGS)
        ]
        best = [best[previous] + score for previous, score in zip(before, step, strict=True)]
        came_from.append(before)
    path = [max(range(N_TAGS), key=best.__getitem__)]
    for before in reversed(came_from):
        path.append(before[path[-1]])
    return path[::-1]

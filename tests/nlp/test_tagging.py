import itertools

import numpy as np

from nlp.encoder import DIMENSIONS, N_ASPECT_TAGS, N_TAGS, Encoded
from nlp.grievance import KINDS
from nlp.tagging import _SHYNESS, aspect_spans, kind_scores, tagged_spans

OPENS = {kind: 1 + 2 * i for i, kind in enumerate(KINDS)}


def encoded(tags: list[list[float]], aspects: list[list[float]] | None = None) -> Encoded:
    """Return words of one letter, each followed by a blank, with these probabilities."""
    n = len(tags)
    places = np.array([(2 * i, 2 * i + 1) for i in range(n)], np.int64).reshape(n, 2)
    said = np.array(aspects if aspects is not None else [[1.0, 0, 0]] * n, np.float32)
    return Encoded(
        places,
        np.log(np.array(tags, np.float32).reshape(n, N_TAGS) + 1e-9),
        np.log(said.reshape(n, N_ASPECT_TAGS) + 1e-9),
        np.zeros((n, DIMENSIONS), np.float32),
    )


def likely(tag: int, probability: float = 0.9) -> list[float]:
    rest = (1 - probability) / (N_TAGS - 1)
    return [probability if i == tag else rest for i in range(N_TAGS)]


def test_spans_run_from_an_opening_tag_to_the_last_that_continues_it() -> None:
    wish, complaint = OPENS["wish"], OPENS["complaint"]
    tags = [0, wish, wish + 1, 0, complaint, complaint + 1, complaint + 1, wish]
    assert list(tagged_spans(encoded([likely(tag) for tag in tags]))) == [
        (2, 5, "wish"),
        (8, 13, "complaint"),
        (14, 15, "wish"),
    ]


def test_a_span_keeps_one_kind() -> None:
    wish, complaint = OPENS["wish"], OPENS["complaint"]
    tags = [likely(complaint), likely(wish + 1, 0.5), likely(complaint + 1)]
    assert list(tagged_spans(encoded(tags))) == [(0, 5, "complaint")]


def test_a_tag_that_continues_nothing_opens_nothing_by_itself() -> None:
    torn = [0.5 if tag == OPENS["wish"] + 1 else 0.45 if tag == 0 else 0.0 for tag in range(N_TAGS)]
    tags = [likely(0), torn, likely(0)]
    assert list(tagged_spans(encoded(tags))) == []


def test_no_words_hold_no_spans() -> None:
    nothing = encoded([])
    assert list(tagged_spans(nothing)) == []
    assert list(aspect_spans(nothing)) == []
    assert kind_scores(nothing).tolist() == [0.0] * len(KINDS)


def test_the_likeliest_sequence_is_the_best_of_all() -> None:
    draw = np.random.default_rng(3)
    for _ in range(20):
        tags = draw.dirichlet(np.full(N_TAGS, 0.3), size=3)
        one = encoded(tags.tolist())
        best = max(
            (path for path in itertools.product(range(N_TAGS), repeat=3) if _is_allowed(path)),
            key=lambda path: sum(one.tags[i, tag] - _SHYNESS * (tag == 0) for i, tag in enumerate(path)),
        )
        assert list(tagged_spans(one)) == _spans(best)


def _is_allowed(path: tuple[int, ...]) -> bool:
    return all(
        tag == 0 or tag % 2 or before in (tag, tag - 1) for before, tag in zip((0, *path), path, strict=False)
    )


def _spans(path: tuple[int, ...]) -> list[tuple[int, int, str]]:
    spans: list[tuple[int, int, str]] = []
    for i, tag in enumerate(path):
        if tag % 2:
            spans.append((2 * i, 2 * i + 1, KINDS[(tag - 1) // 2]))
        elif tag:
            start, _, kind = spans.pop()
            spans.append((start, 2 * i + 1, kind))
    return spans


def test_aspects_are_told_apart_where_one_opens_inside_another() -> None:
    says = [[0.1, 0.8, 0.1], [0.1, 0.1, 0.8], [0.1, 0.8, 0.1], [0.9, 0.1, 0.0], [0.2, 0.1, 0.7]]
    found = list(aspect_spans(encoded([likely(0)] * 5, says)))
    assert found == [(0, 3), (4, 5), (8, 9)]


def test_kind_scores_are_of_the_likeliest_word() -> None:
    scores = kind_scores(encoded([likely(0), likely(OPENS["switch"])]))
    assert KINDS[int(scores.argmax())] == "switch"
    assert scores.max() > 0.9

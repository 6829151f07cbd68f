import numpy as np
import pytest

from nlp.encoder import DIMENSIONS, N_ASPECT_TAGS, N_TAGS, encode, windows, word_pieces

HOSTILE = ["", " ", "\x00", "👩‍👩‍👧", "e\u0301" * 50, "\u202eabc\u202c", "x" * 5_000, "日本語", "a\u2028b"]


def test_every_word_piece_has_a_place_tags_and_a_state() -> None:
    text = "They lost my bag in Zürich 😡"
    read = encode(text)
    assert read.tags.shape == (len(read.offsets), N_TAGS)
    assert read.aspects.shape == (len(read.offsets), N_ASPECT_TAGS)
    assert read.states.shape == (len(read.offsets), DIMENSIONS)
    np.testing.assert_allclose(np.exp(read.tags).sum(axis=1), 1, rtol=1e-4)
    assert [text[start:end] for start, end in read.offsets[:4]] == ["They", "lost", "my", "bag"]


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_offsets_lie_in_the_text_and_in_order(text: str) -> None:
    read = encode(text)
    assert all(0 <= start <= end <= len(text) for start, end in read.offsets)
    assert (np.diff(read.offsets[:, 0]) >= 0).all()
    assert np.isfinite(read.vector).all()


def test_a_text_reads_the_same_every_time() -> None:
    first, *others = [encode("The app crashes on payment") for _ in range(3)]
    encode("another text in between")
    assert all((first.tags == other.tags).all() for other in others)


def test_stars_are_read_but_have_no_place() -> None:
    text = "The app is what it is"
    low, high, none = encode(text, 1), encode(text, 5), encode(text)
    assert len(low.offsets) == len(high.offsets) == len(none.offsets)
    assert not np.allclose(low.tags, high.tags)


def test_a_long_text_is_read_in_windows_that_end_at_a_full_stop() -> None:
    text = "They lost my bag and nobody answers. " * 100
    _, pieces, offsets = word_pieces(text, None)
    parts = list(windows(text, offsets, 254))
    assert len(parts) > 1
    assert [i for part in parts for i in range(part.start, part.stop)] == list(range(len(pieces)))
    assert all(text[slice(*offsets[part.stop - 1])] == "." for part in parts)
    assert len(encode(text).tags) == len(pieces)


def test_what_is_said_of_a_part_is_cut_out() -> None:
    text = "Great crew but they lost my bag"
    part = encode(text).between(text.index("they"), len(text))
    assert [text[start:end] for start, end in part.offsets] == ["they", "lost", "my", "bag"]
    assert part.states.shape == (4, DIMENSIONS)

"""What counts as the same text, and that a signature shows it."""

import subprocess
import sys

import pytest

from nlp.copies import ALIKE, CROWD, FEWEST_WORDS, Index, likeness, sign, similarity

STORY = (
    "I ordered a kettle in May and the lid came off on the second day. Their hotline kept me waiting for an "
    "hour, then told me that lids are not covered. I asked for somebody else and was hung up on. Nobody has "
    "answered my letters since, and I am still boiling my water in a pan like my grandmother did."
)
OTHER = " ".join(f"word{n}" for n in range(60))


def reworded(text: str, n_words: int) -> str:
    """Return the text with words evenly replaced."""
    words = text.split()
    for n in range(n_words):
        words[(2 * n + 1) * len(words) // (2 * n_words)] = f"changed{n}"
    return " ".join(words)


@pytest.mark.parametrize(
    "same",
    [
        STORY.upper(),
        STORY.replace(" ", "\n\n"),
        STORY.replace(". ", " — ").replace(",", " ..."),
        f"{STORY} https://forum.example/t/1?utm=x www.kettle.example/a_b",
        STORY.replace("a pan", "a\u00a0pan"),
        STORY.replace("kettle", "\uff4b\uff45\uff54\uff54\uff4c\uff45"),
    ],
)
def test_case_punctuation_space_and_links_make_no_difference(same: str) -> None:
    assert similarity(STORY, same) == 1
    one, other = sign([STORY, same])
    assert one == other


@pytest.mark.parametrize(
    ("n_changed", "is_alike"),
    [(0, True), (1, True), (2, True), (4, False), (8, False)],
)
def test_a_word_or_two_in_sixty_may_differ(n_changed: int, is_alike: bool) -> None:
    text = " ".join(STORY.split()[:60])
    assert (similarity(text, reworded(text, n_changed)) >= ALIKE) == is_alike


def test_so_may_a_title_before_it() -> None:
    assert similarity(STORY, f"Never buy a Kettlewick kettle\n{STORY}") >= ALIKE


def test_a_quotation_in_a_longer_text_is_no_copy() -> None:
    assert similarity(STORY, f"{STORY} I wonder what became of it, {OTHER}") < ALIKE


def test_few_words_have_no_signature() -> None:
    words = STORY.split()
    short, enough = " ".join(words[: FEWEST_WORDS - 1]), " ".join(words[:FEWEST_WORDS])
    assert sign([short, enough, "", "!!! https://a.example/"]) == [(), sign([enough])[0], (), ()]
    assert sign([]) == []


def test_a_signature_is_the_same_in_every_process_and_batch() -> None:
    code = f"from nlp.copies import sign; print(sign([{STORY!r}])[0])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(sign([OTHER] * 1_500 + [STORY])[-1])


@pytest.mark.parametrize("n_changed", [0, 1, 2, 4, 8, 16])
def test_likeness_is_near_the_similarity(n_changed: int) -> None:
    text = " ".join([STORY, OTHER, *(f"more{n}" for n in range(200))])
    changed = reworded(text, n_changed)
    one, other = sign([text, changed])
    assert likeness(one, other) == pytest.approx(similarity(text, changed), abs=0.12)


def test_likeness_of_strangers_is_nothing() -> None:
    one, other = sign([STORY, OTHER])
    assert likeness(one, other) < 0.45


def found(texts: list[str]) -> list[list[int]]:
    """Return which earlier texts each text would be compared with."""
    signatures = sign(texts)
    index, near = Index(signatures), []
    for number, bands in enumerate(signatures):
        near.append(index.near(bands))
        index.add(number, bands)
    return near


def test_the_index_finds_what_may_be_alike_the_likeliest_first() -> None:
    texts = [reworded(STORY, 2), OTHER, STORY, "short", f"{STORY} Bye!", STORY.lower(), "short"]
    assert found(texts) == [[], [], [0], [], [2, 0], [2, 4, 0], []]


def test_an_equal_text_is_found_in_a_crowd_of_variations() -> None:
    start = " ".join(STORY.split()[:40])
    crowd = [f"{start} {' '.join(f'own{n}x{i}' for i in range(9))}" for n in range(4 * CROWD)]
    near = found([*crowd, crowd[-1]])
    assert near[-1][0] == len(crowd) - 1
    assert max(map(len, near)) <= 5

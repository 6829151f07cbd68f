import itertools

import pytest
from spacy.language import Language

from nlp.clauses import clauses


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "They locked my account and nobody answers the phone.",
            ["They locked my account", "nobody answers the phone"],
        ),
        ("It crashes every day, support is a joke!", ["It crashes every day", "support is a joke!"]),
        ("Worst bank ever\nThey charged me a fee.", ["Worst bank ever", "They charged me a fee"]),
        ("I waited and waited.", ["I waited and waited"]),
    ],
)
def test_clauses_hold_one_statement_each(pipeline: Language, text: str, expected: list[str]) -> None:
    doc = pipeline(text)
    assert [clause.text for clause in clauses(doc)] == expected


def test_clauses_do_not_overlap_and_come_in_order(pipeline: Language) -> None:
    text = (
        "so i called and they said it was shipped but it wasnt, then the app logged me out... and when i got "
        "back in my balance was GONE!! i mean come on\n\n- no reply\n- no refund\nanyway leaving"
    )
    doc = pipeline(text)
    found = list(clauses(doc))
    assert len(found) > 4
    assert all(a.end <= b.start for a, b in itertools.pairwise(found))


@pytest.mark.parametrize("text", ["", " ", "\n\n", "...", "!", "👍"])
def test_clauses_of_next_to_nothing(pipeline: Language, text: str) -> None:
    doc = pipeline(text)
    assert all(clause.text.strip() for clause in clauses(doc))

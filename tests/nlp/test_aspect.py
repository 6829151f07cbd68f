import pytest
from spacy.language import Language

from nlp.aspect import aspect_and_problem


@pytest.mark.parametrize(
    ("text", "aspect", "problem"),
    [
        ("they locked my account without warning", "account", "locked without warning"),
        ("The check-in app crashes on payment", "check-in app", "crashes on payment"),
        ("my refund never arrived", "refund", "never arrived"),
        ("They charged me a monthly maintenance fee twice", "monthly maintenance fee", "charged me twice"),
        ("I was locked out of my account", "account", "locked out"),
        ("The food was cold and tasteless", "food", "was cold and tasteless"),
        ("No response from support for two weeks", "support", "no response from support for two weeks"),
        ("nobody answers the phone", "phone", "nobody answers"),
        ("He told me the claim was denied", "claim", "denied"),
        ("I wish they had joint accounts", "joint accounts", "had"),
        ("it just doesn't work", None, "just doesn't work"),
    ],
)
def test_aspect_and_problem_come_from_the_parse(
    pipeline: Language, text: str, aspect: str | None, problem: str | None
) -> None:
    doc = pipeline(text)
    assert aspect_and_problem(next(doc.sents)) == (aspect, problem)


def test_aspect_leaves_the_brand_out(pipeline: Language) -> None:
    doc = pipeline("The Cirrus mobile app freezes")
    aspect, _ = aspect_and_problem(next(doc.sents))
    assert aspect == "mobile app"

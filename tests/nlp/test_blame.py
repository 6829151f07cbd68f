import pytest
from spacy.language import Language
from spacy.tokens import Span

from nlp.blame import blamed_brand, switch_between


def span_of(pipeline: Language, text: str, quote: str, *brands: str, is_about: bool = False) -> Span:
    doc = pipeline.make_doc(text)
    doc._.brands, doc._.is_about = brands or ("Northwind Air", "Cirrus"), is_about
    doc = pipeline(doc)
    start = text.index(quote)
    span = doc.char_span(start, start + len(quote))
    assert span is not None
    return span


@pytest.mark.parametrize(
    ("text", "quote", "brand"),
    [
        ("Cirrus lost my bag, Northwind never did", "Cirrus lost my bag", "Cirrus"),
        ("I flew Cirrus to Oslo. They lost my bag", "They lost my bag", "Cirrus"),
        ("The queue was longer than at Cirrus", "The queue was longer than at Cirrus", "Northwind Air"),
        ("They lost my bag", "They lost my bag", "Northwind Air"),
    ],
)
def test_the_brand_named_in_the_words_or_last_before_them_is_blamed(
    pipeline: Language, text: str, quote: str, brand: str
) -> None:
    assert blamed_brand(span_of(pipeline, text, quote)) == brand


def test_a_brand_that_was_gained_is_not_blamed(pipeline: Language) -> None:
    text = "Northwind lost my bag. Off to Cirrus now. Nobody answers the phone"
    span = span_of(pipeline, text, "Nobody answers the phone")
    assert blamed_brand(span) == "Cirrus"
    assert blamed_brand(span, gained={"Cirrus"}) == "Northwind Air"


def test_on_a_page_about_a_brand_that_brand_is_blamed(pipeline: Language) -> None:
    span = span_of(pipeline, "I flew Cirrus before. They lost my bag", "They lost my bag", is_about=True)
    assert blamed_brand(span) == "Northwind Air"


@pytest.mark.parametrize(
    ("text", "left", "gained"),
    [
        ("I'm switching to Cirrus next month", "Northwind Air", "Cirrus"),
        ("We left Cirrus for Northwind last year", "Cirrus", "Northwind Air"),
        ("I am closing my account with Cirrus", "Cirrus", None),
        ("My next flight will be a Cirrus one", "Northwind Air", "Cirrus"),
        ("Never flying with Cirrus again", "Cirrus", None),
        ("Cirrus has lost a customer", "Cirrus", None),
        ("goodbye to Cirrus", "Cirrus", None),
        ("I went with Moorland Express instead", "Northwind Air", "Moorland Express"),
        ("I had to go to the airport on Monday", "Northwind Air", None),
    ],
)
def test_who_is_left_for_whom(pipeline: Language, text: str, left: str, gained: str | None) -> None:
    assert switch_between(span_of(pipeline, text, text)) == (left, gained)


def test_a_single_brand_that_is_named_without_a_direction_is_left(pipeline: Language) -> None:
    assert switch_between(span_of(pipeline, "no more Cirrus", "no more Cirrus", "Cirrus")) == ("Cirrus", None)

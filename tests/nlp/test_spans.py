import pytest
import spacy

from nlp.spans import grievance_span

NLP = spacy.blank("en")


@pytest.mark.parametrize(
    ("text", "tagged", "quote"),
    [
        ("I paid and they lost my bag, sadly.", "and they lost my bag,", "they lost my bag"),
        ("They lost my bag!!", "They lost my bag!!", "They lost my bag!!"),
        ("where is my (lost) bag?", "where is my (lost) bag?", "where is my (lost) bag?"),
        ("they lost my bags again", "lost my bag", "lost my bags"),
        ("app broken\n", "app broken\n", "app broken"),
        ("Bad app\nit crashes every day", "Bad app\nit crashes every day", "it crashes every day"),
    ],
)
def test_span_is_trimmed_to_whole_words_of_the_statement(text: str, tagged: str, quote: str) -> None:
    doc = NLP(text)
    start = text.index(tagged)
    span = grievance_span(doc, start, start + len(tagged), "complaint")
    assert span is not None
    assert (span.text, span.label_) == (quote, "complaint")


@pytest.mark.parametrize("text", ["XXXX XXXX", "and", "...", "$35", "http://x.y/z http://x.y"])
def test_what_says_little_is_no_span(text: str) -> None:
    assert grievance_span(NLP(text), 0, len(text), "complaint") is None


def test_a_line_that_quotes_another_post_is_no_span() -> None:
    text = "> they lost my bag\nthey found my bag"
    doc = NLP(text)
    assert grievance_span(doc, 2, 18, "complaint") is None
    assert grievance_span(doc, 19, len(text), "complaint") is not None

"""Trim what was tagged to the words that make the statement, and leave out what is nobody's grievance."""

from collections.abc import Iterator

from spacy.tokens import Doc, Span

from nlp.grievance import Kind

_FEWEST_WORDS = 2
_JOINS = {"and", "but", "so", "or", "plus", "because", "also", "then", "yet"}
_UNREAL = {"not", "n't", "nt", "never", "if", "unless", "they", "he", "she", "dont", "wont", "without"}
_CLOSING = {"!", "?", ")", '"', "'", "”", "’", "%"}


def grievance_span(doc: Doc, start: int, end: int, kind: Kind) -> Span | None:
    """Return the tokens of a tagged stretch of text without what only joins it to the rest.

    ``None`` for what says little, and for what stands in a line that quotes the post it answers.
    """
    span = doc.char_span(start, end, label=kind, alignment_mode="expand")
    if span is None:
        return None
    first, last = max(_lines(span), key=lambda line: (line[1] - line[0], -line[0]))
    while first < last and _only_joins(doc, first):
        first += 1
    while last > first and (doc[last - 1].is_space or _only_closes(doc, last - 1)):
        last -= 1
    trimmed = Span(doc, first, last, label=kind)
    return None if _says_little(trimmed) or _quotes_another(trimmed) else trimmed


def _lines(span: Span) -> Iterator[tuple[int, int]]:
    """Yield the tokens of each line of a span: a title and what follows it are no one statement."""
    start = span.start
    for token in span:
        if "\n" in token.text:
            yield start, token.i
            start = token.i + 1
    yield start, span.end


def statement(cue: Span) -> tuple[int, int]:
    """Return start and end, in code points, of what stands around a cue between two marks of punctuation."""
    doc, start, end = cue.doc, cue.start, cue.end
    while start > 0 and not _parts(doc, start - 1):
        start -= 1
    while end < len(doc) and not _parts(doc, end):
        end += 1
    last = doc[end - 1]
    return doc[start].idx, last.idx + len(last)


def is_unreal(span: Span) -> bool:
    """Tell whether a span denies, asks or supposes rather than states."""
    words = {token.lower_ for token in span}
    return not words.isdisjoint(_UNREAL) or "?" in span.doc[span.end - 1 : span.end + 1].text


def _parts(doc: Doc, i: int) -> bool:
    token = doc[i]
    return (token.is_punct and not token.is_quote and token.text != "-") or "\n" in token.text


def overlaps(one: Span, other: Span) -> bool:
    """Tell whether two spans share a token."""
    return bool(one.start < other.end and other.start < one.end)


def is_by_a_customer(doc: Doc) -> bool:
    """Tell whether a text is no job advert and no news report, which give themselves away by two signs."""
    signs = [cue for cue in doc.spans["cues"] if cue.label_ == "not_a_customer"]
    return len(signs) < 2


def _only_joins(doc: Doc, i: int) -> bool:
    token = doc[i]
    return token.is_space or token.lower_ in _JOINS or (token.is_punct and not token.is_quote)


def _only_closes(doc: Doc, i: int) -> bool:
    token = doc[i]
    return token.lower_ in _JOINS or (token.is_punct and token.text[-1] not in _CLOSING)


def _says_little(span: Span) -> bool:
    """Tell whether a span is mostly numbers, links, or names that were blacked out ("XXXX XXXX")."""
    words = [t for t in span if t.is_alpha and len(set(t.lower_)) > 1 and not t.like_url]
    return len(words) < _FEWEST_WORDS or 2 * len(words) < len(span)


def _quotes_another(span: Span) -> bool:
    """Tell whether a span stands in a line that begins with ``>``, as forums quote the post they answer."""
    line = span.doc.text.rfind("\n", 0, span.start_char) + 1
    return bool(span.doc.text.startswith(">", line))

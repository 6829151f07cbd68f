"""Cut sentences into the clauses that can each hold a grievance of their own."""

from collections.abc import Iterator

from spacy.tokens import Doc, Span, Token

# Shorter than this, a clause is no statement of its own and stays with its neighbour.
_SHORTEST = 3
_SUBJECTS = {"nsubj", "nsubjpass", "csubj", "expl"}


def clauses(doc: Doc) -> Iterator[Span]:
    """Yield the clauses of a parsed document in order: they do not overlap and leave out only their edges."""
    for sentence in doc.sents:
        for line in _lines(sentence):
            yield from _clauses(line)


def _lines(sentence: Span) -> Iterator[Span]:
    """Yield the parts of a sentence between line breaks: a title has no full stop."""
    start = sentence.start
    for token in sentence:
        if token.is_space and "\n" in token.text:
            if token.i > start:
                yield sentence.doc[start : token.i]
            start = token.i + 1
    if sentence.end > start:
        yield sentence.doc[start : sentence.end]


def _clauses(line: Span) -> Iterator[Span]:
    heads = {token.i for token in line if _is_head(token)}
    cuts, start = [line.start], line.start
    for token in line[1:]:
        owner, before = _owner(token, heads), _owner(line.doc[token.i - 1], heads)
        opens = token.dep_ == "cc" or token.i in heads or token.left_edge.i in heads or owner != before
        if opens and owner != before and token.i - start >= _SHORTEST and line.end - token.i >= _SHORTEST:
            cuts.append(token.i)
            start = token.i
    for start, end in zip(cuts, [*cuts[1:], line.end], strict=True):
        span = _trim(line.doc[start:end])
        if span is not None:
            yield span


def _is_head(token: Token) -> bool:
    """Tell whether a token heads a clause that can stand alone."""
    if token.dep_ == "ROOT":
        return True
    if token.pos_ not in {"VERB", "AUX"}:
        return False
    if token.dep_ in {"conj", "parataxis"}:
        return any(child.dep_ in _SUBJECTS for child in token.children) or _own_object(token)
    # "The app crashes, support is a joke": the parser hangs one of two bare sentences under the other.
    return (
        token.dep_ == "ccomp" and token.i < token.head.i and any(c.dep_ in _SUBJECTS for c in token.children)
    )


def _own_object(token: Token) -> bool:
    """Tell whether a joined verb says something new: "locked my account and kept the money"."""
    return any(child.dep_ in {"dobj", "attr", "acomp", "neg", "prt"} for child in token.children)


def _owner(token: Token, heads: set[int]) -> int:
    """Return the index of the nearest clause head above a token; a conjunction goes with what it joins."""
    if token.dep_ in {"cc", "punct"}:
        following = [child.i for child in token.head.children if child.dep_ == "conj" and child.i > token.i]
        if following and following[0] in heads:
            return following[0]
    while token.i not in heads and token.head.i != token.i:
        token = token.head
    return token.i


def _trim(span: Span) -> Span | None:
    """Take conjunctions, punctuation and white space off both ends; ``None`` when nothing is left."""
    start, end = span.start, span.end
    while start < end and (
        span.doc[start].is_space or span.doc[start].is_punct or span.doc[start].dep_ == "cc"
    ):
        start += 1
    while end > start and (span.doc[end - 1].is_space or _closes(span.doc[end - 1])):
        end -= 1
    return span.doc[start:end] if end > start else None


def _closes(token: Token) -> bool:
    return token.dep_ == "cc" or (token.is_punct and token.text not in "!?)\"'")

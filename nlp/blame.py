"""Decide which brand a clause blames, and who is left for whom."""

from spacy.tokens import Span, Token

from nlp.brands import brand_of

_TOWARDS = {"to", "with", "for", "at"}
_LEAVING = {"leave", "quit", "ditch", "dump", "drop", "abandon", "cancel", "close", "goodbye", "bye"}


def blamed_brand(clause: Span) -> str | None:
    """Return the brand a clause complains about.

    The brand it names, if it is not only compared with; else the last one named before it in the post,
    unless the page is about one brand; else the first brand of the post.
    """
    named = [ent for ent in clause.ents if ent.label_ == "BRAND" and not _only_compared(ent)]
    if named:
        subject = next((ent for ent in named if ent.root.dep_ in {"nsubj", "nsubjpass", "agent"}), named[0])
        return brand_of(subject)
    brands: tuple[str, ...] = clause.doc._.brands
    if len(brands) > 1 and not clause.doc._.is_about:
        before = [
            ent
            for ent in clause.doc.ents
            if ent.label_ == "BRAND" and ent.end <= clause.start and not _only_compared(ent)
        ]
        if before:
            return brand_of(before[-1])
    return brands[0] if brands else None


def switch_between(clause: Span, blamed: str | None) -> tuple[str | None, str | None]:
    """Return (brand left, brand gained); the gained one is ``None`` where it is not named or not watched."""
    left = gained = None
    for ent in clause.ents:
        if ent.label_ != "BRAND":
            continue
        if _governor(ent.root) in _TOWARDS and not _is_left(ent.root):
            gained = brand_of(ent)
        else:
            left = left or brand_of(ent)
    if left is None:
        candidates = (blamed, *clause.doc._.brands)
        left = next((brand for brand in candidates if brand is not None and brand != gained), None)
    return left, gained


def _only_compared(ent: Span) -> bool:
    """Tell whether a brand only serves as the yardstick: "slower than Cirrus", "unlike Cirrus"."""
    word = ent.root.head
    return word.lower_ in {"than", "unlike"} or (
        word.lower_ in {"like", "as"} and word.pos_ in {"ADP", "SCONJ"}
    )


def _governor(token: Token) -> str:
    """Return the preposition before a brand, if there is one."""
    before = token.doc[token.left_edge.i - 1] if token.left_edge.i > 0 else None
    if before is not None and before.lower_ in _TOWARDS:
        return str(before.lower_)
    return str(token.head.lower_) if token.dep_ == "pobj" else ""


def _is_left(token: Token) -> bool:
    """Tell whether it is the brand that is left: "closing my account with Cirrus"."""
    head = token.head
    while head.head.i != head.i and head.pos_ not in {"VERB", "AUX"}:
        head = head.head
    return head.lemma_.lower() in _LEAVING and _governor(token) != "for"

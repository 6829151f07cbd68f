"""Decide which brand a grievance blames, and who is left for whom."""

from collections.abc import Collection, Iterable

from spacy.tokens import Span, Token

from nlp.brands import brand_of

# Beginnings of words before the name of a brand that is left; "to" and "for" stand before one that is gained.
_LEAVING = (
    "leav",
    "left",
    "quit",
    "ditch",
    "dump",
    "drop",
    "abandon",
    "cancel",
    "clos",
    "avoid",
    "sold",
    "stop",
)
_LEFT = {"goodbye", "bye", "done", "finished", "through", "never", "from", "no"}
_TOWARDS = {"to", "for"}
_GOING = {"switch", "switched", "switching", "move", "moved", "moving", "went", "going", "ported", "porting"}
_DATES = {
    *("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
    *("january", "february", "march", "april", "may", "june", "july"),
    *("august", "september", "october", "november", "december"),
}  # fmt: skip


def blamed_brand(span: Span, gained: Collection[str] = ()) -> str | None:
    """Return the brand a grievance is held against.

    The brand it names, if it is not only compared with; else, unless the page is about one brand, the last
    named before it in the post or the next in its sentence, if it is not one of the brands ``gained``; else
    the first of the post.
    """
    named = [ent for ent in _brands_in(span.ents) if not _only_compared(ent)]
    if named:
        subject = next((ent for ent in named if ent.root.dep_ in {"nsubj", "nsubjpass", "agent"}), named[0])
        return brand_of(subject)
    brands: tuple[str, ...] = span.doc._.brands
    if not span.doc._.is_about:
        others = [
            ent
            for ent in _brands_in(span.doc.ents)
            if not _only_compared(ent) and brand_of(ent) not in gained
        ]
        before = [ent for ent in others if ent.end <= span.start]
        after = [ent for ent in others if span.end <= ent.start < span.sent.end]
        if before or after:
            return brand_of(before[-1] if before else after[0])
    return next((brand for brand in brands if brand not in gained), brands[0] if brands else None)


def switch_between(span: Span) -> tuple[str | None, str | None]:
    """Return (brand left, brand gained); the gained one is ``None`` where none is named.

    A brand that nobody watches may be gained: "went with Moorland".
    """
    named = _brands_in(span.ents)
    left = next((brand_of(ent) for ent in named if _is_left(ent)), None)
    others = [brand_of(ent) for ent in named if not _is_left(ent) and brand_of(ent) != left]
    if left is None and others:
        # A brand that is only named is gained where the post is about another: "It'll be a Cirrus".
        left = next((brand for brand in others[:-1] if brand != others[-1]), None) or _other(span, others[-1])
        if left is None:
            return others[-1], _name_gone_to(span)
        return left, others[-1]
    if left is None:
        left = blamed_brand(span)
    return left, others[0] if others else _name_gone_to(span)


def _brands_in(ents: Iterable[Span]) -> list[Span]:
    return [ent for ent in ents if ent.label_ == "BRAND"]


def _other(span: Span, brand: str) -> str | None:
    """Return the brand that a post with a switch to ``brand`` is about, if it is another one."""
    candidates = list(span.doc._.brands[:1]) if span.doc._.is_about else []
    candidates += [brand_of(ent) for ent in reversed(_brands_in(span.doc.ents)) if ent.end <= span.start]
    candidates += span.doc._.brands
    return next((candidate for candidate in candidates if candidate != brand), None)


def _is_left(ent: Span) -> bool:
    """Tell whether it is the brand that is left: "closing my account with Cirrus", "Cirrus lost me"."""
    if any(token.lower_ in {"lost", "loses"} for token in ent.sent[ent.end - ent.sent.start :][:3]):
        return True
    for i in range(ent.start - 1, max(ent.sent.start, ent.start - 7) - 1, -1):
        token = ent.doc[i]
        if token.lower_ in _LEFT or token.lower_.startswith(_LEAVING):
            return True
        if token.ent_type_ == "BRAND" or (
            token.lower_ in _TOWARDS and ent.doc[max(i - 1, 0)].lower_ not in _LEFT
        ):
            return False
    return False


def _only_compared(ent: Span) -> bool:
    """Tell whether a brand only serves as the yardstick: "slower than Cirrus", "unlike Cirrus"."""
    word = ent.root.head
    return (
        word.lower_ in {"than", "unlike"}
        or word.head.lower_ == "than"
        or (word.lower_ in {"like", "as"} and word.tag_ == "IN")
    )


def _name_gone_to(span: Span) -> str | None:
    """Return the name after "moving to", "went with", "joined" and the like."""
    for token in span[:-1]:
        is_towards = token.lower_ in {"to", "with"} and token.head.lower_ in _GOING
        start = token.i + 1
        if (is_towards or token.lower_ in {"joined", "joining"}) and _is_name(span.doc[start]):
            end = start + 1
            while end < span.end and _is_name(span.doc[end]):
                end += 1
            return str(span.doc[start:end].text)
    return None


def _is_name(token: Token) -> bool:
    is_proper = token.tag_ in {"NNP", "NNPS"} and token.is_alpha
    return is_proper and not token.ent_type_ and token.lower_ not in _DATES

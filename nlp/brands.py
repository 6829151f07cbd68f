"""Find the watched brands that a text names."""

import re
from collections.abc import Iterator, Sequence

from spacy.language import Language
from spacy.tokens import Doc, Span

from nlp.grievance import BrandNames

SPANS = "brands"


def fingerprint(brands: Sequence[BrandNames]) -> str:
    """Return a text that changes when any name, alias or excluded phrase does."""
    return repr([(b.name, sorted(b.aliases), sorted(b.exclude)) for b in brands])


class BrandMatcher:
    """Match names and aliases as whole words, in any case, outside of excluded phrases.

    ``@handle`` and ``#tag`` count as the name they carry: "@flycirrus" is found by the alias "flycirrus" too.
    """

    def __init__(self, brands: Sequence[BrandNames]) -> None:
        names = {
            name.lstrip("@#").lower(): brand.name for brand in brands for name in (brand.name, *brand.aliases)
        }
        forms = sorted(names, key=lambda form: (-len(form), form))
        self._brands = [names[form] for form in forms]
        self._named = _any_of(forms)
        self._excluded = _any_of([phrase for brand in brands for phrase in brand.exclude])

    def find(self, text: str) -> Iterator[tuple[int, int, str]]:
        """Yield (start, end, brand name) of each mention in order; the longest alias wins."""
        excluded = [match.span() for match in self._excluded.finditer(text)]
        for match in self._named.finditer(text):
            # The form is told by its group, not by its text: without case "Cırrus" matches "cirrus" too.
            form = match.lastindex or 0
            start, end = match.span(form)
            if not any(s <= start and end <= e for s, e in excluded):
                yield start, end, self._brands[form - 1]


def _any_of(forms: Sequence[str]) -> re.Pattern[str]:
    """Return a pattern that matches any form as whole words, each in a group of its own."""
    if not forms:
        return re.compile(r"(?!)")  # matches nothing
    words = "|".join("(" + r"\s+".join(map(re.escape, form.lstrip("@#").split())) + ")" for form in forms)
    return re.compile(rf"(?<![\w.-])[@#]?(?:{words})(?!\w)", re.IGNORECASE)


@Language.factory("brand_linker", assigns=["doc.ents", "doc.spans"], default_config={"brands": []})
def make_brand_linker(nlp: Language, name: str, brands: list[dict[str, object]]) -> "BrandLinker":  # noqa: ARG001
    """Build the component from ``[{"name", "aliases", "exclude"}]``."""
    return BrandLinker([BrandNames(**brand) for brand in brands])  # type: ignore[arg-type]


class BrandLinker:
    """Mark the watched brands as entities of label BRAND whose ``kb_id`` is the brand's name."""

    def __init__(self, brands: Sequence[BrandNames]) -> None:
        self._matcher = BrandMatcher(brands)

    def __call__(self, doc: Doc) -> Doc:
        """Set ``doc.ents`` and ``doc.spans["brands"]``."""
        found: list[Span] = []
        for start, end, brand in self._matcher.find(doc.text):
            span = doc.char_span(start, end, label="BRAND", kb_id=brand, alignment_mode="expand")
            if span is not None and (not found or span.start >= found[-1].end):
                found.append(span)
        doc.spans[SPANS] = found
        doc.set_ents(found, default="outside")
        return doc


def brand_of(span: Span) -> str:
    """Return the brand's name that the linker gave to a mention."""
    return str(span.kb_id_)

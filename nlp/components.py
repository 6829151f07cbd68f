"""Define the spaCy components after the parser: clause_finder, complaint_scorer, grievance_finder."""

from collections.abc import Iterable, Iterator
from itertools import islice

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc, Span

from nlp.aspect import aspect_and_problem
from nlp.blame import blamed_brand, switch_between
from nlp.clauses import clauses
from nlp.cues import cues_of
from nlp.grievance import Grievance, Kind
from nlp.heads import Head
from nlp.touchpoints import Touchpoints
from nlp.verdict import is_by_a_customer, judged

CLAUSES = "clauses"
GRIEVANCES = "grievances"

Doc.set_extension("brands", default=())  # the brands the post may concern, the likeliest first
Doc.set_extension("is_about", default=False)  # whether the page itself is about the first of them
Doc.set_extension("rating", default=None)  # stars, 1 to 5
Doc.set_extension("complaint_logit", default=0.0)
Doc.set_extension("intensity_logit", default=0.0)
Doc.set_extension("grievances", default=())
Span.set_extension("complaint_logit", default=0.0)
Span.set_extension("intensity_logit", default=0.0)


@Language.component("clause_finder", requires=["token.dep", "doc.sents"], assigns=["doc.spans"])
def clause_finder(doc: Doc) -> Doc:
    """Set ``doc.spans["clauses"]``."""
    doc.spans[CLAUSES] = list(clauses(doc))
    return doc


@Language.factory(
    "complaint_scorer",
    requires=["doc.spans"],
    assigns=[
        "doc._.complaint_logit",
        "doc._.intensity_logit",
        "span._.complaint_logit",
        "span._.intensity_logit",
    ],
)
class ComplaintScorer:
    """Set the log-odds that a document, and each of its clauses, complains, and how strongly."""

    def __init__(self, nlp: Language, name: str) -> None:  # noqa: ARG002
        self._complaint = Head.load("complaint")
        self._intensity = Head.load("intensity")

    def __call__(self, doc: Doc) -> Doc:
        """Score one document."""
        return next(self.pipe([doc]))

    def pipe(self, stream: Iterable[Doc], batch_size: int = 64) -> Iterator[Doc]:
        """Score documents in batches: most of the cost is per call."""
        docs_left = iter(stream)
        while docs := list(islice(docs_left, batch_size)):
            spans = [span for doc in docs for span in doc.spans[CLAUSES]]
            texts = [doc.text for doc in docs] + [_with_sentence(span) for span in spans]
            texts += [span.text for span in spans]
            complaint = self._complaint.logits(texts)
            intensity = self._intensity.logits(texts)
            n, m = len(docs), len(spans)
            for i, doc in enumerate(docs):
                doc._.complaint_logit, doc._.intensity_logit = float(complaint[i]), float(intensity[i])
            for j, span in enumerate(spans):
                span._.complaint_logit = float((complaint[n + j] + complaint[n + m + j]) / 2)
                span._.intensity_logit = float(intensity[n + m + j])
            yield from docs


def _with_sentence(span: Span) -> str:
    return str(span.sent.text)


_LONGEST_QUOTE = 400


@Language.factory(
    "grievance_finder",
    requires=["doc.ents", "doc.spans", "token.dep", "token.lemma", "span._.complaint_logit"],
    assigns=["doc._.grievances", "doc.spans"],
)
class GrievanceFinder:
    """Set ``doc._.grievances`` and mark them as ``doc.spans["grievances"]``."""

    def __init__(self, nlp: Language, name: str) -> None:  # noqa: ARG002
        self._touchpoints = Touchpoints()

    def __call__(self, doc: Doc) -> Doc:
        """Read the grievances of one document."""
        found: list[tuple[Span, Grievance]] = []
        if doc._.brands and is_by_a_customer(doc):
            for clause, kind in judged(doc.spans[CLAUSES]):
                grievance = self._read(clause, kind)
                if grievance is not None:
                    found.append((clause, grievance))
        doc._.grievances = tuple(grievance for _, grievance in found)
        doc.spans[GRIEVANCES] = [Span(doc, s.start, s.end, label=g.kind) for s, g in found]
        return doc

    def _read(self, clause: Span, kind: Kind) -> Grievance | None:
        brand = blamed_brand(clause)
        switch_to = None
        if kind == "switch":
            brand, switch_to = switch_between(clause, brand)
        elif kind == "wish":
            brand = _lacking_brand(clause, brand)
        if brand is None:
            return None
        quote = clause.text[:_LONGEST_QUOTE].rstrip()
        aspect, problem = aspect_and_problem(clause)
        touchpoint, stage = self._touchpoints.find(clause)
        return Grievance(
            brand=brand,
            kind=kind,
            quote=quote,
            quote_start=clause.start_char,
            quote_end=clause.start_char + len(quote),
            intensity=round(intensity(clause.text, clause._.intensity_logit), 3),
            aspect=aspect,
            problem=problem,
            expected=_expected(clause),
            touchpoint=touchpoint,
            stage="leave" if kind == "switch" else stage,
            switch_to=switch_to,
        )


def intensity(text: str, logit: float) -> float:
    """Return how strongly a text puts it, 0 to 1: the head's reading, raised by shouting."""
    letters = [c for c in text if c.isalpha()]
    capitals = sum(c.isupper() for c in letters) / len(letters) if len(letters) >= 12 else 0.0
    shouting = 1.0 * (capitals > 0.6) + 0.3 * min(text.count("!"), 3)
    return float(1 / (1 + np.exp(-(logit + shouting))))


def _lacking_brand(clause: Span, brand: str | None) -> str | None:
    """Return whom a wish concerns: "Cirrus lets me do it" is said to the other brand of the post."""
    if not any(cue.id_ == "wish-rival-lets" for cue in cues_of(clause)):
        return brand
    praised = {ent.kb_id_ for ent in clause.ents if ent.label_ == "BRAND"}
    return next((other for other in clause.doc._.brands if other not in praised), brand)


def _expected(clause: Span) -> str | None:
    cue = next((cue for cue in cues_of(clause) if cue.label_ == "expected"), None)
    return str(clause.doc[cue.start : clause.end].text) if cue is not None else None

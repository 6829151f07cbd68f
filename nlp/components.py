"""Define our spaCy components: encoder, grievance_tagger, scorer, and after the parser grievance_reader."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from spacy.language import Language
from spacy.tokens import Doc, Span

from nlp.aspect import LONGEST_ASPECT, aspect_and_problem
from nlp.blame import blamed_brand, switch_between
from nlp.cues import SPANS as CUES
from nlp.encoder import encode
from nlp.grievance import KINDS, Grievance
from nlp.heads import Head, features
from nlp.intensity import intensity
from nlp.spans import grievance_span, is_by_a_customer, is_unreal, overlaps, statement
from nlp.tagging import aspect_spans, tagged_spans
from nlp.touchpoints import Touchpoints

_LONGEST_QUOTE = 400

GRIEVANCES = "grievances"
ASPECTS = "aspects"

Doc.set_extension("brands", default=())  # the brands the post may concern, the likeliest first
Doc.set_extension("is_about", default=False)  # whether the page itself is about the first of them
Doc.set_extension("rating", default=None)  # stars, 1 to 5
Doc.set_extension("encoded", default=None)  # nlp.encoder.Encoded
Doc.set_extension("complaint_logit", default=0.0)
Doc.set_extension("intensity_logit", default=0.0)
Doc.set_extension("sarcasm_logit", default=0.0)
Doc.set_extension("grievances", default=())
Span.set_extension("intensity_logit", default=0.0)


@Language.component("encoder", assigns=["doc._.encoded"])
def encoder(doc: Doc) -> Doc:
    """Set ``doc._.encoded``."""
    doc._.encoded = encode(doc.text, doc._.rating)
    return doc


@Language.component("grievance_tagger", requires=["doc._.encoded", "doc.spans"], assigns=["doc.spans"])
def grievance_tagger(doc: Doc) -> Doc:
    """Set ``doc.spans["grievances"]``, labels as in ``KINDS``, and ``doc.spans["aspects"]``."""
    found = (grievance_span(doc, *tagged) for tagged in tagged_spans(doc._.encoded))
    tagged = [span for span in found if span is not None]
    doc.spans[GRIEVANCES] = sorted([*tagged, *_plain_switches(doc, tagged)], key=lambda span: span.start)
    named = (
        doc.char_span(start, end, label="ASPECT", alignment_mode="expand")
        for start, end in aspect_spans(doc._.encoded)
    )
    doc.spans[ASPECTS] = [span for span in named if span is not None]
    return doc


def _plain_switches(doc: Doc, tagged: Sequence[Span]) -> Iterator[Span]:
    """Yield the statements in which a rule finds a decision to leave that was not tagged."""
    taken = list(tagged)
    for cue in doc.spans[CUES]:
        if cue.label_ == "switch":
            start, end = statement(cue)
            span = grievance_span(doc, start, end, "switch")
            if span is not None and not is_unreal(span) and not any(overlaps(span, other) for other in taken):
                taken.append(span)
                yield span


@Language.factory(
    "scorer",
    requires=["doc._.encoded", "doc.spans"],
    assigns=[
        "doc._.complaint_logit",
        "doc._.intensity_logit",
        "doc._.sarcasm_logit",
        "span._.intensity_logit",
    ],
)
class Scorer:
    """Set the log-odds that a post complains and that it is sarcastic, and its and its parts' intensity."""

    def __init__(self, nlp: Language, name: str) -> None:  # noqa: ARG002
        self._heads = {name: Head.load(name) for name in ("complaint", "intensity", "sarcasm")}

    def __call__(self, doc: Doc) -> Doc:
        """Score one post."""
        return next(self.pipe([doc], batch_size=1))

    def pipe(self, stream: Iterable[Doc], batch_size: int) -> Iterator[Doc]:
        """Score posts in batches: most of the cost is per call. What the encoder said is let go of."""
        docs_left = iter(stream)
        while docs := list(islice(docs_left, batch_size)):
            x = features([doc._.encoded for doc in docs])
            for name, head in self._heads.items():
                for doc, logit in zip(docs, head.logits(x), strict=True):
                    doc._.set(f"{name}_logit", float(logit))
            spans = [span for doc in docs for span in doc.spans[GRIEVANCES]]
            parts = [span.doc._.encoded.between(span.start_char, span.end_char) for span in spans]
            strengths = self._heads["intensity"].logits(features(parts))
            for span, logit in zip(spans, strengths, strict=True):
                span._.intensity_logit = float(logit + span.doc._.intensity_logit) / 2
            for doc in docs:
                doc._.encoded = None
            yield from docs


@Language.factory(
    "grievance_reader",
    requires=["doc.ents", "doc.spans", "token.dep", "token.tag"],
    assigns=["doc._.grievances"],
)
class GrievanceReader:
    """Set ``doc._.grievances`` from what was tagged, and leave in ``doc.spans`` what is one."""

    def __init__(self, nlp: Language, name: str) -> None:  # noqa: ARG002
        self._touchpoints = Touchpoints()

    def __call__(self, doc: Doc) -> Doc:
        """Read the grievances of one post."""
        spans = doc.spans[GRIEVANCES] if doc._.brands and is_by_a_customer(doc) else []
        between = {span.start: switch_between(span) for span in spans if span.label_ == "switch"}
        gained = {brand for _, brand in between.values() if brand is not None}
        read = [
            (span, grievance)
            for span in spans
            if (grievance := self._read(span, between.get(span.start), gained)) is not None
        ]
        doc._.grievances = tuple(grievance for _, grievance in read)
        doc.spans[GRIEVANCES] = [span for span, _ in read]
        return doc

    def _read(
        self, span: Span, between: tuple[str | None, str | None] | None, gained: set[str]
    ) -> Grievance | None:
        kind = next(kind for kind in KINDS if kind == span.label_)
        brand, switch_to = between or (blamed_brand(span, gained), None)
        if kind == "wish":
            brand = _lacking_brand(span, brand)
        if brand is None:
            return None
        quote = span.text[:_LONGEST_QUOTE].rstrip()
        aspect, problem = aspect_and_problem(span)
        touchpoint, stage = self._touchpoints.find(span)
        return Grievance(
            brand=brand,
            kind=kind,
            quote=quote,
            quote_start=span.start_char,
            quote_end=span.start_char + len(quote),
            intensity=round(intensity(quote, span._.intensity_logit), 3),
            aspect=_tagged_aspect(span) or aspect,
            problem=problem,
            expected=_expected(span),
            touchpoint=touchpoint,
            stage="leave" if kind == "switch" else stage,
            switch_to=switch_to,
        )


def _tagged_aspect(span: Span) -> str | None:
    """Return the first thing inside a grievance that is tagged as what it is about, brands left out."""
    for aspect in span.doc.spans[ASPECTS]:
        words = [
            token.lower_
            for token in aspect
            if token.ent_type_ != "BRAND" and not (token.is_punct or token.is_space)
        ]
        if overlaps(aspect, span) and 0 < len(words) <= LONGEST_ASPECT:
            return " ".join(words)
    return None


def _lacking_brand(span: Span, brand: str | None) -> str | None:
    """Return whom a wish concerns: "Cirrus lets me do it" is said to the other brand of the post."""
    praised = {
        ent.kb_id_
        for cue in span.doc.spans[CUES]
        if cue.label_ == "rival_lets" and overlaps(cue, span)
        for ent in cue.ents
    }
    return next((other for other in span.doc._.brands if praised and other not in praised), brand)


def _expected(span: Span) -> str | None:
    cues = [
        cue for cue in span.doc.spans[CUES] if cue.label_ == "expected" and span.start <= cue.start < span.end
    ]
    longest = max(cues, key=lambda cue: (cue.end - cue.start, -cue.start), default=None)
    return str(span.doc[longest.start : min(longest.end, span.end)].text) if longest is not None else None

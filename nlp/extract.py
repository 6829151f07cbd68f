"""Read posts: text -> Reading with its grievances."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc

from nlp.brands import BrandMatcher
from nlp.components import intensity
from nlp.grievance import BrandNames, How, Key, Reading, Unread
from nlp.heads import sigmoid
from nlp.language import detect
from nlp.pipeline import build_pipeline, pipeline_version

# Beyond this many characters a text is not parsed; the parser needs about 1 GB for every 100,000 of them.
LONGEST = 50_000
_BATCH = 512

# A post complains where this much speaks for it as a whole, or a grievance was found in it.
_IS_COMPLAINT = 0.5


class Reader:
    """Read posts about the watched brands. ``version`` changes when a text could be read differently."""

    def __init__(self, watched: Sequence[BrandNames]) -> None:
        self.version = pipeline_version(watched)
        self._watched = watched
        self._matcher = BrandMatcher(watched)
        self._pipeline: Language | None = None

    def link(
        self, rows: Iterable[tuple[Key, str, str | None]]
    ) -> Iterator[tuple[Key, list[tuple[str, How]]]]:
        """Yield the brands each post concerns, from rows of (key, text, brand of the page or None)."""
        for key, text, about in rows:
            named = dict.fromkeys(brand for _, _, brand in self._matcher.find(text))
            found: list[tuple[str, How]] = [(about, "about")] if about is not None else []
            yield key, found + [(brand, "alias") for brand in named if brand != about]

    def read(self, rows: Iterable[Unread]) -> Iterator[tuple[Key, Reading]]:
        """Yield the reading of each post, in the order given. Only English is read."""
        if self._pipeline is None:
            self._pipeline = build_pipeline(self._watched)
        pipeline, stream = self._pipeline, iter(rows)
        while batch := list(islice(stream, _BATCH)):
            languages = [detect(row.text) for row in batch]
            english = [row for row, lang in zip(batch, languages, strict=True) if lang == "en"]
            docs = pipeline.pipe(_docs(pipeline, english))
            for row, lang in zip(batch, languages, strict=True):
                yield row.key, _reading(next(docs)) if lang == "en" else _unread(lang)


def build_reader(watched: Sequence[BrandNames]) -> Reader:
    """Return a reader for the watched brands; the models are loaded when it first reads."""
    return Reader(watched)


def _docs(pipeline: Language, rows: Iterable[Unread]) -> Iterator[Doc]:
    for row in rows:
        doc = pipeline.make_doc(row.text[:LONGEST])
        doc._.brands, doc._.rating, doc._.is_about = row.brands, row.rating, row.how == "about"
        yield doc


def _unread(lang: str) -> Reading:
    return Reading(lang=lang, complaint_score=None, is_complaint=False, intensity=None)


def _reading(doc: Doc) -> Reading:
    score = float(sigmoid(np.array([doc._.complaint_logit]))[0])
    grievances = doc._.grievances
    complains = [g for g in grievances if g.kind in {"complaint", "failed_recovery", "switch"}]
    return Reading(
        lang="en",
        complaint_score=round(score, 4),
        is_complaint=bool(complains) or (score >= _IS_COMPLAINT and not doc._.brands),
        intensity=max(
            (g.intensity for g in complains), default=round(intensity(doc.text, doc._.intensity_logit), 3)
        ),
        is_sarcastic=any(cue.label_ == "sarcasm" for cue in doc.spans["cues"]),
        grievances=grievances,
    )

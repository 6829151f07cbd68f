"""Read posts: text -> Reading with its grievances."""

import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import chain, islice
from multiprocessing import connection, get_context, parent_process
from threading import Thread

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc

from nlp.brands import BrandMatcher
from nlp.components import GRIEVANCES
from nlp.grievance import BrandNames, How, Key, Reading, Unread
from nlp.heads import sigmoid
from nlp.intensity import intensity
from nlp.language import detect
from nlp.pipeline import SKIM, build_pipeline, pipeline_version

# Beyond this many characters a text is not read, and a batch holds no more: the parser needs about 1 GB for
# every 100,000 that it gets at once.
LONGEST = 50_000
_BATCH = 512  # posts
_MOST_PROCESSES = 4  # each holds some 400 MB

# Fewer posts are read faster than further processes start.
_FEW = 4 * _BATCH

# A post complains where a grievance was found in it, or where this much speaks for it as a whole. Both are
# chosen on nlp/marked/dev.jsonl.
_IS_COMPLAINT = 0.6
_IS_SARCASTIC = 0.3
_COMPLAINTS = {"complaint", "failed_recovery", "switch"}

Row = tuple[Key, Reading]


class Reader:
    """Read posts about the watched brands. ``version`` changes when a text could be read differently."""

    def __init__(self, watched: Sequence[BrandNames], *, n_processes: int = 1) -> None:
        self.version = pipeline_version(watched)
        self._watched = watched
        self._n_processes = n_processes
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

    def read(self, rows: Iterable[Unread]) -> Iterator[Row]:
        """Yield the reading of each post, in the order given."""
        stream = iter(rows)
        head = list(islice(stream, _FEW))
        batches = _batches(chain(head, stream))
        if self._n_processes == 1 or len(head) < _FEW:
            if self._pipeline is None:
                self._pipeline = build_pipeline(self._watched)
            for batch in batches:
                yield from _read(self._pipeline, batch)
        else:
            yield from self._read_in_processes(batches)

    def _read_in_processes(self, batches: Iterator[list[Unread]]) -> Iterator[Row]:
        # Forked, a process would share the parent's open warehouse.
        with ProcessPoolExecutor(
            self._n_processes, get_context("spawn"), initializer=_start, initargs=(self._watched,)
        ) as pool:
            waiting: deque[Future[list[Row]]] = deque()
            try:
                for batch in batches:
                    waiting.append(pool.submit(_read_batch, batch))
                    if len(waiting) > 2 * self._n_processes:
                        yield from waiting.popleft().result()
                while waiting:
                    yield from waiting.popleft().result()
            finally:
                for future in waiting:
                    future.cancel()


def build_reader(watched: Sequence[BrandNames], *, n_processes: int | None = None) -> Reader:
    """Return a reader for the watched brands; the models are loaded when it first reads.

    ``n_processes`` read many posts at once, by default one for each core, up to four.
    """
    return Reader(watched, n_processes=n_processes or min(os.cpu_count() or 1, _MOST_PROCESSES))


_pipeline: Language  # of a process that reads for another


def _start(watched: Sequence[BrandNames]) -> None:
    global _pipeline
    Thread(target=_end_with_parent, daemon=True).start()
    _pipeline = build_pipeline(watched)


def _end_with_parent() -> None:
    """End this process when the one it reads for was killed: nobody else would."""
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def _read_batch(batch: list[Unread]) -> list[Row]:
    return _read(_pipeline, batch)


def _batches(rows: Iterator[Unread]) -> Iterator[list[Unread]]:
    batch: list[Unread] = []
    n_characters = 0
    for row in rows:
        if batch and (len(batch) == _BATCH or n_characters + len(row.text) > LONGEST):
            yield batch
            batch, n_characters = [], 0
        batch.append(row)
        n_characters += len(row.text)
    if batch:
        yield batch


def _read(pipeline: Language, batch: list[Unread]) -> list[Row]:
    """Return the reading of each post of a batch. Only English is read."""
    languages = [detect(row.text) for row in batch]
    english = [row for row, lang in zip(batch, languages, strict=True) if lang == "en"]
    with pipeline.memory_zone():  # else the words of every post read would be kept
        readings = iter(_read_english(pipeline, english))
    return [
        (row.key, next(readings) if lang == "en" else _unread(lang))
        for row, lang in zip(batch, languages, strict=True)
    ]


def _read_english(pipeline: Language, rows: list[Unread]) -> list[Reading]:
    parsing = [name for name in pipeline.pipe_names if name not in SKIM]
    docs = list(pipeline.pipe(_docs(pipeline, rows), disable=parsing))
    for _ in pipeline.pipe((doc for doc in docs if doc.spans[GRIEVANCES]), disable=SKIM):
        pass
    return [_reading(doc) for doc in docs]


def _docs(pipeline: Language, rows: Iterable[Unread]) -> Iterator[Doc]:
    for row in rows:
        doc = pipeline.make_doc(row.text[:LONGEST])
        doc._.brands, doc._.rating, doc._.is_about = row.brands, row.rating, row.how == "about"
        yield doc


def _unread(lang: str) -> Reading:
    return Reading(lang=lang, complaint_score=None, is_complaint=False, intensity=None)


def _reading(doc: Doc) -> Reading:
    score, sarcasm = sigmoid(np.array([doc._.complaint_logit, doc._.sarcasm_logit]))
    grievances = doc._.grievances
    complains = [g for g in grievances if g.kind in _COMPLAINTS]
    return Reading(
        lang="en",
        complaint_score=round(float(score), 4),
        is_complaint=bool(complains) or bool(score >= _IS_COMPLAINT),
        intensity=max(
            (g.intensity for g in complains), default=round(intensity(doc.text, doc._.intensity_logit), 3)
        ),
        is_sarcastic=bool(sarcasm >= _IS_SARCASTIC),
        grievances=grievances,
    )

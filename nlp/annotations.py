"""Read posts whose grievances are marked by hand: those in ``nlp/marked``, and rows of the corpora."""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nlp import corpora
from nlp.grievance import Kind

FOLDER = Path(__file__).parent / "marked"

Place = tuple[int, int]
"""Start and end in a text, in code points."""


class AnnotationError(ValueError):
    """A mark does not fit the text it is about."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A grievance marked by hand; ``aspect`` is what it is about, where the mark tells a place."""

    kind: Kind
    place: Place
    aspect: Place | None


@dataclass(frozen=True, slots=True)
class MarkedPost:
    """A post and its marks; ``intensity`` (0 to 1) is that of a complaint, else ``None``."""

    text: str
    rating: float | None
    is_complaint: bool
    is_sarcastic: bool
    intensity: float | None
    marks: tuple[Mark, ...]


def marked_posts(path: Path) -> Iterator[MarkedPost]:
    """Yield the posts of a file of ``nlp/marked`` or of ``tests/nlp/gold.jsonl``."""
    for line in path.read_text(encoding="utf-8").rstrip("\n").split("\n"):
        row = json.loads(line)
        yield _post(row, row["text"], tuple(_mark(row["text"], mark) for mark in row["grievances"]))


def training_posts() -> Iterator[MarkedPost]:
    """Yield the invented posts to train on."""
    for path in sorted(FOLDER.glob("train_*.jsonl")):
        yield from marked_posts(path)


def marked_rows(folder: Path) -> Iterator[MarkedPost]:
    """Yield the rows of the corpora in ``folder`` that ``nlp/marked/corpora.jsonl`` marks, by offsets.

    Raise ``AnnotationError`` where a corpus has another text than the one that was marked.
    """
    texts: dict[str, list[str]] = {}
    for line in (FOLDER / "corpora.jsonl").read_text(encoding="utf-8").rstrip("\n").split("\n"):
        row = json.loads(line)
        name = row["corpus"]
        if name not in texts:
            texts[name] = corpora.rows_of(folder, name)
        text = texts[name][row["row"]]
        if hashlib.sha256(text.encode()).hexdigest()[:12] != row["sha"]:
            raise AnnotationError(f"{name}, row {row['row']}: another text than the one that was marked")
        marks = tuple(
            Mark(
                mark["kind"], (mark["start"], mark["end"]), tuple(mark["aspect"]) if mark["aspect"] else None
            )
            for mark in row["grievances"]
        )
        yield _post(row, text, marks)


def _post(row: dict[str, Any], text: str, marks: tuple[Mark, ...]) -> MarkedPost:
    return MarkedPost(
        text, row.get("rating"), row["is_complaint"], row["is_sarcastic"], row.get("intensity"), marks
    )


def _mark(text: str, mark: dict[str, Any]) -> Mark:
    start = text.find(mark["quote"])
    if start < 0 or text.find(mark["quote"], start + 1) >= 0:
        raise AnnotationError(f"{mark['quote']!r} must be in its post exactly once: {text!r}")
    end = start + len(mark["quote"])
    said = (
        re.search(rf"(?<!\w){re.escape(mark['aspect'])}(?!\w)", text[start:end], re.I)
        if mark["aspect"]
        else None
    )
    return Mark(mark["kind"], (start, end), (start + said.start(), start + said.end()) if said else None)

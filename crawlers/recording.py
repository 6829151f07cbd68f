"""Find the recorded answer to a request in a folder: by its ``index.jsonl``, or else by its cassettes."""

import json
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from crawlers import cassette
from crawlers.cassette import Answer, Interaction
from crawlers.errors import Mistake

UNKNOWN = Answer(404, (("Content-Type", "text/plain"),), b"not recorded\n")
# PRAW's wish for JSON without HTML entities; recordings of one address differ in it.
_IGNORED = ("raw_json",)


class RecordingError(Mistake):
    """A folder of recordings is not as described: the file, the line, and what was expected."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks for: host without port, path without its last slash, query as pairs."""

    method: str
    host: str
    path: str
    query: frozenset[tuple[str, str]]

    @classmethod
    def of(cls, method: str, url: str) -> Self:
        """Read a method and an address."""
        parts = urlsplit(url)
        pairs = frozenset(parse_qsl(parts.query, keep_blank_values=True))
        return cls(method.upper(), (parts.hostname or "").lower(), _normal(parts.path), pairs)

    def covers(self, other: Self) -> bool:
        """Tell whether a request for ``other`` gets what was recorded for this."""
        is_same_page = (self.method, self.host, self.path) == (other.method, other.host, other.path)
        return is_same_page and self.query <= other.query


@dataclass(frozen=True, slots=True)
class Recorded:
    """Where an answer lies: a file, a value in it, or an interaction of a cassette."""

    path: Path
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    pointer: str | None = None
    interaction: int | None = None

    def answer(self) -> Answer:
        """Read the answer."""
        if self.interaction is not None:
            answer = _interactions(self.path)[self.interaction].answer
            return answer if self.status is None else replace(answer, status=self.status)
        body = self.path.read_bytes() if self.pointer is None else json.dumps(self._value()).encode()
        return Answer(self.status or 200, self.headers, body)

    def _value(self) -> Any:
        value = _document(self.path)
        for step in (self.pointer or "").split("/")[1:]:
            step = step.replace("~1", "/").replace("~0", "~")
            value = value[int(step)] if isinstance(value, list) else value[step]
        return value


class Recording:
    """Recorded answers: the first that covers a request; those recorded for the same in turn."""

    def __init__(self, lines: Iterable[tuple[Asked, Recorded]]) -> None:
        self._answers: dict[Asked, list[Recorded]] = {}
        for asked, recorded in lines:
            self._answers.setdefault(asked, []).append(recorded)
        self._lock = threading.Lock()

    def answer(self, asked: Asked) -> Answer:
        """Return the answer to a request; the last of those alike is given for ever."""
        with self._lock:
            alike = next((alike for line, alike in self._answers.items() if line.covers(asked)), None)
            if alike is None:
                return UNKNOWN
            recorded = alike.pop(0) if len(alike) > 1 else alike[0]
        return recorded.answer()


def load_recording(folder: Path) -> Recording:
    """Read a folder's index or, where it has none, its cassettes."""
    if not folder.is_dir():
        raise RecordingError(f"{folder}: expected a folder of recorded responses, found none")
    index = folder / "index.jsonl"
    if index.exists():
        return Recording(_of_index(index))
    lines = [line for path in sorted(folder.rglob("*")) for line in _of_cassette(path)]
    if not lines:
        raise RecordingError(f"{folder}: expected index.jsonl or cassettes, found neither")
    # What was asked for most exactly answers first; after those, any query of a recorded address will do.
    lines.sort(key=lambda line: -len(line[0].query))
    loose = [(replace(asked, query=frozenset()), recorded) for asked, recorded in lines]
    return Recording([*lines, *loose])


def _of_index(index: Path) -> Iterator[tuple[Asked, Recorded]]:
    for number, text in enumerate(index.read_text(encoding="utf-8").split("\n"), 1):
        if not text.strip():
            continue
        where = f"{index}:{number}"
        try:
            row = json.loads(text)
            pairs = frozenset((name, str(value)) for name, value in row["query"].items())
            asked = Asked(row["method"].upper(), row["host"].lower(), _normal(row["path"]), pairs)
            recorded = Recorded(
                index.parent / row["file"],
                status=int(row["status"]),
                headers=(("Content-Type", row["content_type"]), *row.get("headers", {}).items()),
                pointer=row.get("pointer"),
                interaction=row.get("cassette"),
            )
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            what = "an object with method, host, path, query, status, content_type and file"
            raise RecordingError(f"{where}: expected {what}: {error!r}") from error
        try:
            if recorded.pointer is not None or recorded.interaction is not None:
                recorded.answer()
            elif not recorded.path.is_file():
                raise FileNotFoundError
        except (LookupError, TypeError, ValueError, OSError) as error:
            what = f"interaction {recorded.interaction}" if recorded.interaction is not None else "an answer"
            raise RecordingError(f"{where}: expected {what} in {recorded.path}: {error!r}") from error
        yield asked, recorded


def _of_cassette(path: Path) -> Iterator[tuple[Asked, Recorded]]:
    if path.suffix not in cassette.SUFFIXES or not cassette.is_cassette(_document(path)):
        return
    for number, interaction in enumerate(_interactions(path)):
        asked = Asked.of(interaction.method, interaction.url)
        pairs = frozenset(pair for pair in asked.query if pair[0] not in _IGNORED)
        yield replace(asked, query=pairs), Recorded(path, interaction=number)


def _normal(path: str) -> str:
    return unquote(path).rstrip("/")


@cache
def _document(path: Path) -> Any:
    try:
        return cassette.parse(path)
    except ValueError as error:
        raise RecordingError(f"{path}: expected JSON or YAML: {error}") from error


@cache
def _interactions(path: Path) -> list[Interaction]:
    document: Mapping[str, Any] = _document(path)
    try:
        return cassette.interactions(document)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise RecordingError(f"{path}: expected a VCR or Betamax cassette: {error!r}") from error

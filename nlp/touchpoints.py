"""Tell at which touchpoint and stage of the journey a grievance happened."""

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from spacy.tokens import Span

from nlp.grievance import STAGES, Stage

PATH = Path(__file__).parent / "touchpoints.toml"
_SHORTEST_INFLECTED = 3


class TouchpointError(ValueError):
    """``touchpoints.toml`` says something it cannot."""


class Touchpoints:
    """The words of ``touchpoints.toml``, ready to be found."""

    def __init__(self, path: Path = PATH) -> None:
        self.source = path.read_text(encoding="utf-8")
        table = tomllib.loads(self.source)
        self._stage_of: dict[str, Stage] = {}
        words: dict[str, str] = {}
        for name, entry in table["touchpoint"].items():
            words |= dict.fromkeys(entry["words"], name)
            if "stage" in entry:
                self._stage_of[name] = _stage(entry["stage"], path, f"touchpoint.{name}.stage")
        self._touchpoint_of = words
        self._words = _longest_first(words)
        self._touchpoint = _any_of(self._words)
        self._stages: dict[str, Stage] = {
            word: _stage(stage, path, "stage") for stage, found in table["stage"].items() for word in found
        }
        self._stage_words = _longest_first(self._stages)
        self._stage = _any_of(self._stage_words)

    def find(self, span: Span) -> tuple[str | None, Stage | None]:
        """Return (touchpoint, stage) of a clause; of touchpoints said equally often the longest words win."""
        text = " ".join(span.text.lower().split())
        weight: Counter[str] = Counter()
        for word in {
            self._words[match.lastindex - 1] for match in self._touchpoint.finditer(text) if match.lastindex
        }:
            weight[self._touchpoint_of[word]] += 1 + word.count(" ")
        said = self._stage.search(text)
        touchpoint = min(weight, key=lambda name: (-weight[name], name)) if weight else None
        if said and said.lastindex:
            return touchpoint, self._stages[self._stage_words[said.lastindex - 1]]
        return touchpoint, self._stage_of.get(touchpoint) if touchpoint else None


def _stage(name: str, path: Path, key: str) -> Stage:
    if name not in STAGES:
        raise TouchpointError(f"{path}: {key}: {name!r} is no stage; expected one of {', '.join(STAGES)}")
    return name


def _longest_first(words: Iterable[str]) -> list[str]:
    return sorted(words, key=lambda word: (-len(word), word))


def _any_of(phrases: Sequence[str]) -> re.Pattern[str]:
    """Return a pattern of phrases with their words inflected, each phrase in a group of its own."""
    if not phrases:
        return re.compile(r"(?!)")  # matches nothing
    groups = "|".join("(" + r"\s".join(map(_inflected, phrase.split())) + ")" for phrase in phrases)
    return re.compile(rf"(?<!\w)(?:{groups})(?!\w)")


def _inflected(word: str) -> str:
    """Return a pattern of a word and its regular forms: ship, ships, shipped; delivery, deliveries."""
    stem = re.escape(word[:-1])
    if len(word) < _SHORTEST_INFLECTED or not word.isalpha():
        return re.escape(word)
    if word.endswith("e"):
        return f"{stem}(?:es?|ed|ing)"
    if word.endswith("y") and word[-2] not in "aeiou":
        return f"{stem}(?:y|ies|ied|ying)"
    return f"{stem}{word[-1]}(?:e?s|{word[-1]}?ed|{word[-1]}?ing)?"

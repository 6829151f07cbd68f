"""Tell at which touchpoint and stage of the journey a grievance happened."""

import re
import tomllib
from collections import Counter
from pathlib import Path

from spacy.tokens import Span

from nlp.grievance import STAGES, Stage

PATH = Path(__file__).parent / "touchpoints.toml"


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
        self._touchpoint = _any_of(words)
        self._stages: dict[str, Stage] = {
            word: _stage(stage, path, "stage") for stage, found in table["stage"].items() for word in found
        }
        self._stage = _any_of(self._stages)

    def find(self, span: Span) -> tuple[str | None, Stage | None]:
        """Return (touchpoint, stage) of a clause; of touchpoints said equally often the longest words win."""
        lemmas = " ".join(token.lemma_.lower() for token in span if not token.is_punct)
        text = f" {lemmas} | {' '.join(span.text.lower().split())} "
        weight: Counter[str] = Counter()
        for word in {match[0] for match in self._touchpoint.finditer(text)}:
            weight[self._touchpoint_of[word]] += 1 + word.count(" ")
        said = self._stage.search(text)
        touchpoint = min(weight, key=lambda name: (-weight[name], name)) if weight else None
        if said:
            return touchpoint, self._stages[said[0]]
        return touchpoint, self._stage_of.get(touchpoint) if touchpoint else None


def _stage(name: str, path: Path, key: str) -> Stage:
    if name not in STAGES:
        raise TouchpointError(f"{path}: {key}: {name!r} is no stage; expected one of {', '.join(STAGES)}")
    return name


def _any_of(words: dict[str, str] | dict[str, Stage]) -> re.Pattern[str]:
    if not words:
        return re.compile(r"(?!)")  # matches nothing
    ordered = sorted(words, key=lambda word: (-len(word), word))
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, ordered))})(?!\w)")

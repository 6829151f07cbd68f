"""Find cues, such as "I wish" or "nobody answers", by the rules in ``nlp/rules``."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc, Span

RULES = Path(__file__).parent / "rules"
SPANS = "cues"


@cache
def rules() -> tuple[dict[str, Any], ...]:
    """Return the rules of every file: label, id, pattern, and what each ``says`` yes and is ``silent`` to."""
    return tuple(
        json.loads(line)
        for path in sorted(RULES.glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    )


def add_cue_finder(pipeline: Language) -> None:
    """Add a ``span_ruler`` that writes ``doc.spans["cues"]``, labels as in the rules."""
    ruler = pipeline.add_pipe("span_ruler", name="cue_finder", config={"spans_key": SPANS})
    ruler.add_patterns([{key: rule[key] for key in ("label", "id", "pattern")} for rule in rules()])  # type: ignore[attr-defined]


def cues_of(span: Span) -> list[Span]:
    """Return the cues that begin inside a span, in order."""
    doc: Doc = span.doc
    return [cue for cue in doc.spans[SPANS] if span.start <= cue.start < span.end]

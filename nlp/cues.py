"""Find cues, such as "was supposed to" or "we are hiring", by the rules in ``nlp/rules``."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from spacy.language import Language

RULES = Path(__file__).parent / "rules"
SPANS = "cues"
CUE_FINDER = {"spans_key": SPANS}


@cache
def rules() -> tuple[dict[str, Any], ...]:
    """Return the rules of every file: label, id, pattern, and what each ``says`` yes and is ``silent`` to."""
    return tuple(
        json.loads(line)
        for path in sorted(RULES.glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    )


def add_patterns(pipeline: Language) -> None:
    """Give ``cue_finder`` its rules: it writes ``doc.spans["cues"]``, labels as in the rules."""
    ruler = pipeline.get_pipe("cue_finder")
    ruler.add_patterns([{key: rule[key] for key in ("label", "id", "pattern")} for rule in rules()])  # type: ignore[attr-defined]

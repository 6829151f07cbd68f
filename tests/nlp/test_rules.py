import pytest
from spacy.language import Language

from nlp.cues import SPANS, rules

RULES = rules()


def _ids(pipeline: Language, text: str) -> set[str]:
    doc = pipeline(text)  # kept: spans do not outlive their document
    return {cue.id_ for cue in doc.spans[SPANS]}


def test_rule_ids_are_unique() -> None:
    ids = [rule["id"] for rule in RULES]
    assert len(set(ids)) == len(ids)


def test_rules_give_the_cues_that_are_asked_for() -> None:
    assert {rule["label"] for rule in RULES} == {"expected", "not_a_customer", "rival_lets", "switch"}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["id"])
def test_rule_says_what_it_says(rule: dict, pipeline: Language) -> None:
    missed = [text for text in rule["says"] if rule["id"] not in _ids(pipeline, text)]
    assert rule["says"]
    assert not missed


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["id"])
def test_rule_is_silent_otherwise(rule: dict, pipeline: Language) -> None:
    assert rule["silent"]
    assert not [text for text in rule["silent"] if rule["id"] in _ids(pipeline, text)]

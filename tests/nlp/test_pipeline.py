from spacy.language import Language

from nlp.pipeline import SKIM


def test_every_component_gets_what_it_requires(pipeline: Language) -> None:
    # the span_ruler of spaCy declares nothing, and nothing of ours requires what it assigns
    assert not any(pipeline.analyze_pipes()["problems"].values())


def test_what_skims_comes_before_the_parser(pipeline: Language) -> None:
    assert tuple(pipeline.pipe_names[: len(SKIM)]) == SKIM
    assert "parser" in pipeline.pipe_names[len(SKIM) :]

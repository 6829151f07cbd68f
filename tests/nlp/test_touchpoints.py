from pathlib import Path

import pytest
from spacy.language import Language

from nlp.touchpoints import TouchpointError, Touchpoints


@pytest.mark.parametrize(
    ("text", "touchpoint", "stage"),
    [
        ("They charged me an overdraft fee", "billing", "pay"),
        ("they hung up on me", "phone_line", "get_help"),
        ("it broke after two days", "product_quality", "use"),
        ("three deliveries, all shipped to a neighbour", "delivery", "receive"),
        ("the chatbot runs in circles", "chat", "get_help"),
        ("The parcel came late, no tracking", "delivery", "receive"),
        ("It is a disgrace", None, None),
    ],
)
def test_touchpoint_is_found_or_left_open(
    pipeline: Language, text: str, touchpoint: str | None, stage: str | None
) -> None:
    doc = pipeline(text)
    assert Touchpoints().find(doc[:]) == (touchpoint, stage)


def test_touchpoints_can_be_edited(pipeline: Language, tmp_path: Path) -> None:
    path = tmp_path / "touchpoints.toml"
    path.write_text('[touchpoint.lounge]\nstage = "use"\nwords = ["lounge"]\n[stage]\n')
    doc = pipeline("the lounges were full")
    assert Touchpoints(path).find(doc[:]) == ("lounge", "use")


def test_touchpoints_name_the_stage_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "touchpoints.toml"
    path.write_text('[touchpoint.lounge]\nstage = "wait"\nwords = ["lounge"]\n[stage]\n')
    with pytest.raises(
        TouchpointError, match=r"touchpoint\.lounge\.stage: 'wait' is no stage; expected one of discover"
    ):
        Touchpoints(path)

from nlp.intensity import intensity


def test_shouting_raises_intensity_up_to_one() -> None:
    calm, louder, loudest = (
        intensity(text, 0.0) for text in ("they lost my bag", "they lost my bag!", "THEY LOST MY BAG!!!")
    )
    assert 0.5 == calm < louder < loudest < 1


def test_a_name_in_capitals_is_not_shouted() -> None:
    assert intensity("CFPB", 0.0) == intensity("", 0.0) == 0.5

import random
import unicodedata
from pathlib import Path

import pytest

from nlp.extract import LONGEST, Reader, build_reader
from nlp.grievance import BrandNames, Grievance, How, Reading, Unread


def read(reader: Reader, text: str, *brands: str, how: How = "alias", rating: float | None = None) -> Reading:
    row = Unread(
        key=("test", "1"), text=text, brands=brands or ("Northwind Air", "Cirrus"), how=how, rating=rating
    )
    [(_, reading)] = reader.read([row])
    return reading


def only(reading: Reading) -> Grievance:
    [grievance] = reading.grievances
    return grievance


@pytest.mark.parametrize(
    ("text", "kind", "brand"),
    [
        ("Cirrus lost my bag, Northwind never did that to me", "complaint", "Cirrus"),
        ("great job losing my bag again, Cirrus", "complaint", "Cirrus"),
        ("I complained and they told me it was my own fault", "failed_recovery", "Northwind Air"),
        ("I wish they had a family tariff", "wish", "Northwind Air"),
        ("Cirrus lets me choose a seat for free", "wish", "Northwind Air"),
        ("How long does a refund take?", "question", "Northwind Air"),
        ("I'd come back if they answered the phone", "win_back", "Northwind Air"),
    ],
)
def test_reader_finds_kind_and_brand(reader: Reader, text: str, kind: str, brand: str) -> None:
    grievance = only(read(reader, text))
    assert (grievance.kind, grievance.brand) == (kind, brand)


@pytest.mark.parametrize(
    ("text", "left", "gained"),
    [
        ("I'm switching to Cirrus next month", "Northwind Air", "Cirrus"),
        ("We left Cirrus for Northwind last year", "Cirrus", "Northwind Air"),
        ("I am closing my account today", "Northwind Air", None),
    ],
)
def test_reader_finds_who_is_left_for_whom(reader: Reader, text: str, left: str, gained: str | None) -> None:
    grievance = only(read(reader, text))
    assert (grievance.kind, grievance.brand, grievance.switch_to) == ("switch", left, gained)


@pytest.mark.parametrize(
    "text",
    [
        "Love this airline, friendly crew and on time every single time!",
        "Never had a problem with Northwind.",
        "No complaints so far, thank you",
        "We are hiring cabin crew. Apply now with your CV.",
        "> they lost my bag and refuse to pay\nI flew with them on Monday, it was lovely.",
        "XXXX XXXX XXXX, XX/XX/2026",
    ],
)
def test_reader_holds_nothing_against_anyone(reader: Reader, text: str) -> None:
    assert read(reader, text).grievances == ()


def test_reader_finds_several_grievances_in_a_post(reader: Reader) -> None:
    text = "The app crashed at the gate and nobody answers the phone. They charged my card twice!"
    quotes = [g.quote for g in read(reader, text).grievances]
    assert quotes == [
        "The app crashed at the gate",
        "nobody answers the phone",
        "They charged my card twice",
    ]


def test_reader_takes_the_brand_named_last_but_not_on_a_page_about_one(reader: Reader) -> None:
    text = "I flew Cirrus to Oslo. They lost my bag."
    assert read(reader, text, "Northwind Air", "Cirrus").grievances[-1].brand == "Cirrus"
    assert read(reader, text, "Northwind Air", "Cirrus", how="about").grievances[-1].brand == "Northwind Air"


def test_reader_reads_nothing_but_english(reader: Reader) -> None:
    reading = read(reader, "Mein Koffer ist seit drei Wochen verschwunden und niemand antwortet mir.")
    assert (reading.lang, reading.complaint_score, reading.grievances) == ("de", None, ())


def test_reader_marks_sarcasm(reader: Reader) -> None:
    assert read(reader, "love waiting nine days for my own money").is_sarcastic
    assert not read(reader, "I waited nine days for my own money").is_sarcastic


def test_reader_scores_shouting_as_more_intense(reader: Reader) -> None:
    calm = only(read(reader, "They lost my bag at the airport"))
    loud = only(read(reader, "THEY LOST MY BAG AT THE AIRPORT!!!"))
    assert loud.intensity > calm.intensity


def test_reader_keeps_what_was_expected(reader: Reader) -> None:
    reading = read(reader, "My bag was supposed to arrive on Monday and it is still missing")
    assert [g.expected for g in reading.grievances] == ["supposed to arrive on Monday", None]


def test_reader_reads_the_same_in_any_batch(reader: Reader) -> None:
    texts = [
        "They lost my bag.",
        "Great crew!",
        "Why is there no refund button?",
        "Ich liebe diese Airline sehr, danke!",
    ]
    rows = [Unread(key=("t", str(i)), text=t, brands=("Cirrus",), how="about") for i, t in enumerate(texts)]
    together = list(reader.read(rows))
    alone = [pair for row in rows for pair in reader.read([row])]
    assert together == alone


def test_reader_links_about_first_and_each_brand_once(reader: Reader) -> None:
    rows = [
        (("t", "1"), "cirrus, Cirrus and northwind", None),
        (("t", "2"), "cirrus again", "Cirrus"),
        (("t", "3"), "no brand", None),
    ]
    assert [found for _, found in reader.link(rows)] == [
        [("Cirrus", "alias"), ("Northwind Air", "alias")],
        [("Cirrus", "about")],
        [],
    ]


def test_reader_version_changes_with_the_brands(reader: Reader, brands: list[BrandNames]) -> None:
    assert build_reader(brands).version == reader.version
    assert build_reader(brands[:1]).version != reader.version


def test_reader_version_changes_with_the_model(
    reader: Reader, brands: list[BrandNames], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HATEMINE_SPACY_MODEL", "another_model")
    assert build_reader(brands).version != reader.version


def test_reader_version_changes_with_the_touchpoints(
    reader: Reader, brands: list[BrandNames], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    edited = tmp_path / "touchpoints.toml"
    edited.write_text('[touchpoint.lounge]\nwords = ["lounge"]\n[stage]\n')
    monkeypatch.setattr("nlp.pipeline.TOUCHPOINTS", edited)
    assert build_reader(brands).version != reader.version


_PIECES = [
    *(
        "They lost my bag",
        "and nobody answers",
        "worst. airline. EVER",
        "I wish",
        "?!",
        "\n",
        "\r\n",
        "\t",
        "  ",
        "\u00a0",
    ),
    *(
        "😡",
        "👩‍👩‍👧",
        "e\u0301",
        "\u202eabc\u202c",
        "\x00",
        "\u200b",
        "العربية",
        "ß",
        "İ",
        "#fail",
        "@flycirrus",
        "http://x.y/z",
    ),
    *("$9.99", "'", '"', ">", "&amp;", "…", "ﬁ", "𝕳𝖆𝖙𝖊", "Cirrus"),
]


def test_quotes_are_exact_slices_of_hostile_text(reader: Reader) -> None:
    draw = random.Random(5)  # noqa: S311
    texts = ["".join(draw.choices(_PIECES, k=draw.randrange(1, 40))) for _ in range(400)]
    texts += [unicodedata.normalize("NFD", text) for text in texts[:50]]
    rows = [Unread(key=("t", str(i)), text=t, brands=("Cirrus",), how="about") for i, t in enumerate(texts)]
    n_quotes = 0
    for row, (key, reading) in zip(rows, reader.read(rows), strict=True):
        assert key == row.key
        for g in reading.grievances:
            assert row.text[g.quote_start : g.quote_end] == g.quote != ""
            n_quotes += 1
    assert n_quotes > 50


def test_reader_copes_with_a_very_long_text(reader: Reader) -> None:
    text = "They lost my bag and nobody answers. " * (LONGEST // 20)
    reading = read(reader, text)
    assert reading.grievances
    assert all(text[g.quote_start : g.quote_end] == g.quote for g in reading.grievances)

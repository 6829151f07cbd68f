import pytest

from nlp.brands import BrandMatcher, fingerprint
from nlp.grievance import BrandNames


@pytest.fixture
def matcher(brands: list[BrandNames]) -> BrandMatcher:
    return BrandMatcher(brands)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("NORTHWIND  air lost it", ["Northwind Air"]),
        ("thanks @northwind_air and #flycirrus", ["Northwind Air", "Cirrus"]),
        ("the cirrus clouds", ["Cirrus"]),
        ("Cirrus's desk", ["Cirrus"]),
        ("cirrusly annoyed by x.cirrus", []),
        ("Northwind Traders sells tea", []),
        ("Northwind Traders sells tea, Northwind loses bags", ["Northwind Air"]),
        ("Cırrus, CİRRUS and ſirrus", ["Cirrus", "Cirrus"]),
        ("", []),
    ],
)
def test_matcher_finds_whole_words_outside_excluded_phrases(
    matcher: BrandMatcher, text: str, expected: list[str]
) -> None:
    assert [brand for _, _, brand in matcher.find(text)] == expected


def test_matcher_gives_offsets_of_the_name_alone(matcher: BrandMatcher) -> None:
    text = "héllo 👍 @flycirrus!"
    [(start, end, _)] = matcher.find(text)
    assert text[start:end] == "flycirrus"


def test_fingerprint_changes_with_names_but_not_with_their_order(brands: list[BrandNames]) -> None:
    other = BrandNames(name="Cirrus", aliases=("@flycirrus", "cirrus air"))
    turned = BrandNames(name="Cirrus", aliases=("cirrus air", "@flycirrus"))
    assert fingerprint([other]) == fingerprint([turned])
    assert fingerprint([other]) != fingerprint([brands[1]])

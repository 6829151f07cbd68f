import pytest
from spacy.language import Language

from nlp.extract import Reader, build_reader
from nlp.grievance import BrandNames
from nlp.pipeline import build_pipeline

NORTHWIND = BrandNames(
    name="Northwind Air",
    aliases=("northwindair", "@northwind_air", "Northwind"),
    exclude=("Northwind Traders",),
)
CIRRUS = BrandNames(name="Cirrus", aliases=("@flycirrus",))


@pytest.fixture(scope="session")
def brands() -> list[BrandNames]:
    return [NORTHWIND, CIRRUS]


@pytest.fixture(scope="session")
def reader(brands: list[BrandNames]) -> Reader:
    return build_reader(brands)


@pytest.fixture(scope="session")
def pipeline(brands: list[BrandNames]) -> Language:
    return build_pipeline(brands)

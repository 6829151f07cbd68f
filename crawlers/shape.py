"""Say what the values of a ``[[source]]`` must look like; each spider declares its keys with these."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shape:
    """What a value must look like: its type, its pattern if it is a text, and both in words."""

    expected: str
    pattern: str = r"(?s).*\S.*"
    type: type = str


Keys = Mapping[str, Shape | Mapping[str, Shape]]
"""A source's keys: each a list of such values, or of tables; ``about`` may be left out of a table."""

TEXT = Shape("a text")
YEAR = Shape("a year", type=int)
URL = Shape("an address that begins with https://", r"https?://[^\s/]+.*")
HOST = Shape('a host without https:// ("forum.example")', r"[\w-]+(\.[\w-]+)+(:\d+)?")

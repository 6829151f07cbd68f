"""A small market for the app: posts whose grievances stand between two #, "#billing charged twice#"."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from crawlers.post import Post
from crawlers.watchlist import Brand, Watchlist
from nlp.grievance import Grievance, How, Key, Reading, Theme, Unread, Voice
from ui.progress import Progress
from warehouse.refresh import refresh

NEWEST = datetime(2026, 6, 28, 12, tzinfo=UTC)
Publish = Callable[..., Path]


class HashReader:
    """Reads what stands between two # as a complaint whose first word is its theme."""

    version = "1"

    def link(
        self, rows: Iterable[tuple[Key, str, str | None]]
    ) -> Iterator[tuple[Key, list[tuple[str, How]]]]:
        for key, _, about in rows:
            yield key, [(about, "about")] if about else []

    def read(self, rows: Iterable[Unread]) -> Iterator[tuple[Key, Reading]]:
        for row in rows:
            found = tuple(
                Grievance(
                    brand=row.brands[0],
                    kind="complaint",
                    quote=match[0],
                    quote_start=match.start(),
                    quote_end=match.end(),
                    intensity=0.8,
                    aspect=match[1],
                )
                for match in re.finditer(r"#(\w+)[^#]*#", row.text)
            )
            yield (
                row.key,
                Reading(
                    lang="en",
                    complaint_score=0.9,
                    is_complaint=bool(found),
                    intensity=0.8,
                    grievances=found,
                ),
            )


@pytest.fixture
def publish(tmp_path: Path) -> Publish:
    """Publish posts given as (brand, text, other fields), in a data folder."""

    def publish(
        *posts: tuple[str, str, dict[str, Any]],
        rivals: Sequence[str] = ("Bolt",),
        labels: dict[str, str] | None = None,
    ) -> Path:
        data = tmp_path / "data"
        landed = data / "landing" / "forum" / "20260628T120000.000000Z.jsonl"
        landed.parent.mkdir(parents=True)
        lines = [
            Post(
                **{
                    "source": "forum",
                    "source_id": f"p{i}",
                    "url": f"https://forum.example/p{i}",
                    "author_key": f"person-{i}",
                    "posted_at": NEWEST - timedelta(days=i % 7),
                    "fetched_at": NEWEST,
                    "about": brand,
                    "text": text,
                    **fields,
                }
            ).to_json()
            for i, (brand, text, fields) in enumerate(posts)
        ]
        landed.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        watchlist = Watchlist(brand=Brand(name="Acme"), rivals=tuple(Brand(name=name) for name in rivals))

        def find_themes(
            voices: Sequence[Voice], known: Sequence[Theme]
        ) -> tuple[list[Theme], dict[str, str]]:
            names = sorted({str(voice.aspect) for voice in voices})
            centroid = np.array([0.6, 0.8], dtype=np.float32)
            themes = [
                Theme(
                    theme_id=name,
                    label=(labels or {}).get(name, name),
                    keywords=(name,),
                    centroid=centroid,
                    cohesion=1.0,
                )
                for name in names
            ]
            return [*known, *themes], {voice.grievance_id: str(voice.aspect) for voice in voices}

        refresh(
            data,
            watchlist,
            HashReader(),
            find_themes,
            now=NEWEST,
            progress=Progress(is_quiet=True),
        )
        return data

    return publish


@pytest.fixture
def crowd() -> Callable[..., list[tuple[str, str, dict[str, Any]]]]:
    """Return so many posts of different people who say the same."""
    return _crowd


def _crowd(n: int, brand: str, text: str, **fields: Any) -> list[tuple[str, str, dict[str, Any]]]:
    """Return so many posts of different people who say the same."""
    return [(brand, text, fields)] * n

"""Posts out to the reader, readings back: order, ids, themes kept, mistakes refused."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from nlp.grievance import Grievance, Reading, Unread
from warehouse.grievance import Misread, grievance_id

SPAN = Grievance(brand="Acme", kind="complaint", quote="bad", quote_start=0, quote_end=3, intensity=0.5)


def test_an_id_is_of_post_brand_kind_and_place_alone() -> None:
    assert grievance_id(("forum", "1"), SPAN) == "d7db2b874c25a87f19be", "stored ids must stay valid"
    assert grievance_id(("forum", "1"), SPAN) == grievance_id(
        ("forum", "1"), replace(SPAN, intensity=0.9, aspect="x")
    )
    others = [
        grievance_id(("forum", "2"), SPAN),
        grievance_id(("reviews", "1"), SPAN),
        *(
            grievance_id(("forum", "1"), replace(SPAN, **change))
            for change in ({"brand": "Bolt"}, {"kind": "wish"}, {"quote_start": 1}, {"quote_end": 4})
        ),
    ]
    assert len({grievance_id(("forum", "1"), SPAN), *others}) == 7


class Spy:
    """A reader that notes what it is given."""

    def __init__(self, fakes: Any, **options: Any) -> None:
        self.reader = fakes.Reader(**options)
        self.version = self.reader.version
        self.linked: list[Any] = []
        self.read_: list[Unread] = []

    def link(self, rows: Iterable[Any]) -> Iterator[Any]:
        self.linked = list(rows)
        return self.reader.link(self.linked)

    def read(self, rows: Iterable[Unread]) -> Iterator[Any]:
        self.read_ = list(rows)
        return self.reader.read(self.read_)


def test_the_reader_gets_the_page_as_a_brand(folder: Any, fakes: Any) -> None:
    folder.land(
        folder.post("1", "x", about="AcmeCo, Inc."),
        folder.post("2", "y", about="Dyno"),
        folder.post("3", "z"),
    )
    spy = Spy(fakes)
    folder.refresh(reader=spy)
    assert sorted(spy.linked) == [
        (("forum", "1"), "x", "Acme"),
        (("forum", "2"), "y", None),
        (("forum", "3"), "z", None),
    ]


def test_only_posts_with_a_mention_are_read_the_likeliest_brand_first(folder: Any, fakes: Any) -> None:
    folder.land(
        folder.post("1", "Crux and Acme", about="Bolt", rating=2.0),
        folder.post("2", "Crux and Acme"),
        folder.post("3", "so it is", parent_id="2"),
        folder.post("4", "nothing"),
    )
    spy = Spy(fakes)
    assert folder.refresh(reader=spy).n_read == 3
    assert sorted(spy.read_, key=lambda row: row.key) == [
        Unread(
            key=("forum", "1"), text="Crux and Acme", brands=("Bolt", "Acme", "Crux"), how="about", rating=2.0
        ),
        Unread(key=("forum", "2"), text="Crux and Acme", brands=("Acme", "Crux"), how="alias"),
        Unread(key=("forum", "3"), text="so it is", brands=("Acme", "Crux"), how="thread"),
    ]


def test_only_what_is_new_or_changed_is_read(folder: Any, fakes: Any) -> None:
    folder.land(folder.post("1", "Acme a"), folder.post("2", "Acme b"), folder.post("3", "hm", parent_id="2"))
    folder.refresh()
    folder.land(folder.post("2", "Bolt b"), folder.post("4", "Acme c"))
    spy = Spy(fakes)
    folder.refresh(reader=spy)
    assert {row.key[1]: row.brands for row in spy.read_} == {"2": ("Bolt",), "3": ("Bolt",), "4": ("Acme",)}
    assert {key[1] for key, _, _ in spy.linked} == {"2", "4"}


def test_another_version_reads_everything_again_and_keeps_themes(folder: Any, fakes: Any) -> None:
    folder.land(folder.post("1", "[Acme complaint app 0.5]"), folder.post("2", "Acme"))
    folder.refresh()
    asked = []

    def find_themes(voices: Any, known: Any) -> Any:
        asked.extend(voices)
        return list(known), {}

    assert folder.refresh(reader=fakes.Reader(version="fake-2"), find_themes=find_themes).n_read == 2
    assert asked == []
    assert folder.ask("select theme_id from grievance") == [("app",)]
    assert folder.ask("select distinct pipeline_version from reading") == [("fake-2",)]


def test_a_post_that_concerns_no_brand_any_more_loses_its_reading(folder: Any, fakes: Any) -> None:
    folder.land(folder.post("1", "[Acme complaint app 0.5]"), folder.post("2", "[Bolt complaint app 0.5]"))
    folder.refresh()
    alone = folder.with_watchlist(rivals=())
    alone.refresh(reader=fakes.Reader(version="fake-2", brands=("Acme",)))
    assert alone.ask("select source_id from reading") == [("1",)]
    assert alone.ask("select brand from grievance") == [("Acme",)]
    assert alone.ask("select brand from brand") == [("Acme",)]


def test_every_quote_is_a_slice_of_the_text(folder: Any) -> None:
    folder.land(folder.post("1", "👩‍💻 naïve e\u0301 — [Acme complaint app 0.5] 🙂 [Acme wish app 0.1]"))
    folder.refresh()
    rows = folder.ask(
        "select text, quote, quote_start, quote_end from grievance join post using (source, source_id)"
    )
    assert len(rows) == 2
    assert all(text[start:end] == quote for text, quote, start, end in rows)


@pytest.mark.parametrize(
    ("spans", "message"),
    [
        ([replace(SPAN, quote="mad")], "no slice"),
        ([replace(SPAN, quote_start=4, quote_end=7)], "no slice"),
        ([replace(SPAN, quote="", quote_end=0)], "empty"),
        ([replace(SPAN, brand="Bolt")], "does not concern the brand"),
        ([SPAN, replace(SPAN, aspect="other")], "same span twice"),
    ],
)
def test_what_the_post_does_not_bear_out_is_refused(
    folder: Any, fakes: Any, spans: list[Grievance], message: str
) -> None:
    class Wrong(fakes.Reader):
        def read(self, rows: Iterable[Unread]) -> Iterator[tuple[Any, Reading]]:
            for row in rows:
                yield (
                    row.key,
                    Reading(
                        lang="en", complaint_score=1, is_complaint=True, intensity=1, grievances=tuple(spans)
                    ),
                )

    folder.land(folder.post("1", "bad Acme"))
    with pytest.raises(Misread, match=f"forum 1: .*{message}"):
        folder.refresh(reader=Wrong())
    assert not (folder.data / "hatemine.duckdb").exists()


def test_a_language_that_is_not_read_leaves_a_reading_without_a_score(folder: Any, fakes: Any) -> None:
    class German(fakes.Reader):
        def read(self, rows: Iterable[Unread]) -> Iterator[tuple[Any, Reading]]:
            for row in rows:
                yield row.key, Reading(lang="de", complaint_score=None, is_complaint=False, intensity=None)

    folder.land(folder.post("1", "Acme ist schlecht"))
    folder.refresh(reader=German())
    assert folder.ask("select lang, complaint_score, is_complaint from reading") == [("de", None, False)]

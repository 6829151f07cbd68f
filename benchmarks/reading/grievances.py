"""Measure the reader as a whole: spans, kinds, brands, wishes, switching, aspects, touchpoints."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.reading.figure import Figure, f1, matched
from nlp import corpora
from nlp.annotations import Place
from nlp.encoder import encode
from nlp.extract import Reader
from nlp.grievance import KINDS, BrandNames, How, Reading, Unread
from nlp.tagging import aspect_spans

_HALF = 0.5  # of the longer span must be shared for the two to be the same grievance


def read(
    reader: Reader,
    texts: Sequence[str],
    *brands: str,
    how: How = "about",
) -> list[Reading]:
    """Read texts that may concern the brands, the likeliest first."""
    rows = (
        Unread(key=("", str(i)), text=text, brands=brands, how=how, rating=None)
        for i, text in enumerate(texts)
    )
    return [reading for _, reading in reader.read(rows)]


def read_marked(path: Path) -> list[tuple[dict[str, Any], Reading | None]]:
    """Return each marked post with its reading; ``None`` where no watched brand was found in it."""
    posts = [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]
    readings: dict[str, Reading] = {}
    for market in dict.fromkeys(tuple(post["brands"]) for post in posts):
        ours = [post for post in posts if tuple(post["brands"]) == market]
        aliases = {name: alias for post in ours for name, alias in (post["aliases"] or {}).items()}
        reader = Reader([BrandNames(name=name, aliases=tuple(aliases.get(name, ()))) for name in market])
        links = dict(reader.link((("", post["id"]), post["text"], post["about"]) for post in ours))
        rows = [
            Unread(
                key=("", post["id"]),
                text=post["text"],
                brands=tuple(brand for brand, _ in links["", post["id"]]),
                how=links["", post["id"]][0][1],
                rating=post["rating"],
            )
            for post in ours
            if links["", post["id"]]
        ]
        readings |= {key[1]: reading for key, reading in reader.read(rows)}
    return [(post, readings.get(post["id"])) for post in posts]


def marked_figures(path: Path, data: str) -> Iterator[Figure]:
    """Yield what is found of the grievances marked by hand, and what is said of them."""
    n_there, n_found, n_right = Counter[str](), Counter[str](), Counter[str]()
    n_matched = n_brand = n_kind = n_touchpoint = n_said = n_gained = n_switches = 0
    pairs = read_marked(path)
    for post, reading in pairs:
        marks = [(mark, _place(post["text"], mark["quote"])) for mark in post["grievances"]]
        found = list(reading.grievances) if reading else []
        n_there.update(mark["kind"] for mark, _ in marks)
        n_found.update(grievance.kind for grievance in found)
        places = [(grievance.quote_start, grievance.quote_end) for grievance in found]
        for i, j in matched([place for _, place in marks], places, _HALF):
            mark, grievance = marks[i][0], found[j]
            n_matched += 1
            n_brand += mark["brand"] == grievance.brand
            n_kind += mark["kind"] == grievance.kind
            n_right[mark["kind"]] += mark["kind"] == grievance.kind
            if grievance.touchpoint is not None:
                n_said += 1
                n_touchpoint += mark["touchpoint"] == grievance.touchpoint
            if mark["kind"] == grievance.kind == "switch":
                n_switches += 1
                n_gained += (mark["switch_to"] or "").lower() == (grievance.switch_to or "").lower()
    there, found_ = n_there.total(), n_found.total()
    yield Figure("grievance spans", data, there, "precision", n_matched / max(found_, 1))
    yield Figure("grievance spans", data, there, "recall", n_matched / there)
    yield Figure("grievance spans", data, there, "F1", f1(n_matched, found_, there))
    yield Figure("brand of spans found", data, n_matched, "accuracy", n_brand / n_matched)
    yield Figure("kind of spans found", data, n_matched, "accuracy", n_kind / n_matched)
    for kind in KINDS:
        yield Figure(
            f"{kind}, span and kind",
            data,
            n_there[kind],
            "F1",
            f1(n_right[kind], n_found[kind], n_there[kind]),
        )
    yield from _posts_with_kinds(pairs, data)
    yield Figure(
        "gained brand of switches found", data, n_switches, "accuracy", n_gained / max(n_switches, 1)
    )
    yield Figure("touchpoint, where one is given", data, n_said, "accuracy", n_touchpoint / max(n_said, 1))
    counts = Counter(
        (post["is_complaint"], bool(reading and reading.is_complaint)) for post, reading in pairs
    )
    both = [
        f1(
            counts[is_so, is_so],
            counts[is_so, is_so] + counts[not is_so, is_so],
            counts[is_so, is_so] + counts[is_so, not is_so],
        )
        for is_so in (True, False)
    ]
    yield Figure("is_complaint", data, len(pairs), "macro-F1", sum(both) / 2)
    said = Counter((post["is_sarcastic"], bool(reading and reading.is_sarcastic)) for post, reading in pairs)
    yield Figure(
        "is_sarcastic",
        data,
        len(pairs),
        "F1",
        f1(said[True, True], said[True, True] + said[False, True], said[True, True] + said[True, False]),
    )


def _posts_with_kinds(pairs: list[tuple[dict[str, Any], Reading | None]], data: str) -> Iterator[Figure]:
    """Yield, for each rarer kind, how well the posts that hold one are told from those that do not."""
    for kind in KINDS[1:]:
        there = {post["id"] for post, _ in pairs if any(mark["kind"] == kind for mark in post["grievances"])}
        found = {
            post["id"]
            for post, reading in pairs
            if reading and any(g.kind == kind for g in reading.grievances)
        }
        yield Figure(
            f"{kind}, posts with one", data, len(there), "F1", f1(len(there & found), len(found), len(there))
        )


def _place(text: str, quote: str) -> Place:
    start = text.index(quote)
    return start, start + len(quote)


def wish_figures(folder: Path) -> Iterator[Figure]:
    """Yield how well app reviews with a feature request are told from the others, none of them trained on."""
    rows = list(corpora.maalej(folder))
    readings = read(Reader([BrandNames(name="App")]), [text for *_, text in rows], "App")
    there = [kind == "Feature" for kind, *_ in rows]
    found = [any(g.kind == "wish" for g in reading.grievances) for reading in readings]
    yield from _figures("wish, transfer", "Maalej Feature or not", there, found, "BERT fine-tuned .42")


def switch_figures(folder: Path) -> Iterator[Figure]:
    """Yield how well the brand that somebody leaves is found, of lines and the brands they name."""
    rows = list(corpora.churn(folder, "EN"))
    names = sorted({brand.lower() for _, brand, _ in rows})
    reader = Reader([BrandNames(name=name) for name in names])
    linked = reader.link(((("", str(i)), text, None) for i, (text, *_) in enumerate(rows)))
    named = [tuple(brand for brand, _ in brands) for _, brands in linked]
    unread = (
        # A line that names no brand was said to the one of its row.
        Unread(key=("", str(i)), text=text, brands=brands or (brand.lower(),), how="alias")
        for i, ((text, brand, _), brands) in enumerate(zip(rows, named, strict=True))
    )
    readings = [reading for _, reading in reader.read(unread)]
    there = [label for *_, label in rows]
    found = [
        any(g.kind == "switch" and g.brand == brand.lower() for g in reading.grievances)
        for (_, brand, _), reading in zip(rows, readings, strict=True)
    ]
    task = "switch with the right brand, transfer"
    yield from _figures(task, "churn-swisscom EN", there, found, "")
    names_one = [i for i, brands in enumerate(named) if brands]
    yield from _figures(
        task,
        "the same, lines that name a brand",
        [there[i] for i in names_one],
        [found[i] for i in names_one],
        "",
    )


def _figures(task: str, data: str, there: list[bool], found: list[bool], peer: str) -> Iterator[Figure]:
    n_right = sum(a and b for a, b in zip(there, found, strict=True))
    yield Figure(task, data, len(there), "precision", n_right / max(sum(found), 1))
    yield Figure(task, data, len(there), "recall", n_right / max(sum(there), 1))
    yield Figure(task, data, len(there), "F1", f1(n_right, sum(found), sum(there)), peer)


def aspect_figures(folder: Path) -> Iterator[Figure]:
    """Yield how well MAMS's negative aspect terms are found (test split); a partial overlap counts half."""
    credit = n_found = n_there = 0.0
    for text, terms in corpora.mams(folder, "test"):
        there = [(start, end) for start, end, polarity in terms if polarity == "negative"]
        found = list(aspect_spans(encode(text)))
        credit += sum(1.0 if there[i] == found[j] else 0.5 for i, j in matched(there, found, 0.0))
        n_found, n_there = n_found + len(found), n_there + len(there)
    task, data = "aspects, partial overlap half", "MAMS test, negative terms"
    yield Figure(task, data, int(n_there), "precision", credit / n_found)
    yield Figure(task, data, int(n_there), "recall", credit / n_there)
    yield Figure(task, data, int(n_there), "F1", f1(credit, int(n_found), int(n_there)))

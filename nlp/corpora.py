"""Read the labelled corpora that the heads are trained and measured on."""

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

_ANGER = {"anger": 0.8, "disgust": 0.7, "annoyance": 0.45, "disappointment": 0.3, "disapproval": 0.3}
_HARMLESS = {
    *("admiration", "amusement", "approval", "caring", "curiosity", "desire", "excitement", "gratitude"),
    *("joy", "love", "neutral", "optimism", "pride", "realization", "relief"),
}
_SEVERITY = {"No explicit reproach": 0.2, "Disapproval": 0.45, "Accusation": 0.7, "Blame": 0.9}

# Intents of Banking77 in which something has gone wrong for the customer; the others ask or request.
_WRONG = re.compile(
    r"declined|failed|not_arrived|not_recognised|not_working|wrong|twice|stuck|swallowed|unable|unrecognised"
    r"|compromised|not_received|extra_charge|charged|pending|reverted|not_showing|fee_charged"
)


@dataclass(frozen=True, slots=True)
class Labelled:
    """A text of a corpus and its label, 0 to 1."""

    text: str
    label: float
    corpus: str


def _cesamard(folder: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield text and first-named columns of each distinct CESAMARD review."""
    path = folder / "cesamard" / "CESAMARD-Aspect_Dataset.csv"
    seen = set()
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        rows = csv.reader(file)
        header = next(rows)
        for values in rows:
            row = dict(
                zip(reversed(header), reversed(values), strict=True)
            )  # names repeat: the first one stays
            text = re.sub(r"\s+", " ", f"{row['Title']}. {row['Review_S']}".replace("\\n", " ")).strip()
            if text not in seen and row["Complaint"] in {"0", "1"}:
                seen.add(text)
                yield text, row


def cesamard_complaints(folder: Path) -> Iterator[Labelled]:
    """Yield CESAMARD: 1 for a complaint."""
    for text, row in _cesamard(folder):
        yield Labelled(text, float(row["Complaint"]), "cesamard")


def maalej(folder: Path) -> Iterator[tuple[str, int, str]]:
    """Yield (kind, stars, text) of each distinct app review of Maalej et al."""
    seen = set()
    for kind in ("Bug", "Feature", "Rating", "UserExperience"):
        raw = (folder / "maalej-appreviews" / f"{kind}.json").read_text(encoding="utf-8")
        for row in json.loads(re.sub(r",\s*\]\s*$", "]", raw)):
            text = f"{row.get('title') or ''} {row['comment']}".replace("\t", ". ").strip()
            if text not in seen:
                seen.add(text)
                yield kind, int(row["rating"]), text


def goemotions(folder: Path, split: str) -> Iterator[tuple[str, set[str]]]:
    """Yield (text, emotions) of a split of GoEmotions: train, dev or test."""
    names = (folder / "goemotions" / "labels.txt").read_text().split()
    with (folder / "goemotions" / f"{split}.tsv").open(encoding="utf-8") as file:
        for line in file:
            text, labels, _ = line.rstrip("\n").split("\t")
            yield text, {names[int(i)] for i in labels.split(",")}


def mams(folder: Path, split: str) -> Iterator[tuple[str, list[tuple[int, int, str]]]]:
    """Yield (sentence, aspect terms as start, end, polarity) of a split of MAMS: train, val or test."""
    # The file is ours to trust: it is a corpus on the developer's disk, not something crawled.
    for sentence in ElementTree.parse(folder / "mams" / "MAMS-ATSA" / f"{split}.xml").getroot():  # noqa: S314
        terms = [
            (int(term.attrib["from"]), int(term.attrib["to"]), term.attrib["polarity"])
            for term in sentence.iter("aspectTerm")
        ]
        yield sentence.findtext("text", ""), terms


def cfpb_narratives(folder: Path) -> Iterator[str]:
    """Yield the narratives of the complaint bureau's files."""
    for name, column in (
        ("complaints_sample_5000_2026", "Consumer complaint narrative"),
        ("payday_loans_2025-04-25", "Consumer complaint narrative"),
        ("complaints_rivals_2000_2021", "complaints"),
    ):
        with (folder / "cfpb" / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
            yield from (row[column] for row in csv.DictReader(file) if row.get(column))


def complaints_elsewhere(folder: Path) -> Iterator[Labelled]:
    """Yield every corpus but CESAMARD as complaint (1) or not (0), where its own labels say so."""
    for kind, stars, text in maalej(folder):
        if kind == "Bug" or stars <= 2:
            yield Labelled(text, 1, "maalej")
        elif kind == "Rating" and stars >= 4:
            yield Labelled(text, 0, "maalej")
    for name in ("seat", "lounge"):
        with (folder / "skytrax" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                yield Labelled(row["content"], 1 - float(row["recommended"]), "skytrax")
    for text, terms in mams(folder, "train"):
        polarities = {polarity for *_, polarity in terms}
        if "negative" not in polarities or "positive" not in polarities:
            yield Labelled(text, float("negative" in polarities), "mams")
    with (folder / "banking77" / "test.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield Labelled(row["text"], float(bool(_WRONG.search(row["category"]))), "banking77")
    for text, emotions in goemotions(folder, "train"):
        if emotions <= _ANGER.keys() or emotions <= _HARMLESS:
            yield Labelled(text, float(not emotions <= _HARMLESS), "goemotions")
    for text in cfpb_narratives(folder):
        yield Labelled(text, 1, "cfpb")


def intensities(folder: Path) -> Iterator[Labelled]:
    """Yield complaints and angry comments with their strength, 0 to 1."""
    for text, row in _cesamard(folder):
        if row["Severity"] in _SEVERITY:
            yield Labelled(text, _SEVERITY[row["Severity"]], "cesamard")
    for text, emotions in goemotions(folder, "train"):
        if emotions <= _ANGER.keys():
            yield Labelled(text, max(_ANGER[emotion] for emotion in emotions), "goemotions")

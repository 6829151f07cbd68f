"""Read the labelled corpora that the heads are trained and measured on."""

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from xml.etree import ElementTree

SEED = 20261122
"""Every draw, fold and fit starts from it."""

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


_MARKED = {
    "skytrax/seat": ("skytrax/seat.csv", "content"),
    "skytrax/lounge": ("skytrax/lounge.csv", "content"),
    "cfpb/sample": ("cfpb/complaints_sample_5000_2026.csv", "Consumer complaint narrative"),
    "cfpb/rivals": ("cfpb/complaints_rivals_2000_2021.csv", "complaints"),
    "isarcasm/train": ("isarcasm/train.En.csv", "tweet"),
}


@dataclass(frozen=True, slots=True)
class Labelled:
    """A text of a corpus, its label, 0 to 1, and its stars, where the label was not read off them."""

    text: str
    label: float
    corpus: str
    rating: float | None = None


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


def cesamard_sarcasm(folder: Path) -> Iterator[Labelled]:
    """Yield CESAMARD: 1 for a sarcastic review."""
    for text, row in _cesamard(folder):
        yield Labelled(text, float(row["Sarcastic"] == "sarcastic"), "cesamard")


def cesamard_severities(folder: Path) -> Iterator[Labelled]:
    """Yield the complaints of CESAMARD with their severity, 0 to 1."""
    for text, row in _cesamard(folder):
        if row["Severity"] in _SEVERITY:
            yield Labelled(text, _SEVERITY[row["Severity"]], "cesamard")


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
    for text, emotions in islice(goemotions(folder, "train"), 0, None, 3):
        if emotions <= _ANGER.keys() or emotions <= _HARMLESS:
            yield Labelled(text, float(not emotions <= _HARMLESS), "goemotions")
    for text in islice(cfpb_narratives(folder), 0, None, 5):
        yield Labelled(text, 1, "cfpb")


def rows_of(folder: Path, name: str) -> list[str]:
    """Return all texts of a corpus that has marked rows, in order: skytrax, cfpb, isarcasm or nhtsa."""
    if name == "nhtsa":
        raw = (folder / "nhtsa" / "nhtsa-complaints.txt").read_text(encoding="utf-8", errors="replace")
        return [line.split("\t")[19] for line in raw.rstrip("\n").split("\n")]
    path, column = _MARKED[name]
    with (folder / path).open(encoding="utf-8-sig", newline="") as file:
        return [row[column] for row in csv.DictReader(file)]


def isarcasm(folder: Path, split: str) -> Iterator[tuple[str, bool]]:
    """Yield (tweet, whether its author meant it as sarcasm) of iSarcasm's English train or test split."""
    name, text, label = {
        "train": ("train.En.csv", "tweet", "sarcastic"),
        "test": ("task_A_En_test.csv", "text", "sarcastic"),
    }[split]
    with (folder / "isarcasm" / name).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield row[text], row[label] == "1"


def churn(folder: Path, language: str) -> Iterator[tuple[str, str, bool]]:
    """Yield (line, brand, whether its author leaves that brand) of Swisscom's chatbot lines: EN or DE."""
    path = folder / "churn-swisscom" / f"{language}_chatbot.csv"
    for line in path.read_text(encoding="utf-8").splitlines():
        text, _, brand, label = line.rsplit("\t", 3)
        yield text, brand, label == "1"


def angers(folder: Path, split: str) -> Iterator[Labelled]:
    """Yield the angry comments of a split of GoEmotions with their strength, 0 to 1."""
    for text, emotions in goemotions(folder, split):
        if emotions <= _ANGER.keys():
            yield Labelled(text, max(_ANGER[emotion] for emotion in emotions), "goemotions")

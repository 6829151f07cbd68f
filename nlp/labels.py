"""Name themes in the detractors' own words."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence, Set
from math import log

import numpy as np
from spacy.lang.en.stop_words import STOP_WORDS

from nlp.grievance import Vector, Voice
from nlp.vectors import embed_texts, unit

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*|\$?\d+(?:[.,:]\d+)*%?")
_SHORTENED = re.compile(r"'(?:ve|re|ll|d|s|m)$")  # "they've", "that's"
_LONGEST = 5
_N_KEYWORDS = 8
_N_CANDIDATES, _N_TYPICAL = 40, 12
_COMMON = 0.5

# What it weighs beside nearness to the centre that more people say a label, and that a keyword is in it.
_SAID, _TELLING, _N_TELLING = 0.2, 0.1, 3

# Words that may not begin or end a label, beyond spaCy's stop words; "out", "up", "off" may end one:
# "locked out".
_LIMP = {"im", "ive", "dont", "didnt", "cant", "doesnt", "isnt", "wont", "would", "could", "got", "get"}
_LIMP |= {"just", "really", "said", "told", "say", "says", "went", "going", "one", "also", "new", "later"}
_LIMP |= {"today", "yesterday", "day", "days", "week", "weeks", "month", "months", "time", "xx"}
_PARTICLES = {"out", "up", "off", "down", "back", "away", "again", "twice"}
_SAYS_NO = {"no", "not", "never", "nobody", "cannot", "without", "still", "no-one"}
_EDGE = (STOP_WORDS | _LIMP) - _SAYS_NO


class Labeller:
    """Name themes against the background of all grievances, never using a name twice."""

    def __init__(self, voices: Sequence[Voice], vectors: Vector, *, taken: Collection[str]) -> None:
        self._taken = {label.casefold() for label in taken}
        self._brands = {word for voice in voices for word in _words(voice.brand)}
        self._background = _people_saying(voices, self._brands)
        self._n_people = len({voice.person for voice in voices})
        self._mean = unit(vectors.mean(axis=0, keepdims=True))[0] if len(vectors) else 0.0

    def label(
        self, members: Sequence[Voice], centroid: Vector, closeness: Vector
    ) -> tuple[str, tuple[str, ...]]:
        """Return label and keywords of a theme.

        The label is a phrase of 2 to 5 words that many of its people use and few others do, or that a
        typical member uses, whichever lies nearest to the centre. ``closeness`` holds the members' cosines
        to the centroid.
        """
        said = _people_saying(members, self._brands)
        lift = {phrase: self._lift(phrase, people, members) for phrase, people in said.items()}
        ranked = sorted(lift, key=lambda phrase: (-lift[phrase], phrase))
        keywords = [word for word in ranked if " " not in word and len(said[word]) > 1 and word not in _EDGE]
        candidates = [phrase for phrase in ranked if " " in phrase and len(said[phrase]) > 1][:_N_CANDIDATES]
        for i in np.argsort(-closeness, kind="stable")[:_N_TYPICAL].tolist():
            candidates += [phrase for phrase in _phrases(members[i].quote, self._brands) if " " in phrase]
        free = sorted({phrase for phrase in candidates if phrase.casefold() not in self._taken})
        if not free:
            typical = members[int(np.argmax(closeness))]
            return f"{typical.quote[:40]} ({typical.grievance_id[:6]})", tuple(keywords[:_N_KEYWORDS])
        direction = centroid - _COMMON * self._mean  # what sets this theme apart from all the others
        cosine = embed_texts(free, free) @ direction
        telling = {word: _TELLING / (place + 1) for place, word in enumerate(keywords[:_N_TELLING])}
        score = {
            phrase: float(c)
            + _SAID * log(len(said[phrase]))
            + sum(telling.get(word, 0.0) for word in phrase.split())
            for phrase, c in zip(free, cosine, strict=True)
        }
        label = min(free, key=lambda phrase: (-round(score[phrase], 6), phrase))
        self._taken.add(label.casefold())
        return label, tuple(keywords[:_N_KEYWORDS])

    def _lift(self, phrase: str, people: set[str], members: Sequence[Voice]) -> float:
        """Return how much likelier (in log) a phrase is here than anywhere, times the root of its people."""
        here = len(people) / len({voice.person for voice in members})
        anywhere = len(self._background.get(phrase, people)) / max(self._n_people, 1)
        return float(len(people) ** 0.5 * log(1 + here / anywhere))


def _people_saying(voices: Sequence[Voice], brands: Set[str]) -> dict[str, set[str]]:
    """Return who says each word and phrase."""
    people: defaultdict[str, set[str]] = defaultdict(set)
    for voice in voices:
        for phrase in _phrases(voice.quote, brands):
            people[phrase].add(voice.person)
    return people


def _phrases(text: str, brands: Set[str]) -> Iterator[str]:
    """Yield the words of a text and its runs of 2 to 5 words that begin and end with a telling word."""
    for part in re.split(r"[.,;:!?()\"\n]|\s-\s", text):
        words = _words(part)
        for start, first in enumerate(words):
            if (
                first in _EDGE
                or _spoils(first, brands)
                or first[0] in "$0123456789"
                or _SHORTENED.search(first)
            ):
                continue
            if first not in _SAYS_NO:
                yield first
            for end in range(start + 2, min(start + _LONGEST, len(words)) + 1):
                last = words[end - 1]
                run = words[start:end]
                ends_well = last in _PARTICLES or not (last in _EDGE | _SAYS_NO or last.endswith("n't"))
                if ends_well and not any(_spoils(word, brands) for word in run) and len(set(run)) == len(run):
                    yield " ".join(run)


def _spoils(word: str, brands: Set[str]) -> bool:
    """Tell whether a word has no place in a label: a brand, a blacked-out name, the teller."""
    return word.removesuffix("'s") in brands or word in {"i", "i'm", "i've", "i'd"} or word.startswith("xx")


def _words(text: str) -> list[str]:
    return [word.replace("’", "'") for word in _WORD.findall(text.lower())]

"""Sort grievances into recurring themes that keep their meaning."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import graspologic_native
import numpy as np
import numpy.typing as npt

from nlp.grievance import Theme, Vector, Voice
from nlp.labels import Labeller
from nlp.vectors import embed_texts, unit

# Chosen on Banking77 (NMI .75, B-cubed .48) and on the marks of the demo market (NMI .63, B-cubed .53).
NEIGHBOURS = 10
# What falls apart into groups too small at the first resolution, as a night's few new grievances do, is
# tried at the next.
RESOLUTIONS = (1.5, 0.75)
SEED = 7

# Cosine to a theme's centroid from which a grievance belongs to it: five in six grievances lie nearer to
# their own.
JOINS = 0.42


@dataclass(frozen=True)
class Bar:
    """What a group must have to open a theme: different people, and a mean cosine to its centre."""

    n_people: int
    cohesion: float


# The first sorting of a market takes every group. Later, and for what the first left over, a theme opens
# once enough people say a new thing alike; what has not opened one by then does not when handed in again.
_FIRST = Bar(3, 0.0)
_LATER = Bar(5, 0.6)

_FOUNDING = {"complaint", "wish", "question", "failed_recovery"}
_CHUNK = 2_048

# What was taken out of a text makes it like no other text: "XX/XX/2026", "XXXX", "{$40.00}", "[email]".
_BLACKED_OUT = re.compile(r"\bX{2,}(?:/X{2,})*(?:/\d{2,4})?\b|[{}]|\[(?:email|phone|card|account)\]")


def find_themes(voices: Sequence[Voice], known: Sequence[Theme]) -> tuple[list[Theme], dict[str, str]]:
    """Give grievances a theme: one that is known, or a new one where enough people raise something new.

    Returns all themes, the known ones unchanged and first, and the ``theme_id`` of each grievance that has
    one; what is missing there fits nowhere yet and may be handed in again. The order of ``voices`` does not
    matter.
    """
    voices = sorted(voices, key=lambda voice: voice.grievance_id)
    vectors = embed(voices)
    themes = list(known)
    theme_of = _join(voices, vectors, themes)
    labeller = Labeller(voices, vectors, taken={theme.label for theme in themes})
    bar = _LATER if known else _FIRST
    while (cores := _founders(voices, vectors, _waiting(voices, theme_of), bar)) or bar is _FIRST:
        bar = _LATER
        themes += [_open(voices, vectors, core, labeller) for core in cores]
        rest = [i for i, voice in enumerate(voices) if voice.grievance_id not in theme_of]
        theme_of |= _join([voices[i] for i in rest], vectors[rest], themes)
    return themes, theme_of


def _waiting(voices: Sequence[Voice], theme_of: Mapping[str, str]) -> list[int]:
    return [i for i, v in enumerate(voices) if v.grievance_id not in theme_of and v.kind in _FOUNDING]


def embed(voices: Sequence[Voice]) -> Vector:
    """Return a unit vector a grievance, shape (n, 768), of what is said, whoever it is said of."""
    names = sorted({voice.brand for voice in voices}, key=lambda name: (-len(name), name))
    brand = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, names)) or '(?!)'})(?!\w)", re.IGNORECASE)
    quotes = [brand.sub("they", _BLACKED_OUT.sub(" ", voice.quote)) for voice in voices]
    contexts = [brand.sub("they", _BLACKED_OUT.sub(" ", voice.context)) for voice in voices]
    return embed_texts(quotes, contexts)


def _join(voices: Sequence[Voice], vectors: Vector, themes: Sequence[Theme]) -> dict[str, str]:
    """Return the nearest theme of each grievance that is near enough to one."""
    if not themes or not voices:
        return {}
    centroids = np.stack([theme.centroid for theme in themes])
    joined = {}
    for start in range(0, len(voices), _CHUNK):
        cosine = vectors[start : start + _CHUNK] @ centroids.T
        nearest = cosine.argmax(axis=1)
        for voice, row, theme in zip(voices[start : start + _CHUNK], cosine, nearest, strict=True):
            if row[theme] >= JOINS:
                joined[voice.grievance_id] = themes[theme].theme_id
    return joined


def _founders(voices: Sequence[Voice], vectors: Vector, waiting: list[int], bar: Bar) -> list[list[int]]:
    """Return the groups of waiting grievances that enough people raise, the most people first."""
    cores: list[list[int]] = []
    for resolution in RESOLUTIONS:
        for members in _communities(vectors[waiting], resolution):
            core = _core(vectors, np.array(waiting)[members])
            if core and _clears(bar, voices, vectors, core):
                cores.append(core)
        taken = {i for core in cores for i in core}
        waiting = [i for i in waiting if i not in taken]
    return sorted(cores, key=lambda core: (-len({voices[i].person for i in core}), core[0]))


def _communities(vectors: Vector, resolution: float) -> list[npt.NDArray[np.intp]]:
    """Return groups of rows that are each other's neighbours (Leiden on the graph of nearest neighbours)."""
    n = len(vectors)
    k = min(NEIGHBOURS, n - 1)
    if k < 1:
        return []
    weights: dict[tuple[int, int], float] = {}
    for start in range(0, n, _CHUNK):
        cosine = vectors[start : start + _CHUNK] @ vectors.T
        cosine[np.arange(len(cosine)), np.arange(start, start + len(cosine))] = -1
        for i, nearest in enumerate(np.argpartition(-cosine, k - 1, axis=1)[:, :k], start):
            for j in nearest.tolist():
                weights[min(i, j), max(i, j)] = max(float(cosine[i - start, j]), 0.0)
    edges = [(str(i), str(j), weight) for (i, j), weight in sorted(weights.items()) if weight > 0]
    _, community = graspologic_native.leiden(
        edges=edges,
        starting_communities=None,
        resolution=resolution,
        randomness=0.001,
        iterations=10,
        use_modularity=True,
        seed=SEED,
        trials=10,
    )
    groups: dict[int, list[int]] = {}
    for node in sorted(community, key=int):
        groups.setdefault(community[node], []).append(int(node))
    return [np.array(members) for members in groups.values()]


def _clears(bar: Bar, voices: Sequence[Voice], vectors: Vector, core: list[int]) -> bool:
    centroid = unit(vectors[core].mean(axis=0, keepdims=True))[0]
    cohesion = float((vectors[core] @ centroid).mean())
    return len({voices[i].person for i in core}) >= bar.n_people and cohesion >= bar.cohesion


def _core(vectors: Vector, members: npt.NDArray[np.intp]) -> list[int]:
    """Return the members that lie near enough to the centre of their group, in order."""
    centroid = unit(vectors[members].mean(axis=0, keepdims=True))[0]
    near: list[int] = members[vectors[members] @ centroid >= JOINS].tolist()
    return near


def _open(voices: Sequence[Voice], vectors: Vector, core: list[int], labeller: Labeller) -> Theme:
    centroid = unit(vectors[core].mean(axis=0, keepdims=True))[0]
    ids = "\n".join(voices[i].grievance_id for i in core)
    closeness = vectors[core] @ centroid
    label, keywords = labeller.label([voices[i] for i in core], centroid, closeness)
    return Theme(
        theme_id=hashlib.sha256(ids.encode()).hexdigest()[:12],
        label=label,
        keywords=keywords,
        centroid=centroid,
        cohesion=round(float(closeness.mean()), 4),
    )

"""Define what is read out of posts: Mention, Reading, Grievance and Theme."""

from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

Key = tuple[str, str]
"""(source, source_id) of a post."""

Kind = Literal["complaint", "wish", "question", "switch", "failed_recovery", "win_back"]
Stage = Literal["discover", "choose", "buy", "receive", "set_up", "use", "pay", "get_help", "leave"]
How = Literal["about", "alias", "thread"]
KINDS: tuple[Kind, ...] = get_args(Kind)
STAGES: tuple[Stage, ...] = get_args(Stage)

Vector = npt.NDArray[np.float32]


@dataclass(frozen=True, kw_only=True, slots=True)
class BrandNames:
    """A watched brand as readers need it: its name, aliases and the phrases that only look like it."""

    name: str
    aliases: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Unread:
    """A post that waits to be read.

    ``text`` is exactly ``post.text``. ``brands`` are the watched brands it may concern, the likeliest
    first: the page's own brand, those it names, or those of its thread. ``how`` says where the first comes
    from.
    """

    key: Key
    text: str = field(repr=False)
    brands: tuple[str, ...]
    how: How
    rating: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Grievance:
    """One thing somebody holds against a brand. ``quote == text[quote_start:quote_end]``, in code points.

    ``kind`` is as in ``KINDS``; ``aspect`` is what it is about and ``problem`` what is wrong with it;
    ``intensity`` runs from 0 (mild) to 1 (hate). Whatever the text does not say is ``None``.
    """

    brand: str
    kind: Kind
    quote: str
    quote_start: int
    quote_end: int
    intensity: float
    aspect: str | None = None
    problem: str | None = None
    expected: str | None = None
    touchpoint: str | None = None
    stage: Stage | None = None
    switch_to: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """What a post says as a whole, and its grievances in order of place.

    ``complaint_score`` and ``intensity`` run from 0 to 1. A post in a language that is not read has a
    ``lang`` other than ``"en"``, a ``complaint_score`` of ``None`` and no grievances.
    """

    lang: str
    complaint_score: float | None
    is_complaint: bool
    intensity: float | None
    is_sarcastic: bool = False
    grievances: tuple[Grievance, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Voice:
    """A grievance as the theme step hears it: its words, and the person behind them.

    ``person`` is the author key, or the post's own key where the author is unknown; of a copy, the person of
    its original. ``context`` is the title of its post and the quote with what stands around it.
    """

    grievance_id: str
    person: str
    brand: str
    kind: Kind
    quote: str
    context: str
    aspect: str | None
    problem: str | None


@dataclass(frozen=True, kw_only=True)
class Theme:
    """A recurring grievance. ``theme_id`` never changes its meaning; ``centroid`` is a unit vector, float32.

    ``cohesion`` is the mean cosine of its founding members to the centroid, 0 to 1.
    """

    theme_id: str
    label: str
    keywords: tuple[str, ...]
    centroid: Vector = field(repr=False, compare=False)
    cohesion: float
    parent_id: str | None = None

"""Rename themes whose label only a deleted post had the words for, and drop such keywords."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import datetime

import duckdb

NOTHING_LEFT = "(nothing left)"
LONGEST = 6
"""Words of a label."""


def relabel(con: duckdb.DuckDBPyConnection, *, now: datetime) -> None:
    """Rename the themes that ``load_landing`` found to lose members through a deletion, where need be.

    A theme that nobody was left in gets a name again once somebody is.

    Words that expired (``[retention]`` of the watchlist) are no reason to rename: a label of a few words,
    with no author and no address to it, is a finding like a count, and what keeps its text two days would
    else have themes without a name.
    """
    lost: defaultdict[str, list[str]] = defaultdict(list)
    for theme_id, quote in con.execute("from bereft").fetchall():
        lost[theme_id].append(_normalised(quote))
    concerned = con.execute(CONCERNED, {"nothing_left": NOTHING_LEFT}).fetchall()
    labels = dict(con.execute("select theme_id, label from theme_definition").fetchall())
    n_changed = 0
    for theme_id, label, keywords in concerned:
        members = con.execute(MEMBERS, [theme_id]).fetchall()
        said = [_normalised(quote) for quote, _problem, _aspect in members if quote]
        gone = lost[theme_id] if len(said) < len(members) else None
        taken = {other.casefold() for id_, other in labels.items() if id_ != theme_id}
        kept = [word for word in keywords if _may_stay(word, said, gone)]
        if label.startswith(NOTHING_LEFT) or not _may_stay(label, said, gone):
            labels[theme_id] = _new_label(theme_id, members, taken)
        if (labels[theme_id], kept) != (label, keywords):
            n_changed += 1
            con.execute(
                "update theme_definition set label = ?, keywords = ? where theme_id = ?",
                [labels[theme_id], kept, theme_id],
            )
    if n_changed:
        con.execute(
            "insert into audit values (?, 'theme_definition', 'deleted at its source', null, ?)",
            [now, n_changed],
        )


def _new_label(
    theme_id: str, members: list[tuple[str, str | None, str | None]], taken: Collection[str]
) -> str:
    candidates = [candidate for member in members for candidate in _candidates(*member)]
    free = (candidate for candidate in candidates if candidate.casefold() not in taken)
    first = candidates[0] if candidates else NOTHING_LEFT
    return next(free, f"{first} {theme_id[:6]}")


def _candidates(quote: str, problem: str | None, aspect: str | None) -> Iterator[str]:
    for words in (problem, aspect, quote):
        if words and words.strip():
            yield " ".join(words.split()[:LONGEST])


def _normalised(text: str) -> str:
    """Return the words of a text in small letters, a space around each: labels carry no punctuation."""
    words = re.findall(r"[^\W_]+", text.casefold())
    return f" {' '.join(words)} "


def _may_stay(words: str, said: Collection[str], gone: Collection[str] | None) -> bool:
    """Tell whether a member bears the words out, or an expired one may have and no deleted one is known to.

    ``gone`` is what the deleted ones said, ``None`` where no member has expired.
    """
    return _occurs(words, said) or (gone is not None and not _occurs(words, gone))


def _occurs(words: str, said: Collection[str]) -> bool:
    return any(_normalised(words) in quote for quote in said)


CONCERNED = """
select theme_id, label, keywords
from theme_definition
where theme_id in (select theme_id from bereft) or starts_with(label, $nothing_left)
order by theme_id
"""

MEMBERS = """
select quote, problem, aspect from grievance where theme_id = ? order by grievance_id
"""

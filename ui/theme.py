"""Draw one theme of a ranking: a row that opens onto what is behind it."""

from typing import Any

import streamlit as st

from ui import data
from ui.filters import Chosen
from ui.quote import as_html
from ui.ranking import interval, notes, pace, people, rows
from ui.safe import as_label

N_QUOTES, N_ALL_QUOTES = 10, 1000
GAP_COLOURS = {"fix": "orange", "steal": "blue", "category": "violet"}


def show_theme(chosen: Chosen, row: Any) -> None:
    """Draw the row; what is behind it is asked for once it is open. The address remembers which are."""
    head = f"**{row.rank}. {as_label(row.label)}** · {people(row.n_detractors)} · {interval(row)}"
    theme = st.expander(f"{head} {badges(row)}", key=f"theme-{row.theme_id}", bind="query-params")
    if theme.open:
        with theme:
            show_parts(row)
            show_brands(chosen, row.theme_id)
            show_quotes(chosen, row)


def badges(row: Any) -> str:
    """Return the marks of a row: its gap, too few people, new, rising."""
    gap = [f":{GAP_COLOURS[row.gap]}-badge[{row.gap}]"] if row.gap in GAP_COLOURS else []
    return " ".join(gap + [f":gray-badge[{note}]" for note in notes(row)])


def show_parts(row: Any) -> None:
    """Draw what the opportunity is made of, and the signals beside it."""
    parts = [
        f"Importance {row.importance:.1f} of 10",
        f"satisfaction {row.satisfaction:.1f} of 10",
        f"{row.n_posts:,} posts in {row.n_sources} source{'s' if row.n_sources > 1 else ''}",
        f"first seen {row.first_seen_at:%-d %B %Y}",
    ]
    if pace(row):
        parts.append(f"{pace(row)} the rate of the period before")
    signals = {
        "wish for something": row.n_wishes,
        "leave or threaten to": row.n_switches,
        "got an answer that made it worse": row.n_failed_recoveries,
        "say what would win them back": row.n_win_backs,
    }
    st.caption(" · ".join(parts + [f"{n:,} {what}" for what, n in signals.items() if n]))


def show_brands(chosen: Chosen, theme_id: str) -> None:
    """Draw how much each brand suffers from the theme."""
    rates = data.rivals(chosen.edition, theme_id)
    if len(rates) > 1:
        said = (
            f"**{as_label(row.brand)}** {people(row.n_detractors)}, "
            f"{row.rate:.0f} ({row.rate_low:.0f}–{row.rate_high:.0f})"
            for row in rows(rates)
        )
        st.markdown(" · ".join(said) + " per 1,000 mentions in the watchlist's period")


def show_quotes(chosen: Chosen, row: Any) -> None:
    """Draw the words behind the theme, the strongest first."""
    is_all = row.n_posts > N_QUOTES and st.toggle("Every quote", key=f"every-{row.theme_id}")
    limit = N_ALL_QUOTES if is_all else N_QUOTES
    quotes = data.quotes(chosen.edition, row.theme_id, chosen.brand, limit, chosen.since)
    st.html("".join(as_html(quote) for quote in rows(quotes)))

"""What do they hate most? The ranking of a brand, each theme opening onto its words; its rivals beside it."""

import streamlit as st

from ui import data
from ui.charts import opportunity_chart
from ui.filters import Chosen
from ui.ranking import interval, people, rows
from ui.safe import as_label
from ui.theme import GAP_COLOURS, show_theme

N_FIRST, N_BESIDE = 10, 5


def show_ranking(chosen: Chosen) -> None:
    """Draw the themes of the chosen brand, best opportunity first."""
    ranking = data.themes(chosen.edition, chosen.brand, chosen.since)
    if ranking.empty:
        st.info("Too few people complain in this period to make a theme of it.")
        return
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.caption("People who raise it · opportunity from 0 to 20, with its 90 % interval")
        themes = st.container()
        is_all = len(ranking) > N_FIRST and st.toggle(
            f"All {len(ranking)} themes", key="all", bind="query-params"
        )
        with themes:
            for row in rows(ranking if is_all else ranking.head(N_FIRST)):
                show_theme(chosen, row)
    with right:
        st.altair_chart(opportunity_chart(ranking.head(N_FIRST)))
        show_legend(as_label(data.brands(chosen.edition)["brand"][0]))


def show_legend(us: str) -> None:
    """Draw what the marks mean; a gap is always seen from our own brand."""
    meanings = {
        "fix": f"hated at {us}, not at its rivals",
        "steal": f"hated at rivals, not at {us}",
        "category": "hated everywhere: the best source of ideas",
    }
    lines = [f":{GAP_COLOURS[gap]}-badge[{gap}] {meaning}" for gap, meaning in meanings.items()]
    st.caption("  \n".join([*lines, ":gray-badge[hint] fewer than five people"]))


def show_beside(chosen: Chosen) -> None:
    """Draw the first themes of every brand side by side."""
    brands = list(data.brands(chosen.edition)["brand"])
    if len(brands) < 2:
        return
    st.subheader("Side by side", anchor=False)
    for brand, column in zip(brands, st.columns(len(brands), border=True), strict=True):
        best = data.themes(chosen.edition, brand, chosen.since).head(N_BESIDE)
        lines = (
            f"{row.rank}. {as_label(row.label)}  \n:small[{people(row.n_detractors)} · {interval(row)}]"
            for row in rows(best)
        )
        column.markdown(f"**{as_label(brand)}**")
        column.markdown("\n".join(lines) or "Too few people complain.")


chosen: Chosen = st.session_state.chosen
show_ranking(chosen)
show_beside(chosen)

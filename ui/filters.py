"""The choices that every page shares: which brand, which period. They live in the address."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import streamlit as st

from ui import data
from ui.data import Edition
from ui.ranking import newest

PERIODS = {"The watchlist's period": None, **{f"Last {weeks} weeks": weeks for weeks in (4, 13, 26, 52)}}
"""How far back to look from the newest post, in weeks. The address holds the words."""


@dataclass(frozen=True)
class Chosen:
    """What the filters are set to."""

    edition: Edition
    brand: str
    since: datetime | None


def choose(edition: Edition) -> Chosen:
    """Draw the filters and return what they are set to."""
    brands = list(data.brands(edition)["brand"])
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        brand = st.segmented_control(
            "Brand", brands, default=brands[0], required=True, key="brand", bind="query-params"
        )
        period = st.selectbox("Period", list(PERIODS), key="period", bind="query-params", width=220)
    weeks = PERIODS[period]
    until = newest(data.summary(edition))
    return Chosen(edition, brand, until - timedelta(weeks=weeks) if weeks else None)

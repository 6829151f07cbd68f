"""Cached doors to the warehouse's queries; a new publication is a new cache key."""

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from warehouse import queries
from warehouse.connection import database_path, reading


@dataclass(frozen=True)
class Edition:
    """One publication of the warehouse: the data folder, and when its file was replaced."""

    data: Path
    mtime_ns: int


def latest() -> Edition | None:
    """Return what is published in ``HATEMINE_DATA`` now, if anything."""
    data = Path(os.environ.get("HATEMINE_DATA") or "data")
    try:
        return Edition(data, database_path(data).stat().st_mtime_ns)
    except FileNotFoundError:
        return None


@st.cache_data(max_entries=4, show_spinner=False)
def summary(edition: Edition) -> dict[str, Any]:
    """Return what the warehouse holds as a whole."""
    with reading(edition.data) as con:
        return dict(queries.summary(con))


@st.cache_data(max_entries=4, show_spinner=False)
def brands(edition: Edition) -> pd.DataFrame:
    """Return the watched brands, ours first."""
    with reading(edition.data) as con:
        return queries.brands(con)


@st.cache_data(max_entries=100, show_spinner=False)
def themes(edition: Edition, brand: str, since: datetime | None) -> pd.DataFrame:
    """Return a brand's ranking."""
    with reading(edition.data) as con:
        return queries.themes(con, brand, since=since)


@st.cache_data(max_entries=200, show_spinner=False)
def quotes(edition: Edition, theme_id: str, brand: str, limit: int, since: datetime | None) -> pd.DataFrame:
    """Return the words behind a theme."""
    with reading(edition.data) as con:
        return queries.quotes(con, theme_id, brand, limit, since=since)


@st.cache_data(max_entries=200, show_spinner=False)
def rivals(edition: Edition, theme_id: str) -> pd.DataFrame:
    """Return how often each brand is blamed for a theme."""
    with reading(edition.data) as con:
        return queries.rivals(con, theme_id)

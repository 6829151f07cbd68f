"""The app's frame: the pages, and the filters that all of them share."""

from pathlib import Path

import streamlit as st

from ui import data
from ui.filters import choose
from ui.quote import STYLE
from ui.ranking import held

ICON = Path(__file__).with_name("icon.svg")  # Streamlit would fetch an icon by name from elsewhere

page = st.navigation([st.Page("app_pages/ranking.py", title="What do they hate most?", default=True)])
st.set_page_config(page_title=f"{page.title} · hatemine", page_icon=str(ICON), layout="wide")
st.html(STYLE)
st.title(page.title, anchor=False)

edition = data.latest()
if edition is None:
    st.info(
        "Nothing is published here yet. Crawl or import posts, then run `hatemine refresh`; "
        "or try `hatemine demo`."
    )
    st.stop()

st.caption(held(data.summary(edition)))
st.session_state.chosen = choose(edition)
page.run()

"""Show a grievance inside the words around it, as HTML in which nothing of a post is markup."""

import re
from html import escape
from typing import Any

import pandas as pd

from ui.safe import as_link, visible

AROUND = 220
"""Characters of a post shown on either side of the grievance."""

STYLE = """<style>
.stMainBlockContainer { padding-top: 3rem; }
.quote { margin: 0 0 .9rem; padding-left: .8rem; border-left: 3px solid rgba(128, 128, 128, .35); }
.quote { overflow-wrap: anywhere; }
.quote p { margin: 0 0 .15rem; line-height: 1.5; }
.quote mark { background: rgba(240, 160, 30, .35); color: inherit; border-radius: 2px; padding: 0 .1em; }
.quote footer { font-size: .85rem; opacity: .75; }
</style>"""


def context(text: str, start: int, end: int, *, around: int = AROUND) -> tuple[str, str, str]:
    """Return what stands before the grievance, the grievance, and what stands after, cut between words."""
    before, after = text[:start], text[end:]
    if len(before) > around:
        before = "… " + before[-around:].partition(" ")[2]
    if len(after) > around:
        after = after[:around].rpartition(" ")[0] + " …"
    return before, text[start:end], after


def as_html(row: Any) -> str:
    """Return one quote: the grievance marked in its context, then where, when and with how many stars."""
    before, grievance, after = map(_inert, context(row.text, row.quote_start, row.quote_end))
    facts = [row.source]
    if pd.notna(row.posted_at):
        facts.append(f"{row.posted_at:%-d %B %Y}")
    if pd.notna(row.rating):
        facts.append(f"{row.rating:g} of 5 stars")
    facts = [_inert(fact) for fact in facts]
    if link := as_link(row.url):
        facts.append(f'<a href="{escape(link)}" target="_blank" rel="noopener noreferrer">read it there</a>')
    return (
        f'<blockquote class="quote"><p>{before}<mark>{grievance}</mark>{after}</p>'
        f"<footer>{' · '.join(facts)}</footer></blockquote>"
    )


def _inert(text: str) -> str:
    return re.sub(r"\s*\n\s*", "<br>", escape(visible(text)))

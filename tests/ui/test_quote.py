from types import SimpleNamespace

import pandas as pd
import pytest

from ui.quote import as_html, context

TEXT = "I like the app. " * 30 + "They froze my account. " + "Please help. " * 40


def row(**changes):
    start = TEXT.index("They")
    fields = {
        "text": TEXT,
        "quote_start": start,
        "quote_end": start + len("They froze my account"),
        "source": "forum",
        "posted_at": pd.Timestamp("2026-05-08T10:00Z"),
        "rating": 1.0,
        "url": "https://forum.example/1?a=1&b=2",
    }
    return SimpleNamespace(**{**fields, **changes})


def test_context_is_cut_between_words_and_keeps_the_quote_whole():
    before, grievance, after = context(TEXT, row().quote_start, row().quote_end)
    assert grievance == "They froze my account"
    assert before.startswith("… ")
    assert before.endswith("app. ")
    assert after.startswith(". Please")
    assert after.endswith(" …")
    assert before[2:] + grievance + after[:-2] in TEXT


def test_short_text_is_shown_whole():
    assert context("Too slow. Bye.", 0, 8) == ("", "Too slow", ". Bye.")


def test_html_marks_the_grievance_and_says_where_and_when():
    html = as_html(row())
    assert "<mark>They froze my account</mark>" in html
    assert "forum · 8 May 2026 · 1 of 5 stars" in html
    assert '<a href="https://forum.example/1?a=1&amp;b=2" target="_blank" rel="noopener noreferrer">' in html


def test_html_leaves_out_what_is_unknown():
    html = as_html(row(posted_at=pd.NaT, rating=float("nan"), url=None))
    assert "<footer>forum</footer>" in html


@pytest.mark.parametrize("url", ["javascript:alert(1)", 'https://x.example/"onmouseover="alert(1)'])
def test_html_has_no_link_that_does_something_else(url):
    html = as_html(row(url=url))
    assert "javascript" not in html
    assert '"onmouseover' not in html


def test_nothing_of_a_post_is_markup():
    text = "<script>alert(1)</script><img src=x onerror=alert(2)> & </mark>"
    html = as_html(row(text=text, quote_start=0, quote_end=len(text), source="<b>"))
    assert "<script" not in html
    assert "<img" not in html
    assert html.count("</mark>") == 1
    assert "&lt;b&gt;" in html

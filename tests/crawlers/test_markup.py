import time

import pytest

from crawlers.markup import plain


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One.<p>Two &amp; <i>three</i>.", "One.\n\nTwo & three."),
        ("<p>One.</p><p>Two.</p>", "One.\n\nTwo."),
        ("One.<br>Two.<br/>Three.", "One.\nTwo.\nThree."),
        ("<ul><li>a<li>b</ul>", "a\nb"),
        (
            'see <a href="https:&#x2F;&#x2F;a.example" rel="nofollow">https:&#x2F;&#x2F;a.example</a>',
            "see https://a.example",
        ),
        ("I <3 it, a < b and c > d", "I <3 it, a < b and c > d"),
        ("n&#039;ai pas", "n'ai pas"),
        ("a &lt;b&gt; c", "a <b> c"),
    ],
)
def test_markup_goes_and_words_stay(text, expected):
    assert plain(text) == expected


@pytest.mark.parametrize("text", [" " * 300_000, "<p " * 100_000, "<br" * 100_000, "<li> " * 60_000])
def test_hostile_text_takes_no_longer_than_any_other(text):
    started = time.process_time()
    plain(text)
    assert time.process_time() - started < 5, "a quadratic pattern takes minutes"

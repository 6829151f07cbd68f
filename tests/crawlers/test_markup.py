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

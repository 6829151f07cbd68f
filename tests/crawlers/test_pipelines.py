from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from crawlers.pipelines import Refused, check, pseudonymise, redact, tidy
from crawlers.post import Post

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
KEY = b"a key for tests"
POST = Post(source="forum", source_id="1", text="The lid broke.", author="Ada L.", fetched_at=NOW)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  a \t b \u00a0 c  ", "a b c"),
        ("a\r\nb\rc\u2028d\u0085e", "a\nb\nc\nd\ne"),
        ("a \n\n \n\n\n b", "a\n\nb"),
        ("lost\u200b lug\u00adgage\x00\x07", "lost luggage"),
        ("cafe\u0301", "café"),
        ("👩\u200d🔧 ok", "👩\u200d🔧 ok"),
        ("half \ud83d of a pair", "half \N{REPLACEMENT CHARACTER} of a pair"),
    ],
)
def test_tidy_cleans_spaces_and_letters(text, expected):
    assert tidy(replace(POST, text=text)).text == expected


@pytest.mark.parametrize(
    ("title", "text", "expected"),
    [
        ("Broken lid", "It broke on day two.", "Broken lid\nIt broke on day two."),
        ("Broken lid", "", "Broken lid"),
        ("broken LID", "Broken lid on day two.", "Broken lid on day two."),
        ("Broken lid on…", "Broken lid on day two.", "Broken lid on day two."),
        ("Broken\nlid", "Day two.", "Broken lid\nDay two."),
        (" ", "Day two.", "Day two."),
        (None, "Day two.", "Day two."),
    ],
)
def test_tidy_puts_the_title_at_the_head_unless_the_body_repeats_it(title, text, expected):
    post = tidy(replace(POST, title=title, text=text))
    assert post.text == expected
    assert tidy(post) == post


def test_tidy_leaves_nothing_of_a_deleted_post():
    post = tidy(replace(POST, title="Broken lid", text="[deleted]", is_deleted=True))
    assert (post.text, post.title) == ("", None)


def test_redact_reads_text_title_and_address():
    post = redact(
        replace(
            POST,
            text="mail a@b.example",
            title="call 212-555-0123",
            url="https://shop.example/?mail=a@b.example",
        )
    )
    assert (post.text, post.title) == ("mail [email]", "call [phone]")
    assert post.url == "https://shop.example/?mail=[email]"


def test_pseudonymise_hides_the_author_and_knows_them_again():
    post = pseudonymise(POST, KEY)
    assert post.author is None
    assert post.author_key == pseudonymise(replace(POST, source_id="2"), KEY).author_key
    assert len(post.author_key) == 32
    others = [
        pseudonymise(POST, b"another key"),
        pseudonymise(replace(POST, author="Ada"), KEY),
        pseudonymise(replace(POST, source="reviews"), KEY),
    ]
    assert post.author_key not in {other.author_key for other in others}
    assert "Ada" not in post.to_json()
    assert pseudonymise(replace(POST, author=None), KEY).author_key is None


def test_check_passes_what_is_fit_to_keep():
    post = pseudonymise(replace(POST, posted_at=NOW, rating=5), KEY)
    assert check(post, NOW) is post
    deleted = replace(post, text="", is_deleted=True)
    assert check(deleted, NOW) is deleted


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"source_id": ""}, "no source_id"),
        ({"text": ""}, "no text"),
        ({"posted_at": datetime(2026, 1, 1)}, "a time without a zone"),
        ({"posted_at": NOW + timedelta(days=3)}, "posted in the future"),
        ({"rating": 0.0}, "a rating outside 1 to 5"),
        ({"rating": 10.0}, "a rating outside 1 to 5"),
        ({"rating": float("nan")}, "a rating outside 1 to 5"),
        ({"author": "Ada"}, "an author's name"),
    ],
)
def test_check_refuses_with_a_reason(change, reason):
    with pytest.raises(Refused, match=f"^{reason}$"):
        check(replace(pseudonymise(POST, KEY), **change), NOW)


def test_check_takes_any_date_where_the_clock_does_not_count():
    post = pseudonymise(replace(POST, posted_at=NOW), KEY)
    assert check(post, datetime.max.replace(tzinfo=UTC)) is post


@pytest.mark.parametrize(
    ("author", "text", "expected"),
    [
        ("Jane Doe", "I am done. Regards, Jane  Doe", "I am done. Regards, [name]"),
        ("jane doe", "Jane Doe's card was charged. JANE DOE", "[name]'s card was charged. [name]"),
        ("R. Villanueva", "Yours, R. Villanueva.", "Yours, [name]."),
        ("kettle_fan9", "It is me, Kettle_Fan9!", "It is me, [name]!"),
        ("JaneDoe", "JaneDoe here, not JaneDoeson", "[name] here, not JaneDoeson"),
        ("Not Happy", "I am not happy.", "I am not happy."),
        ("happy", "I am happy.", "I am happy."),
        ("kettle", "My kettle leaks.", "My kettle leaks."),
        ("Chase", "Chase closed my account.", "Chase closed my account."),
        ("Amazon Customer", "As an Amazon Customer I am cross.", "As an Amazon Customer I am cross."),
        ("a_b", "a_b is short", "a_b is short"),
        ("10000", "I lost 10000 dollars", "I lost 10000 dollars"),
    ],
)
def test_redact_hides_the_author_s_own_name_and_no_plain_word(author, text, expected):
    assert redact(tidy(replace(POST, text=text, author=author))).text == expected


def test_redact_hides_names_in_titles_and_numbers_in_communities():
    post = redact(
        tidy(replace(POST, title="Review by Jane Doe", author="Jane Doe", community="jo@mail.example"))
    )
    assert (post.title, post.community) == ("Review by [name]", "[email]")
    assert "Jane" not in post.to_json()

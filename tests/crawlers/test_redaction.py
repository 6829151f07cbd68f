import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawlers.redaction import redacted, redacted_url


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("write me: jane.doe+x@mail.example.org now", "write me: [email] now"),
        ("jane (at) example (dot) com", "[email]"),
        ("thanks u/some_body and /u/other-one", "thanks [user] and [user]"),
        ("call 212-555-0123 or (212) 555 0199", "call [phone] or [phone]"),
        ("call 555-0134 today", "call [phone] today"),
        ("+44 20 7946 0958 is my number", "[phone] is my number"),
        ("reach me at +1 (415) 555-2671.", "reach me at [phone]."),
        ("ring 020 7946 0958 or 0171 1234567", "ring [phone] or [phone]"),
        ("my card 4111 1111 1111 1111 was declined", "my card [card] was declined"),
        ("5500005555555559", "[card]"),
        ("3782-822463-10005 expired", "[card] expired"),
        ("DE89 3704 0044 0532 0130 00", "[account]"),
        ("GB29NWBK60161331926819", "[account]"),
        ("ssn 123-45-6789", "ssn [account]"),
        ("my account number is 4417223190", "my account number is [account]"),
        ("acct #12345678 closed", "acct #[account] closed"),
        ("routing 021000021", "routing [account]"),
        ("they asked for 123456789012", "they asked for [account]"),
    ],
)
def test_what_identifies_people_goes(text, expected):
    assert redacted(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "order 112-1234567-1234567 is late",
        "order #5551234567",
        "ticket no. 2125550123, case 240815123456",
        "tracking 9400110200881234567890",
        "version 10.0.19045.3803 and 6.0.1",
        "flight NW 1234 on 2026-11-22 14:45:00",
        "opened an account 2026-05-18",
        "$1,234,567.89 and {$2800.00} and 1 000 000 000",
        "from 2019-2021, 12/05/2024 10:30, 9 am - 5 pm",
        "the years 2026 2027 2028",
        "192.168.100.200",
        "I paid 1200 on 12-05-2026",
        "1000000000 users",
        "iphone 13, 24/7, 5 to 10 days, 100-2000",
        "@tallowbank @ Northwind, r/flights",
        "https://x.example/p/1234567890123456789",
        "XXXX XXXX XX/XX/2026",
    ],
)
def test_what_complaints_are_made_of_stays(text):
    assert redacted(text) == text


def test_a_number_that_fails_its_check_digit_is_no_card():
    assert "[card]" not in redacted("4111 1111 1111 1112")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.example/p/1234567890123456789", "https://a.example/p/1234567890123456789"),
        ("https://a.example/?mail=jane%40b.example&x=1", "https://a.example/?mail=[email]&x=1"),
        ("https://a.example/?phone=+12125550123", "https://a.example/?phone=[phone]"),
        ("https://a.example/pay/4111111111111111", "https://a.example/pay/[card]"),
        ("https://www.reddit.com/user/some_body/comments/abc", "https://www.reddit.com/[user]/comments/abc"),
    ],
)
def test_addresses_keep_ids_of_pages_only(url, expected):
    assert redacted_url(url) == expected
    assert redacted(f"see {url} there") == f"see {expected} there"


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from("0123456789 -+().@a.b/u:#"), max_size=60))
def test_twice_is_once(text):
    assert redacted(redacted(text)) == redacted(text)


@pytest.mark.parametrize(
    "text",
    ["a" * 200_000 + " @", "a" * 200_000 + " (x)", "+(" * 100_000 + "1", "." * 200_000 + "@", "1 " * 100_000],
)
def test_hostile_text_takes_no_longer_than_any_other(text):
    started = time.process_time()
    redacted(text)
    assert time.process_time() - started < 5, "a quadratic pattern takes minutes"

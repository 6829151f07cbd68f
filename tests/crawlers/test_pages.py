"""Pages are read in the encoding they are in, and errors name the address that was asked for."""

import pytest
from scrapy.http import HtmlResponse, Request, TextResponse

from crawlers.spider import MAX_ADDRESS, address_of, page_of

TEXT = "Der Kessel läuft aus – schade, 5 €"


def html(body: bytes, said: str) -> TextResponse:
    headers = {"Content-Type": f"text/html{said}"}
    return HtmlResponse("https://tea.example/", body=b"<html><p>" + body + b"</p></html>", headers=headers)


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("utf-8", "; charset=utf-8"),
        ("utf-8", "; charset=iso-8859-1"),
        ("utf-8", ""),
        ("cp1252", "; charset=utf-8"),
        ("cp1252", "; charset=iso-8859-1"),
    ],
)
def test_a_page_is_read_in_the_encoding_it_is_in_whatever_it_says(encoding, said):
    assert page_of(html(TEXT.encode(encoding), said)).css("p::text").get() == TEXT


def test_bytes_of_windows_amid_utf_8_cost_nothing():
    body = TEXT.encode() + " – né".encode("cp1252")
    assert page_of(html(body, "; charset=utf-8")).css("p::text").get() == f"{TEXT} – né"


def test_an_encoding_of_elsewhere_is_kept():
    response = HtmlResponse("https://tea.example/", body="お茶".encode("shift_jis"), encoding="shift_jis")
    assert page_of(response).text == "お茶"


def test_an_error_names_what_was_asked_for_and_where_it_led_to():
    request = Request("https://tea.example/b", meta={"redirect_urls": ["https://tea.example/a", "x"]})
    assert address_of(request) == "https://tea.example/a (led to https://tea.example/b)"
    assert address_of(Request("https://tea.example/a")) == "https://tea.example/a"
    long = address_of(Request("https://tea.example/?q=" + "a" * 5000))
    assert len(long) == MAX_ADDRESS + 1

"""Crawls stay in the public internet, whatever a watchlist, a page, a redirect or a name server says."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from scrapy.http import Request
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.error import DNSLookupError

from crawlers.addresses import PublicOnly, is_public
from crawlers.spider import Refusal

PRIVATE = [
    "127.0.0.1",
    "127.9.9.9",
    "0.0.0.0",  # noqa: S104 # that is the point
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",  # where clouds keep credentials
    "100.64.0.1",  # behind a carrier's NAT
    "192.0.2.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fe80::1",
    "fe80::1%eth0",
    "fd00:ec2::254",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:10.0.0.1",
    "::127.0.0.1",
    "64:ff9b::7f00:1",  # 127.0.0.1 behind NAT64
    "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::",  # 127.0.0.1 through 6to4
    "2002:a9fe:a9fe::1",
    "2001:db8::1",
    "2001:0:5db8:d822::80ff:fffe",  # 127.0.0.1 through Teredo
]
PUBLIC = [
    "93.184.216.34",
    "8.8.8.8",
    "100.63.255.255",
    "2606:2800:220:1::1",
    "::ffff:93.184.216.34",
    "64:ff9b::5db8:d822",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_loopback_link_local_and_private_addresses_are_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_others_are(address):
    assert is_public(address)


class Names:
    """A name server for tests, which notes what it was asked."""

    def __init__(self, **addresses: str) -> None:
        self.addresses = {name.replace("_", "."): address for name, address in addresses.items()}
        self.asked: list[str] = []

    def __call__(self, host: str) -> Deferred[str]:
        self.asked.append(host)
        address = self.addresses.get(host)
        return succeed(address) if address else fail(DNSLookupError(host))


@pytest.fixture
def allowed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., bool]:
    """Tell whether a request passes."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)

    def ask(url: str, names: Any = None, *, is_private_allowed: bool = False) -> bool:
        guard = PublicOnly(names or Names(), is_private_allowed=is_private_allowed)
        try:
            asyncio.run(guard.process_request(Request(url)))
        except Refusal:
            return False
        return True

    return ask


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "https://127.0.0.1:8443/admin",
        "http://user:secret@127.0.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/",
        "http://[::ffff:10.0.0.1]/",
        "http://[fe80::1%25eth0]/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0177.0.0.1/",
        "http://127.1/",
        "http://0/",
        "http://127.0.0.1./",
        "http://①②⑦.⓪.⓪.①/",
    ],
)
def test_a_private_address_is_refused_however_it_is_written(allowed, url):
    # What is no address in four parts is for the resolver to read, which reads it as inet_aton does.
    names = Names()
    names.addresses = dict.fromkeys(
        ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0", "127.0.0.1.", "①②⑦.⓪.⓪.①"], "127.0.0.1"
    )
    assert not allowed(url, names)


def test_a_name_is_refused_for_the_address_behind_it_and_a_public_one_is_not(allowed):
    names = Names(intra_example="10.1.2.3", shop_example="93.184.216.34", six_example="::1")
    assert not allowed("https://intra.example/", names)
    assert not allowed("https://six.example/", names)
    assert allowed("https://shop.example/", names)
    assert names.asked == ["intra.example", "six.example", "shop.example"]


def test_a_name_is_looked_up_once_by_host(allowed):
    names = Names(shop_example="93.184.216.34")
    guard = PublicOnly(names, is_private_allowed=False)
    for path in ("1", "2"):
        asyncio.run(guard.process_request(Request(f"https://shop.example/{path}")))
    assert names.asked == ["shop.example"]


def test_a_name_that_nobody_knows_is_left_to_the_download_to_tell(allowed):
    assert allowed("https://nowhere.example/")


def test_a_setting_allows_them(allowed):
    assert allowed("http://127.0.0.1/", is_private_allowed=True)


def test_behind_a_proxy_names_are_the_proxy_s_and_addresses_are_refused(allowed, monkeypatch):
    names = Names(intra_example="10.1.2.3")
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    assert allowed("https://intra.example/", names)
    assert names.asked == []
    assert not allowed("http://10.1.2.3/", names)


def test_where_the_proxy_is_passed_by_names_are_looked_up(allowed, monkeypatch):
    names = Names(intra_example="10.1.2.3")
    monkeypatch.setenv("no_proxy", "intra.example")
    assert not allowed("https://intra.example/", names), "no proxy at all"
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    assert not allowed("https://intra.example/", names), "none for this host"
    monkeypatch.setenv("no_proxy", "")
    assert not allowed("http://intra.example/", names), "none for this scheme"


def test_the_refusal_says_where_it_leads_and_what_allows_it():
    guard = PublicOnly(Names(intra_example="10.1.2.3"), is_private_allowed=False)
    with pytest.raises(Refusal, match=r"intra\.example \(10\.1\.2\.3\).*HATEMINE_ALLOW_PRIVATE=1"):
        asyncio.run(guard.process_request(Request("https://intra.example/")))

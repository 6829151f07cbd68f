"""Keep crawls out of private networks, wherever a watchlist, a page or a redirect leads."""

import ipaddress
from collections.abc import Callable
from typing import Any, Self, cast
from urllib.request import getproxies, proxy_bypass

from scrapy.crawler import Crawler
from scrapy.http import Request
from scrapy.utils.defer import maybe_deferred_to_future
from scrapy.utils.httpobj import urlparse_cached
from twisted.internet.error import DNSLookupError

from crawlers.spider import Refusal

# Where the last 32 bits are an address of IPv4: of gateways (RFC 6052), and of before there were such.
_WITH_IPV4 = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("::/96"))


class PublicOnly:
    """Refuses hosts whose address is not public, unless ``HATEMINE_ALLOW_PRIVATE`` says otherwise.

    A host is looked up by the resolver that the download asks next; that keeps its answers until the process
    ends (``DNSCACHE_ENABLED``), so a name cannot lead elsewhere by then.
    """

    def __init__(self, resolve: Callable[[str], Any], *, is_private_allowed: bool) -> None:
        self.resolve = resolve
        self.is_private_allowed = is_private_allowed
        self.proxies = getproxies()
        self.public: set[str] = set()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build the middleware."""
        from twisted.internet import reactor  # Scrapy installs it first

        return cls(
            cast("Any", reactor).resolve,
            is_private_allowed=crawler.settings.getbool("HATEMINE_ALLOW_PRIVATE"),
        )

    async def process_request(self, request: Request) -> None:
        """Refuse a request into a private network."""
        url = urlparse_cached(request)
        host = url.hostname or ""
        if self.is_private_allowed or host in self.public:
            return
        # As HttpProxyMiddleware decides it; then it is the proxy that looks names up.
        is_proxied = url.scheme in self.proxies and not proxy_bypass(host)
        address = await self._address(host, is_proxied=is_proxied)
        if address is not None and not is_public(address):
            where = host if host == address else f"{host} ({address})"
            raise Refusal(f"{where} is no public address; HATEMINE_ALLOW_PRIVATE=1 lets crawls there")
        self.public.add(host)

    async def _address(self, host: str, *, is_proxied: bool) -> str | None:
        """Return a host's address; ``None`` where only the download can tell, or the proxy."""
        try:
            return str(ipaddress.ip_address(host))
        except ValueError:
            if is_proxied:
                return None
        try:
            return str(await maybe_deferred_to_future(self.resolve(host)))
        except (DNSLookupError, OSError, UnicodeError):
            return None  # the download fails in the same way, and tells it


def is_public(address: str) -> bool:
    """Tell whether an address is one of the public internet, and the one within it if there is one."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            ip = ip.ipv4_mapped
        elif (within := _ipv4_within(ip)) is not None and not is_public(str(within)):
            return False
    return ip.is_global and not ip.is_multicast


def _ipv4_within(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """Return the address that packets to another one come to, through a gateway or a tunnel."""
    if any(ip in network for network in _WITH_IPV4):
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.sixtofour or (ip.teredo[1] if ip.teredo else None)

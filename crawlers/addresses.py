"""Keep crawls out of private networks, wherever a watchlist, a page or a redirect leads."""

import ipaddress
from collections.abc import Callable
from typing import Any, Self, cast
from urllib.request import getproxies

from scrapy.crawler import Crawler
from scrapy.http import Request
from scrapy.utils.defer import maybe_deferred_to_future
from scrapy.utils.httpobj import urlparse_cached
from twisted.internet.error import DNSLookupError

from crawlers.spider import Refusal


class PublicOnly:
    """Refuses hosts whose address is not public, unless ``HATEMINE_ALLOW_PRIVATE`` says otherwise.

    A host is looked up by the resolver that the download asks next; that keeps its answers until the process
    ends (``DNSCACHE_ENABLED``), so a name cannot lead elsewhere by then.
    """

    def __init__(self, resolve: Callable[[str], Any], *, is_private_allowed: bool) -> None:
        self.resolve = resolve
        self.is_private_allowed = is_private_allowed
        self.is_proxied = bool(getproxies())
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
        host = urlparse_cached(request).hostname or ""
        if self.is_private_allowed or host in self.public:
            return
        address = await self._address(host)
        if address is not None and not is_public(address):
            where = host if host == address else f"{host} ({address})"
            raise Refusal(f"{where} is no public address; HATEMINE_ALLOW_PRIVATE=1 lets crawls there")
        self.public.add(host)

    async def _address(self, host: str) -> str | None:
        """Return a host's address; ``None`` where only the download can tell, or the proxy."""
        try:
            return str(ipaddress.ip_address(host))
        except ValueError:
            if self.is_proxied:
                return None
        try:
            return str(await maybe_deferred_to_future(self.resolve(host)))
        except (DNSLookupError, OSError, UnicodeError):
            return None  # the download fails in the same way, and tells it


def is_public(address: str) -> bool:
    """Tell whether an address is one of the public internet."""
    ip = ipaddress.ip_address(address)
    mapped = getattr(ip, "ipv4_mapped", None)
    return (mapped or ip).is_global and not ip.is_multicast

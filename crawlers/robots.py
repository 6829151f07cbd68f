"""Obey robots.txt, for every request."""

import asyncio

from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Request, Response
from scrapy.robotstxt import RobotParser
from scrapy.utils.httpobj import urlparse_cached
from scrapy.utils.misc import build_from_crawler

from crawlers.spider import Refusal, said

NOTHING = b"User-agent: *\nDisallow: /\n"


class ObeyRobots(RobotsTxtMiddleware):
    """Scrapy's robots.txt middleware, less two gaps.

    Of the requests that wait for one robots.txt, Scrapy 2.19.0 checks two and lets the rest pass (seen on
    2026-11-22: they share a Deferred, which gives its result to one of them). And a host that answers with a
    server error, too late, too much or not at all forbids everything (RFC 9309, 2.3.1.4); Scrapy takes that
    for a permission.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._asked: dict[str, asyncio.Future[RobotParser | None]] = {}
        self._unreachable: dict[str, str] = {}

    async def robot_parser(self, request: Request) -> RobotParser | None:
        """Return what a host's robots.txt says, asked for once."""
        host = urlparse_cached(request).netloc
        if host not in self._asked:
            self._asked[host] = asyncio.ensure_future(super().robot_parser(request))
        return await asyncio.shield(self._asked[host])

    async def _parse_robots(self, response: Response, netloc: str, request: Request) -> None:
        if response.status >= 500 or response.status == 429:
            self._unreachable[netloc] = f"HTTP {response.status}"
            response = response.replace(body=NOTHING)
        await super()._parse_robots(response, netloc, request)

    def process_request_2(self, rp: RobotParser | None, request: Request) -> None:
        """Refuse what a robots.txt forbids, by the name of the site."""
        try:
            super().process_request_2(rp, request)
        except IgnoreRequest as error:
            host = urlparse_cached(request).netloc
            if host in self._unreachable:
                reason = f"the robots.txt of {host} is out of reach ({self._unreachable[host]})"
                raise Refusal(reason) from error
            raise Refusal(f"the robots.txt of {host} forbids it") from error

    def _robots_error(self, exc: Exception, netloc: str) -> None:
        super()._robots_error(exc, netloc)
        self._unreachable[netloc] = str(exc) if isinstance(exc, IgnoreRequest) else said(exc)
        self._parsers[netloc] = build_from_crawler(self._parserimpl, self.crawler, NOTHING)

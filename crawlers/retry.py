"""Ask again for what failed for the moment, after growing pauses or when the host says; nobody else waits."""

import asyncio
import logging
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Self

from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Request, Response
from scrapy.utils.httpobj import urlparse_cached
from scrapy.utils.misc import load_object

from crawlers.dates import in_utc
from crawlers.spider import Refusal, spider_of

BASE = 2.0
LONGEST = 300.0
"""Seconds. A host that wants more is left alone until the next crawl."""

N_SILENT = 5
"""So many addresses of a host in a row get no answer, and the rest is left for the next crawl."""

logger = logging.getLogger(__name__)


def pause(n_retries: int, retry_after: str | None, now: datetime) -> float:
    """Return the seconds to wait before asking again: 2, 4, 8…, or more where Retry-After asks for more."""
    return max(BASE * 2.0**n_retries, _seconds(retry_after, now))


def _seconds(retry_after: str | None, now: datetime) -> float:
    if retry_after is None:
        return 0.0
    if retry_after.strip().isdigit():
        return float(retry_after)
    try:
        at = parsedate_to_datetime(retry_after)
    except ValueError:
        return 0.0  # nonsense asks for nothing
    return (at.replace(tzinfo=at.tzinfo or UTC) - now).total_seconds()


def rate_limit_wait(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the seconds until a rate limit that an answer calls used up is renewed; ``None`` where none is.

    ``X-RateLimit-Reset`` is a Unix time at GitHub, a date at Mastodon; ``RateLimit-Reset`` is in seconds by
    draft-ietf-httpapi-ratelimit-headers, and a Unix time at Bluesky.
    """
    names = {name.lower().removeprefix("x-"): value.strip() for name, value in headers.items()}
    remaining, reset = names.get("ratelimit-remaining"), names.get("ratelimit-reset", "")
    if remaining != "0":
        return None
    if reset.isdigit():
        seconds = float(reset)
        return max(0.0, seconds - now.timestamp() if seconds > 1e9 else seconds)
    try:
        return max(0.0, (in_utc(datetime.fromisoformat(reset)) - now).total_seconds())
    except ValueError:
        return None  # no limit that anyone can keep


def _headers(response: Response) -> dict[str, str]:
    names = (name.decode("latin-1") for name in response.headers)
    return {name: (response.headers.get(name) or b"").decode("latin-1") for name in names}


class BackOff:
    """Retries like Scrapy's own middleware, with a pause for the whole host before each."""

    def __init__(self, crawler: Crawler) -> None:
        settings = crawler.settings
        self.crawler = crawler
        self.silent: dict[str, set[str]] = {}
        self.codes = {int(code) for code in settings.getlist("RETRY_HTTP_CODES")}
        self.exceptions = tuple(load_object(name) for name in settings.getlist("RETRY_EXCEPTIONS"))

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build the middleware."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Hold a request back while its host rests; refuse it where that takes too long for this crawl."""
        host = urlparse_cached(request).hostname or ""
        if len(self.silent.get(host, ())) >= N_SILENT:
            raise IgnoreRequest(f"{host} is out of reach, left for the next crawl")
        while (wait := spider_of(self.crawler).rested_until.get(host, 0.0) - time.monotonic()) > 0:
            if wait > LONGEST:
                raise Refusal(f"{host} wants a pause of {wait:.0f} s, left for the next crawl")
            await asyncio.sleep(wait)

    def process_response(self, request: Request, response: Response) -> Request | Response:
        """Ask again for an answer that is none for the moment; ask no more once a rate limit is used up."""
        self.silent.pop(urlparse_cached(request).hostname or "", None)
        wait = rate_limit_wait(_headers(response), datetime.now(UTC))
        if wait is not None:
            spider_of(self.crawler).rest(request.url, wait)
        # GitHub says both of its limits so.
        is_limited = response.status == 403 and (wait is not None or "Retry-After" in response.headers)
        if response.status not in self.codes and not is_limited:
            return response
        retry_after = _headers(response).get("Retry-After")
        return self._again(request, f"HTTP {response.status}", retry_after) or response

    def process_exception(self, request: Request, exception: Exception) -> Request | None:
        """Ask again where the connection failed."""
        if not isinstance(exception, self.exceptions):
            return None
        self.silent.setdefault(urlparse_cached(request).hostname or "", set()).add(request.url)
        return self._again(request, exception, None)

    def _again(self, request: Request, reason: str | Exception, retry_after: str | None) -> Request | None:
        seconds = pause(request.meta.get("retry_times", 0), retry_after, datetime.now(UTC))
        if seconds > LONGEST:
            logger.info("%s: left for the next crawl, %s wants a pause of %d s", reason, request.url, seconds)
            spider_of(self.crawler).rest(request.url, seconds)
            return None
        again = get_retry_request(request, spider=spider_of(self.crawler), reason=reason)
        if again is not None:
            spider_of(self.crawler).rest(request.url, seconds)
        return again

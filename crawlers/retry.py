"""Ask again for what failed for the moment, after growing pauses or when the host says; nobody else waits."""

import asyncio
import logging
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Self

from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.http import Request, Response
from scrapy.utils.httpobj import urlparse_cached
from scrapy.utils.misc import load_object

from crawlers.spider import spider_of

BASE = 2.0
LONGEST = 300.0
"""Seconds. A host that wants more is left alone until the next crawl."""

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


class BackOff:
    """Retries like Scrapy's own middleware, with a pause for the whole host before each."""

    def __init__(self, crawler: Crawler) -> None:
        settings = crawler.settings
        self.crawler = crawler
        self.codes = {int(code) for code in settings.getlist("RETRY_HTTP_CODES")}
        self.exceptions = tuple(load_object(name) for name in settings.getlist("RETRY_EXCEPTIONS"))
        self.is_replay = bool(settings["HATEMINE_REPLAY"])
        self.resume_at: dict[str | None, float] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build the middleware."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Hold a request back while its host rests."""
        while (wait := self.resume_at.get(urlparse_cached(request).hostname, 0.0) - time.monotonic()) > 0:
            await asyncio.sleep(wait)

    def process_response(self, request: Request, response: Response) -> Request | Response:
        """Ask again for an answer that is none for the moment."""
        if response.status not in self.codes:
            return response
        header = response.headers.get("Retry-After")
        retry_after = header.decode("latin-1") if header else None
        return self._again(request, f"HTTP {response.status}", retry_after) or response

    def process_exception(self, request: Request, exception: Exception) -> Request | None:
        """Ask again where the connection failed."""
        return self._again(request, exception, None) if isinstance(exception, self.exceptions) else None

    def _again(self, request: Request, reason: str | Exception, retry_after: str | None) -> Request | None:
        seconds = pause(request.meta.get("retry_times", 0), retry_after, datetime.now(UTC))
        if seconds > LONGEST:
            logger.info("%s: left for the next crawl, %s wants a pause of %d s", reason, request.url, seconds)
            return None
        again = get_retry_request(request, spider=spider_of(self.crawler), reason=reason)
        if again is not None and not self.is_replay:
            self.resume_at[urlparse_cached(request).hostname] = time.monotonic() + seconds
        return again

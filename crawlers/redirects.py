"""Follow redirects within a site, and tell where they lead elsewhere or in circles; Scrapy forgets those."""

from typing import Any

from scrapy.downloadermiddlewares.offsite import OffsiteMiddleware
from scrapy.downloadermiddlewares.redirect import RedirectMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Request, Response
from scrapy.http.request import NO_CALLBACK
from scrapy.utils.httpobj import urlparse_cached

from crawlers.spider import spider_of


class FollowRedirects(RedirectMiddleware):
    """Scrapy's middleware, but no redirect is dropped in silence.

    Scrapy 2.19.0 drops one to another site, and one to an address that was asked for before: a page that
    redirects to itself, and all but the first of those that redirect to one log-in page (seen on 2026-11-22).
    """

    def process_response(self, request: Request, response: Response, *_: Any) -> Request | Response:
        """Follow a redirect; that of a robots.txt anywhere (RFC 9309, 2.3.1.2), others within the site."""
        followed: Request | Response = super().process_response(request, response)
        if isinstance(followed, Request):
            on_site = self.crawler.get_downloader_middleware(OffsiteMiddleware)
            is_robots = request.callback is NO_CALLBACK
            if on_site and not is_robots and not on_site.should_follow(followed, spider_of(self.crawler)):
                raise IgnoreRequest(f"leads to {urlparse_cached(followed).hostname}, another site")
            followed.dont_filter = True
        return followed

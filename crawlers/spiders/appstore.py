"""Customer reviews of apps, from the App Store's feeds."""

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Any, ClassVar

from scrapy.http import Request, Response
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

from crawlers.dates import in_utc
from crawlers.post import Post
from crawlers.shape import TEXT, Keys, Shape
from crawlers.spider import SourceSpider, Target, json_of, said

APP = Shape('the digits of an App Store id, as a text ("123456789")', r"\d+")
COUNTRY = Shape('a store\'s two letters ("us")', r"[a-z]{2}")
LAST_PAGE = 10
# What Apple answers for a page after the last, as plain text with status 400.
TOO_DEEP = "page depth is limited"

App = Mapping[str, str]


class AppstoreSpider(SourceSpider):
    """Reads each app's feed of a country, newest reviews first, 50 a page.

    The feeds fail one page at a time, so a page that fails does not keep us from the next. At times they are
    empty although there are reviews: an empty first page is an error, not "no complaints".
    """

    name = "appstore"
    keys: ClassVar[Keys] = {"apps": {"id": APP, "country": COUNTRY, "about": TEXT}}
    allowed_domains = ("itunes.apple.com",)

    async def start(self) -> AsyncIterator[Request]:
        """Ask for each app's first page."""
        for source in self.sources:
            for app in source.options["apps"]:
                yield self.page(self.target(f"{app['country']}/{app['id']}"), app, 1)

    def page(self, target: Target, app: App, number: int) -> Request:
        """Return the request for a page of an app's feed."""
        feed = f"https://itunes.apple.com/{app['country']}/rss/customerreviews"
        url = f"{feed}/page={number}/id={app['id']}/sortby=mostrecent/json"
        return self.request(target, url, self.parse_page, errback=self.page_failed, app=app, number=number)

    def parse_page(
        self, response: Response, target: Target, app: App, number: int
    ) -> Iterator[Post | Request]:
        """Read a page, and ask for the next until one is empty or older than what we have."""
        try:
            entries = entries_of(json_of(response))
        except (ValueError, LookupError, TypeError) as error:
            self.fail(f"{response.url}: no feed: {said(error)}", target=target)
            yield from self.next_page(target, app, number)
            return
        if not entries:
            if number == 1:
                self.fail(f"{response.url}: an empty feed", target=target)
            return
        times = []
        for post in self.read(target, entries, partial(to_post, app=app, fetched_at=self.started)):
            times.append(post.posted_at)
            yield post
        if not (target.since and all(time and time < target.since for time in times)):
            yield from self.next_page(target, app, number)

    def page_failed(self, failure: Failure) -> Iterator[Request]:
        """Tell that a page failed, and ask for the next unless the host itself is out of reach."""
        if not isinstance(failure.value, HttpError):
            self.request_failed(failure)
            return
        response = failure.value.response
        if response.status == 400 and TOO_DEEP in response.text:
            return
        self.request_failed(failure)
        kwargs = failure.request.cb_kwargs  # type: ignore[attr-defined] # Scrapy sets it
        yield from self.next_page(kwargs["target"], kwargs["app"], kwargs["number"])

    def next_page(self, target: Target, app: App, number: int) -> Iterator[Request]:
        """Yield the request for the page after this one, if there can be one."""
        if number < LAST_PAGE:
            yield self.page(target, app, number + 1)


def entries_of(reply: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return a page's reviews; a lone one is no list, and the first entry of old feeds is the app itself."""
    entries = reply["feed"].get("entry", [])
    if isinstance(entries, dict):
        entries = [entries]
    return [entry for entry in entries if "im:name" not in entry]


def to_post(entry: Mapping[str, Any], app: App, fetched_at: datetime) -> Post:
    """Read a review. Feeds of before 2021-11 have no dates."""
    author = entry["author"]
    author_id = re.search(r"/reviews/id(\d+)", author["uri"]["label"])
    posted = entry.get("updated")
    return Post(
        source="appstore",
        source_id=entry["id"]["label"],
        url=f"https://apps.apple.com/{app['country']}/app/id{app['id']}?see-all=reviews",
        community=app["country"],
        title=entry["title"]["label"],
        text=entry["content"]["label"],
        author=author_id[1] if author_id else author["name"]["label"],
        posted_at=in_utc(datetime.fromisoformat(posted["label"])) if posted else None,
        rating=float(entry["im:rating"]["label"]),
        score=int(entry["im:voteSum"]["label"]),
        about=app.get("about"),
        fetched_at=fetched_at,
    )

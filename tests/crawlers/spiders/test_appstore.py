"""Where the spider of the App Store stops."""

from datetime import UTC, datetime
from typing import Any

import pytest

from crawlers.spiders import appstore

APPS = 'apps = [{ id = "1", country = "us" }]'
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


class TestAppstore:
    def entry(self, number: int, at: str | None) -> dict[str, Any]:
        entry = {name: {"label": str(number)} for name in ("id", "title", "content", "im:voteSum")}
        author = {"uri": {"label": ""}, "name": {"label": "ada"}}
        return {**entry, "im:rating": {"label": "1"}, "author": author} | (
            {"updated": {"label": at}} if at else {}
        )

    @pytest.mark.parametrize(
        ("since", "dates", "goes_on"),
        [
            (None, ["2020-01-01T00:00:00Z"], True),
            (NOW, ["2026-11-23T00:00:00Z", "2020-01-01T00:00:00Z"], True),
            (NOW, ["2020-01-01T00:00:00Z"], False),
            (NOW, [None], True),  # without dates nobody knows
        ],
    )
    def test_it_stops_where_all_is_known(self, make, since, dates, goes_on, started, follow):
        spider = make(appstore.AppstoreSpider, APPS, since=since)
        (first,) = started(spider)
        entries = [self.entry(number, at) for number, at in enumerate(dates)]
        posts, more = follow(first, {"feed": {"entry": entries}})
        assert len(posts) == len(dates)
        assert [request.url for request in more] == (
            [first.url.replace("page=1", "page=2")] if goes_on else []
        )

    def test_it_asks_for_ten_pages_at_most(self, make, started, follow):
        spider = make(appstore.AppstoreSpider, APPS)
        (request,) = started(spider)
        urls = []
        for number in range(1, 11):
            urls.append(request.url)
            _, more = follow(request, {"feed": {"entry": self.entry(number, None)}})
            request = more[0] if more else None
        assert urls[-1].split("/")[6] == "page=10"
        assert request is None

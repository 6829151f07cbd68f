"""What the spider of Hacker News asks next, and how it reads odd replies."""

import re
from datetime import timedelta
from typing import Any

import pytest
from scrapy.http import Request

from crawlers.spiders import hackernews


class TestHackernews:
    def hits(self, *numbers: int) -> list[dict[str, object]]:
        row = {"_tags": ["comment"], "author": "ada", "parent_id": 1, "comment_text": "x"}
        return [{**row, "objectID": str(n), "created_at_i": 1000 - n} for n in numbers]

    @pytest.fixture
    def spider(self, make: Any) -> Any:
        return make(hackernews.HackernewsSpider)

    @pytest.fixture
    def first(self, spider: Any) -> Request:
        return spider.page(spider.target("q"), hackernews.Search(query="q", tag="comment", since=5))

    def test_it_asks_for_the_next_page_while_there_is_one(self, first, follow):
        assert "numericFilters=created_at_i%3E5&" in first.url
        posts, (second,) = follow(first, {"hits": self.hits(1, 2), "nbHits": 3, "nbPages": 2})
        assert [post.source_id for post in posts] == ["1", "2"]
        assert second.url == first.url.replace("page=0", "page=1")
        posts, more = follow(second, {"hits": self.hits(3), "nbHits": 3, "nbPages": 2})
        assert ([post.source_id for post in posts], more) == (["3"], [])

    def test_it_goes_on_before_the_oldest_where_a_search_ends_too_early(self, first, follow):
        _, (second,) = follow(first, {"hits": self.hits(1, 2), "nbHits": 5000, "nbPages": 1})
        assert "created_at_i%3E5%2Ccreated_at_i%3C999&" in second.url
        assert "page=0" in second.url
        posts, (third,) = follow(second, {"hits": self.hits(2, 3), "nbHits": 4999, "nbPages": 1})
        assert [post.source_id for post in posts] == ["3"]
        assert "created_at_i%3C998&" in third.url
        assert follow(third, {"hits": self.hits(3, 4), "nbHits": 2, "nbPages": 1})[1] == []

    def test_thousands_of_hits_are_all_read(self, first, follow):
        """A search as Algolia serves it: the newest 1,000 of what is left of the time asked for."""
        times = {number: 100_000 - number // 3 for number in range(3_700)}
        found, request = [], first
        while request is not None:
            before = re.search(r"created_at_i%3C(\d+)", request.url)
            window = [n for n, at in times.items() if not before or at < int(before[1])]
            rows = [{**hit, "created_at_i": times[int(hit["objectID"])]} for hit in self.hits(*window[:1000])]
            posts, more = follow(request, {"hits": rows, "nbHits": len(window), "nbPages": 1})
            found += [post.source_id for post in posts]
            request = more[0] if more else None
        assert found == [str(number) for number in times]

    def test_more_hits_in_a_second_than_a_search_gives_are_told(self, spider, first, follow):
        _, (second,) = follow(first, {"hits": self.hits(1), "nbHits": 5000, "nbPages": 1})
        again = {"hits": [{**self.hits(2)[0], "created_at_i": 999}], "nbHits": 4999, "nbPages": 1}
        assert follow(second, again)[1] == []
        assert spider.errors == ["q: more than 1000 hits in second 999"]

    @pytest.mark.parametrize("numbers", [(), (1, 2)])
    def test_an_empty_page_and_one_that_repeats_another_end_a_search(self, first, numbers, follow):
        _, (second,) = follow(first, {"hits": self.hits(1, 2), "nbHits": 5000, "nbPages": 1000})
        again = {"hits": self.hits(*numbers), "nbHits": 5000, "nbPages": 1000}
        assert follow(second, again) == ([], [])

    def test_without_queries_it_searches_for_every_name(self, spider, started, now):
        names = [request.cb_kwargs["search"].query for request in started(spider)]
        assert names == ["Kettlewick"] * 3 + ["kettlewick inc"] * 3
        year_ago = int((now - timedelta(days=365)).timestamp())
        assert {request.cb_kwargs["search"].since for request in started(spider)} == {year_ago}

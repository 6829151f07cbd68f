"""How reviews without an id get one, and what a broken one costs."""

import json
from datetime import UTC, datetime
from typing import Any, ClassVar

from scrapy.http import HtmlResponse

from crawlers.schema_org import Review
from crawlers.spiders import reviews

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


class TestReviews:
    PAGE: ClassVar = {"url": "https://shop.example/kettle"}

    def review(self, **changes: Any) -> Review:
        row = {"title": "Leaks", "body": "It leaks.", "author": "Ada Lark", "posted_at": NOW, "rating": 1.0}
        return Review(**{**row, "ident": None, **changes})

    def ids(self, *found: Review) -> list[str]:
        authors: dict[str, list[str | None]] = {}
        return [reviews.to_post(one, self.PAGE, authors, NOW).source_id for one in found]

    def test_an_id_is_the_same_whatever_the_key_and_tells_nothing_of_the_author(self):
        (id_,) = self.ids(self.review())
        assert id_ == "36cf176806e9f57ec21011c1f6e1e33e"
        assert self.ids(self.review(author="Bo Finch")) == [id_]
        signed = self.ids(self.review(body="It leaks. Ada Lark"))
        assert self.ids(self.review(body="It leaks. Bo Finch", author="Bo Finch")) == signed != [id_]
        mailed = self.ids(self.review(body="a@b.example"), self.review(body="c@d.example"))
        assert len(set(mailed)) == 1, "only what is kept is hashed"

    def test_two_who_say_the_same_are_two_and_one_on_two_pages_is_one(self):
        first, second, again = self.ids(self.review(), self.review(author="Bo Finch"), self.review())
        assert first == again != second

    def test_an_address_that_identifies_a_person_is_no_id(self):
        own, personal = "https://shop.example/r/1", "https://shop.example/r?by=ada@mail.example"
        assert self.ids(self.review(ident=own), self.review(ident=personal)) == [
            own,
            *self.ids(self.review()),
        ]
        assert "ada@" not in reviews.to_post(self.review(ident=personal), self.PAGE, {}, NOW).to_json()

    def test_a_review_that_cannot_be_read_keeps_the_cursor(self, make, started):
        spider = make(reviews.ReviewsSpider, 'pages = [{ url = "https://shop.example/kettle" }]')
        (first,) = started(spider)
        good = {"@type": "Review", "reviewBody": "It leaks.", "datePublished": "2026-06-01"}
        data = json.dumps([good, {**good, "reviewBody": "Loud.", "datePublished": "some day"}])
        html = f'<script type="application/ld+json">{data}</script>'
        response = HtmlResponse(first.url, body=html.encode(), encoding="utf-8", request=first)
        (post,) = first.callback(response, **first.cb_kwargs)
        assert post.text == "It leaks."
        assert first.cb_kwargs["target"].is_failed

"""What spiders decide by themselves: from where to ask, what to ask next, how to read odd replies."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
from scrapy.crawler import Crawler
from scrapy.http import HtmlResponse, Request, TextResponse
from scrapy.settings import Settings

from crawlers.cursor import move_cursors
from crawlers.post import Post
from crawlers.schema_org import Review
from crawlers.spider import SourceSpider, Target
from crawlers.spiders import appstore, cfpb, hackernews, reddit, reviews
from crawlers.watchlist import WatchlistError

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
WATCHLIST = """
[brand]
name = "Kettlewick"
aliases = ["kettlewick inc"]
[[source]]
kind = "hackernews"
[[source]]
kind = "reddit"
subreddits = ["tea"]
queries = ["lid", "https://redd.it/abc"]
[[source]]
kind = "appstore"
apps = [{ id = "1", country = "us" }]
[[source]]
kind = "cfpb"
[[source]]
kind = "reviews"
pages = [{ url = "https://shop.example/kettle" }]
"""
Make = Callable[..., Any]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Build a spider as Scrapy would, without running it."""
    (tmp_path / "watchlist.toml").write_text(WATCHLIST)

    def build(spider: type[SourceSpider], **arguments: object) -> SourceSpider:
        settings = Settings()
        settings.setmodule("crawlers.settings", priority="project")
        paths = {
            "HATEMINE_WATCHLIST": str(tmp_path / "watchlist.toml"),
            "HATEMINE_DATA": str(tmp_path / "data"),
        }
        settings.update({**paths, "HATEMINE_REDDIT_CLIENT_ID": None}, priority="cmdline")
        built = spider.from_crawler(Crawler(spider, settings), **arguments)
        built.started = NOW
        return built

    return build


def reply(request: Request, body: object) -> TextResponse:
    return TextResponse(request.url, body=json.dumps(body).encode(), encoding="utf-8", request=request)


def follow(spider: SourceSpider, request: Request, body: object) -> tuple[list[Post], list[Request]]:
    found = list(request.callback(reply(request, body), **request.cb_kwargs))
    return [it for it in found if isinstance(it, Post)], [it for it in found if isinstance(it, Request)]


class TestTarget:
    def test_without_a_cursor_it_begins_at_the_beginning(self, make):
        assert make(hackernews.HackernewsSpider).target("a").since is None

    def test_a_cursor_is_asked_from_less_the_overlap(self, make, tmp_path):
        move_cursors(tmp_path / "data", "hackernews", {"a": NOW})
        spider = make(hackernews.HackernewsSpider)
        assert spider.target("a").since == NOW - timedelta(days=3)
        assert spider.target("b").since is None

    @pytest.mark.parametrize(
        "since", [datetime(2026, 1, 1, tzinfo=UTC), "2026-01-01", "2026-01-01T00:00:00+00:00"]
    )
    def test_what_was_asked_for_wins(self, make, tmp_path, since):
        move_cursors(tmp_path / "data", "hackernews", {"a": NOW})
        assert make(hackernews.HackernewsSpider, since=since).target("a").since == datetime(
            2026, 1, 1, tzinfo=UTC
        )

    def test_it_knows_the_newest_post(self):
        target = Target("a", None)
        post = Post(source="forum", source_id="1", text="x", fetched_at=NOW)
        for at in (None, NOW, NOW - timedelta(days=1)):
            target.see(replace(post, posted_at=at))
        assert target.newest == NOW


def test_a_source_that_the_watchlist_lacks_is_a_mistake(make, tmp_path):
    spider = make(hackernews.HackernewsSpider)
    (tmp_path / "watchlist.toml").write_text('[brand]\nname = "Kettlewick"\n')
    with pytest.raises(
        WatchlistError, match=r'expected a \[\[source\]\] with kind = "hackernews", found none'
    ):
        make(type(spider))


@pytest.mark.parametrize("error", [KeyError, ValueError, OverflowError, ZeroDivisionError])
def test_a_record_that_cannot_be_read_costs_itself_and_keeps_the_cursor(make, error):
    def to_post(row: str) -> Post:
        if row == "bad":
            raise error(row)
        return Post(source="hackernews", source_id=row, text="x", posted_at=NOW, fetched_at=NOW)

    spider = make(hackernews.HackernewsSpider)
    target = spider.target("a")
    assert [post.source_id for post in spider.read(target, ["1", "bad", "2"], to_post)] == ["1", "2"]
    assert len(spider.errors) == 1
    assert target.is_failed


class TestHackernews:
    def hits(self, *numbers: int) -> list[dict[str, object]]:
        row = {"_tags": ["comment"], "author": "ada", "parent_id": 1, "comment_text": "x"}
        return [{**row, "objectID": str(n), "created_at_i": 1000 - n} for n in numbers]

    @pytest.fixture
    def spider(self, make: Make) -> Any:
        return make(hackernews.HackernewsSpider)

    @pytest.fixture
    def first(self, spider: Any) -> Request:
        return spider.page(spider.target("q"), hackernews.Search(query="q", tag="comment", since=5))

    def test_it_asks_for_the_next_page_while_there_is_one(self, spider, first):
        assert "numericFilters=created_at_i%3E5&" in first.url
        posts, (second,) = follow(spider, first, {"hits": self.hits(1, 2), "nbHits": 3, "nbPages": 2})
        assert [post.source_id for post in posts] == ["1", "2"]
        assert second.url == first.url.replace("page=0", "page=1")
        posts, more = follow(spider, second, {"hits": self.hits(3), "nbHits": 3, "nbPages": 2})
        assert ([post.source_id for post in posts], more) == (["3"], [])

    def test_it_goes_on_before_the_oldest_where_a_search_ends_too_early(self, spider, first):
        _, (second,) = follow(spider, first, {"hits": self.hits(1, 2), "nbHits": 5000, "nbPages": 1})
        assert "created_at_i%3E5%2Ccreated_at_i%3C999&" in second.url
        assert "page=0" in second.url
        posts, _ = follow(spider, second, {"hits": self.hits(2, 3), "nbHits": 4999, "nbPages": 1})
        assert [post.source_id for post in posts] == ["3"]

    @pytest.mark.parametrize("numbers", [(), (1, 2)])
    def test_an_empty_page_and_one_that_repeats_another_end_a_search(self, spider, first, numbers):
        _, (second,) = follow(spider, first, {"hits": self.hits(1, 2), "nbHits": 5000, "nbPages": 1000})
        again = {"hits": self.hits(*numbers), "nbHits": 5000, "nbPages": 1000}
        assert follow(spider, second, again) == ([], [])

    def test_without_queries_it_searches_for_every_name(self, spider):
        names = [request.cb_kwargs["search"].query for request in started(spider)]
        assert names == ["Kettlewick"] * 3 + ["kettlewick inc"] * 3
        year_ago = int((NOW - timedelta(days=365)).timestamp())
        assert {request.cb_kwargs["search"].since for request in started(spider)} == {year_ago}


def started(spider: SourceSpider) -> list[Any]:
    async def collect() -> list[Any]:
        return [it async for it in spider.start()]

    return asyncio.run(collect())


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
    def test_it_stops_where_all_is_known(self, make, since, dates, goes_on):
        spider = make(appstore.AppstoreSpider, since=since)
        (first,) = started(spider)
        entries = [self.entry(number, at) for number, at in enumerate(dates)]
        posts, more = follow(spider, first, {"feed": {"entry": entries}})
        assert len(posts) == len(dates)
        assert [request.url for request in more] == (
            [first.url.replace("page=1", "page=2")] if goes_on else []
        )

    def test_it_asks_for_ten_pages_at_most(self, make):
        spider = make(appstore.AppstoreSpider)
        (request,) = started(spider)
        urls = []
        for number in range(1, 11):
            urls.append(request.url)
            _, more = follow(spider, request, {"feed": {"entry": self.entry(number, None)}})
            request = more[0] if more else None
        assert urls[-1].split("/")[6] == "page=10"
        assert request is None


class TestCfpb:
    def test_it_searches_for_companies_by_brand_and_pages_by_the_last_hit(self, make):
        spider = make(cfpb.CfpbSpider)
        first, second = started(spider)
        assert "search_term=Kettlewick&field=company&date_received_min=2025-11-22&" in first.url
        assert "search_term=kettlewick+inc&" in second.url
        row = {"complaint_what_happened": "x", "product": "p", "company": "c", "date_received": "2026-06-01"}
        hits = [
            {"_id": str(n), "_source": {**row, "complaint_id": str(n)}, "sort": [7, str(n)]}
            for n in range(100)
        ]
        posts, (following,) = follow(spider, first, {"hits": {"hits": hits, "total": {"value": 101}}})
        assert len(posts) == 100
        assert "&frm=100&search_after=7_99&" in following.url
        posts, more = follow(spider, following, {"hits": {"hits": hits[:1], "total": {"value": 101}}})
        assert (posts, more) == ([], [])


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

    def test_a_review_that_cannot_be_read_keeps_the_cursor(self, make):
        spider = make(reviews.ReviewsSpider)
        (first,) = started(spider)
        good = {"@type": "Review", "reviewBody": "It leaks.", "datePublished": "2026-06-01"}
        data = json.dumps([good, {**good, "reviewBody": "Loud.", "datePublished": "some day"}])
        html = f'<script type="application/ld+json">{data}</script>'
        response = HtmlResponse(first.url, body=html.encode(), encoding="utf-8", request=first)
        (post,) = first.callback(response, **first.cb_kwargs)
        assert post.text == "It leaks."
        assert first.cb_kwargs["target"].is_failed


class TestReddit:
    @pytest.mark.parametrize(
        ("address", "ids"),
        [
            ("https://www.reddit.com/r/tea/comments/abc1/some_title/", ("abc1", None)),
            ("https://old.reddit.com/r/tea/comments/abc1/some_title/def2/?context=3", ("abc1", "def2")),
            ("https://reddit.com/comments/abc1", ("abc1", None)),
            ("https://www.reddit.com/user/some-one/comments/abc1/x/", ("abc1", None)),
            ("https://redd.it/abc1", ("abc1", None)),
            ("https://www.reddit.com/r/tea/", None),
            ("kettle comments", None),
        ],
    )
    def test_addresses(self, address, ids):
        found = reddit.ADDRESS.fullmatch(address)
        assert (found and (found["thread"], found["comment"])) == ids

    def test_without_credentials_it_says_what_it_needs(self, make):
        spider = make(reddit.RedditSpider)
        assert started(spider) == []
        assert "HATEMINE_REDDIT_CLIENT_ID and HATEMINE_REDDIT_CLIENT_SECRET: expected" in spider.errors[0]

    def test_the_first_crawl_reads_what_new_does_not_reach(self, make, tmp_path):
        api = SimpleNamespace(
            subreddit=lambda _: SimpleNamespace(
                **dict.fromkeys(("search", "new", "comments", "hot", "top"), print)
            )
        )
        names = ["r/tea search lid", "r/tea new", "r/tea comments"]
        first = make(reddit.RedditSpider)
        assert [listing.target.name for listing in first.listings(api)] == [*names, "r/tea new", "r/tea new"]
        move_cursors(tmp_path / "data", "reddit", {"r/tea new": NOW})
        assert [listing.target.name for listing in make(reddit.RedditSpider).listings(api)] == names

    def submission(self, **changes: object) -> SimpleNamespace:
        row = {"id": "s1", "title": "Lid", "selftext": "It broke.", "author": "ada", "subreddit": "tea"}
        return SimpleNamespace(
            **row | {"created_utc": 1.0, "edited": False, "score": 3, "num_comments": 2} | changes
        )

    def test_a_submission(self):
        post = reddit.to_post(self.submission(edited=61.0), NOW)
        assert (post.source_id, post.title, post.text) == ("t3_s1", "Lid", "It broke.")
        assert (post.author, post.community, post.score, post.n_replies) == ("ada", "tea", 3, 2)
        assert post.posted_at == datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)
        assert post.edited_at == datetime(1970, 1, 1, 0, 1, 1, tzinfo=UTC)
        assert post.url == "https://www.reddit.com/comments/s1/"

    @pytest.mark.parametrize(
        "text", ["[deleted]", "[removed]", "[ Removed by Reddit ]", "[removed by reddit]"]
    )
    def test_what_is_gone_is_deleted(self, text):
        assert reddit.to_post(self.submission(selftext=text, author=None), NOW).is_deleted
        comment = SimpleNamespace(
            id="c1", body=text, link_id="t3_s1", parent_id="t3_s1", author=None, subreddit="tea",
            created_utc=1.0, edited=False, score=1,
        )  # fmt: skip
        post = reddit.to_post(comment, NOW)
        assert (post.source_id, post.parent_id, post.is_deleted) == ("t1_c1", "t3_s1", True)

    def test_a_profile_s_subreddit_is_its_user_s_name(self):
        post = reddit.to_post(self.submission(subreddit="u_ada"), NOW)
        assert post.community is None
        assert "ada" not in post.url

    def test_it_never_asks_for_what_is_not_there(self):
        with pytest.raises(KeyError):
            reddit.to_post(SimpleNamespace(id="s1", selftext="x", subreddit="tea"), NOW)

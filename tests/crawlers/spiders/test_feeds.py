"""How entries are told apart, and when the spider of feeds goes on to an older page."""

import json
from datetime import UTC, datetime

import pytest

from crawlers.feed import Entry
from crawlers.spider import BadReply
from crawlers.spiders import feeds
from crawlers.spiders.feeds import FeedsSpider

URL = "https://feed.example/rss"
SOURCE = f'feeds = [{{ url = "{URL}", about = "Kettlewick" }}]'


def entry(**changes: object) -> Entry:
    row = {
        "ident": "1",
        "link": "https://feed.example/1",
        "title": "Leaks",
        "text": "It leaks.",
        "author": None,
        "posted_at": datetime(2026, 6, 1, tzinfo=UTC),
        "edited_at": None,
    }
    return Entry(**{**row, **changes})  # type: ignore[arg-type]


def page(*ids: object, following: str | None = None, at: str = "2026-06-01") -> str:
    items = [
        {"id": f"https://feed.example/{it}", "content_text": "It leaks.", "date_published": at} for it in ids
    ]
    return json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": items, "next_url": following})


class TestIds:
    def ids(self, now: datetime, *entries: Entry, url: str = URL) -> list[str]:
        return [feeds.to_post(it, {"url": url}, now).source_id for it in entries]

    def test_an_id_is_one_on_the_whole_web(self, now):
        assert self.ids(now, entry()) == ["feed.example/1"]
        assert self.ids(now, entry(), url="https://other.example/rss") == ["other.example/1"]
        known = ["https://a.example/1", "tag:a.example,2026:1", "urn:uuid:1"]
        assert self.ids(now, *(entry(ident=ident) for ident in known)) == known
        assert self.ids(now, entry(ident=None)) == ["https://feed.example/1"]

    def test_what_an_entry_answers_is_called_alike(self, now):
        post = feeds.to_post(entry(ident="2", answers="1"), {"url": URL}, now)
        assert [post.parent_id] == self.ids(now, entry())
        assert feeds.to_post(entry(), {"url": URL}, now).parent_id is None

    @pytest.mark.parametrize(
        "address",
        [
            "https://toot.example/@ada/1",
            "https://www.reddit.com/user/ada_l/comments/1",
            "https://www.reddit.com/r/u_ada_l/comments/1",
            "https://feed.example/people/ada_l/1",
            "https://feed.example/1?by=ada@mail.example",
        ],
    )
    def test_what_names_a_person_is_neither_id_nor_address(self, now, address):
        own = entry(ident=address, link=address, author="ada_l")
        post = feeds.to_post(own, {"url": URL}, now)
        assert "ada" not in post.to_json()
        assert (len(post.source_id), post.url) == (32, None)
        other = entry(ident=address, author="ada_l")
        assert self.ids(now, other) == ["https://feed.example/1"]

    def test_without_an_id_it_is_what_it_says_that_tells_it_apart(self, now):
        bare = {"ident": None, "link": None}
        one, again, other, later, elsewhere = [
            *self.ids(now, entry(**bare), entry(**bare, author="Ada L."), entry(**bare, text="Loud.")),
            *self.ids(now, entry(**bare, posted_at=None)),
            *self.ids(now, entry(**bare), url="https://other.example/rss"),
        ]
        assert one == again == "16d88e4be7727b36ee75eca7d5bef691"
        assert len({one, other, later, elsewhere}) == 4
        mailed = (entry(**bare, text=f"Mail {name}@mail.example") for name in ("ada", "bo"))
        assert len(set(self.ids(now, *mailed))) == 1, "only what is kept is hashed"


class TestPaging:
    def test_it_goes_on_while_a_page_brings_something_new(self, make, started, follow):
        (first,) = started(make(FeedsSpider, SOURCE))
        posts, (second,) = follow(first, page(1, 2, following="/rss?page=2"))
        assert [post.about for post in posts] == ["Kettlewick"] * 2
        assert second.url == "https://feed.example/rss?page=2"
        posts, (third,) = follow(second, page(2, 3, following="/rss?page=3"))
        assert follow(third, page(2, 3, following="/rss?page=4"))[1] == []
        assert follow(third, page(4))[1] == []

    def test_it_ends_with_what_is_old_or_known(self, make, started, follow):
        (first,) = started(make(FeedsSpider, SOURCE))
        assert follow(first, page(1, following="/rss?page=2", at="2025-11-01"))[1] == []
        assert len(follow(first, page(2, following="/rss?page=2", at="2025-12-01"))[1]) == 1
        (first,) = started(make(FeedsSpider, SOURCE, since="2026-06-01"))
        posts, more = follow(first, page(1, following="/rss?page=2", at="2026-05-01"))
        assert (len(posts), more) == (1, [])

    def test_it_does_not_follow_to_another_host(self, make, started, follow):
        (first,) = started(make(FeedsSpider, SOURCE))
        assert follow(first, page(1, following="https://elsewhere.example/rss?page=2"))[1] == []


class TestErrors:
    @pytest.mark.parametrize(
        ("body", "found"),
        [
            ("<!doctype html><title>Log in</title>", "with the title 'Log in'"),
            ("", "0 bytes"),
            ("{}", "2 bytes"),
        ],
    )
    def test_what_is_no_feed_is_told(self, make, started, follow, body, found):
        (first,) = started(make(FeedsSpider, SOURCE))
        with pytest.raises(BadReply, match=f"expected a feed, found .*{found}"):
            follow(first, body)

    def test_a_feed_that_breaks_off_gives_what_it_has_and_holds_the_cursor(self, make, started, follow):
        spider = make(FeedsSpider, SOURCE)
        (first,) = started(spider)
        posts, _ = follow(
            first, "<rss version='2.0'><channel><item><guid>1</guid><title>A</title></item><item><guid>2"
        )
        assert [post.source_id for post in posts] == ["feed.example/1"]
        assert spider.errors == [f"{URL}: the feed breaks off after 1 entries"]
        assert first.cb_kwargs["target"].is_failed

    def test_an_empty_feed_is_an_error_only_where_there_were_entries(self, make, started, follow):
        spider = make(FeedsSpider, SOURCE)
        (first,) = started(spider)
        assert (follow(first, page()), spider.errors) == (([], []), [])
        spider.cursors = {URL: datetime(2026, 6, 1, tzinfo=UTC)}
        (first,) = started(spider)
        follow(first, page())
        assert spider.errors == [f"{URL}: an empty feed, and it had entries"]
        assert first.cb_kwargs["target"].is_failed

    def test_a_post_without_a_date_lands_and_is_told(self, make, started, follow):
        spider = make(FeedsSpider, SOURCE)
        (first,) = started(spider)
        (post, _), _ = follow(first, page(1, 2, at="some day"))
        assert post.posted_at is None
        assert spider.errors == [
            f"{URL}: 2 dates of an unknown form, such as 'some day'; their posts have none"
        ]
        assert not first.cb_kwargs["target"].is_failed

    def test_a_broken_entry_costs_itself(self, make, started, follow):
        spider = make(FeedsSpider, SOURCE)
        (first,) = started(spider)
        body = json.loads(page(1, 2))
        body["items"][0]["authors"] = ["Ada"]
        assert [post.source_id for post in follow(first, body)[0]] == ["https://feed.example/2"]
        assert len(spider.errors) == 1

"""What every spider does alike."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from scrapy.http import Response, TextResponse

from crawlers.cursor import move_cursors
from crawlers.post import Post
from crawlers.spider import GIVE_UP, BadReply, MissingCredentials, Target, json_of, page_of
from crawlers.spiders import hackernews
from crawlers.watchlist import WatchlistError

URL, IMAGE = "https://a.example", {"Content-Type": "image/png"}
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


class TestTarget:
    def test_without_a_cursor_it_begins_at_the_beginning(self, make):
        assert make(hackernews.HackernewsSpider).target("a").since is None

    def test_a_cursor_is_asked_from_less_the_overlap(self, make, tmp_path):
        move_cursors(tmp_path / "data", "hackernews", {"a": NOW})
        spider = make(hackernews.HackernewsSpider)
        assert spider.target("a").since == NOW - hackernews.HackernewsSpider.overlap
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
            target.see(replace(post, posted_at=at).posted_at)
        assert target.newest == NOW


def test_a_source_that_the_watchlist_lacks_is_a_mistake(make, tmp_path):
    spider = make(hackernews.HackernewsSpider)
    (tmp_path / "watchlist.toml").write_text('[brand]\nname = "Kettlewick"\n')
    with pytest.raises(
        WatchlistError, match=r'expected a \[\[source\]\] with kind = "hackernews", found none'
    ):
        type(spider).from_crawler(spider.crawler)


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
    assert target.cursor == NOW - GIVE_UP


def test_a_failure_holds_the_cursor_before_what_it_cost():
    target = Target("a", None, newest=NOW)
    assert target.cursor == NOW
    target.hold(NOW - timedelta(days=2))
    target.hold(NOW - timedelta(days=1))
    assert target.cursor == NOW - timedelta(days=2)
    target.hold(None)
    assert target.cursor is None


def test_without_credentials_it_says_what_it_needs(make, monkeypatch):
    monkeypatch.setattr(hackernews.HackernewsSpider, "credentials", {"HATEMINE_TEA_KEY": "the tea shop"})
    with pytest.raises(MissingCredentials, match="hackernews: no HATEMINE_TEA_KEY; see `hatemine doctor`"):
        make(hackernews.HackernewsSpider)


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        (
            TextResponse("https://a.example", body=b"<title>Log in</title>"),
            r"no content type with the title 'Log",
        ),
        (
            Response(URL, body=b"\x00", headers=IMAGE),
            "image/png, 1 bytes",
        ),
        (TextResponse(URL, body=b"<title>Log in</title>"), "no content type with the title 'Log in'"),
        (TextResponse(URL, body=b"[" * 100_000), "RecursionError"),
    ],
)
def test_what_is_no_json_says_what_it_is(response, expected):
    with pytest.raises(BadReply, match=f"expected JSON, found .*{expected}"):
        json_of(response)


def test_json_is_read_whatever_type_it_claims():
    assert json_of(Response(URL, body=b'{"a": 1}', headers=IMAGE)) == {"a": 1}


def test_what_is_no_page_says_what_it_is():
    with pytest.raises(BadReply, match="expected a page, found image/png, 1 bytes"):
        page_of(Response(URL, body=b"\x00", headers=IMAGE))


def test_a_since_that_leaves_a_gap_moves_no_cursor(make, tmp_path):
    move_cursors(tmp_path / "data", "hackernews", {"a": NOW - timedelta(days=60)})
    for since, cursor in ((NOW - timedelta(days=1), None), (NOW - timedelta(days=90), NOW)):
        target = make(hackernews.HackernewsSpider, since=since).target("a")
        target.see(NOW)
        assert target.cursor == cursor
    target = make(hackernews.HackernewsSpider, since=NOW - timedelta(days=1)).target("new")
    target.see(NOW)
    assert target.cursor == NOW


def test_what_never_gets_better_holds_a_cursor_for_a_while_only(make):
    spider = make(hackernews.HackernewsSpider)
    target = spider.target("a")
    target.see(NOW)
    spider.fail("gone", target=target, at=NOW - timedelta(days=300))
    assert target.cursor == NOW - GIVE_UP

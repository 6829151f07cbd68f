"""How the spider of Bluesky logs in, pages, reads threads and re-checks what is stored."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from scrapy.http import Request, TextResponse
from twisted.python.failure import Failure

from crawlers.post import Post
from crawlers.spider import BadReply
from crawlers.spiders import bluesky

DID = "did:plc:aaaa2222"
EXPIRED = {"error": "ExpiredToken", "message": "Token has expired"}
NOT_FOUND = {"error": "NotFound", "message": "Post not found"}


def uri(key: str) -> str:
    return f"at://{DID}/app.bsky.feed.post/{key}"


def view(key: str, at: str = "2026-11-20T10:00:00.000Z", replies: int = 0, **record: Any) -> dict[str, Any]:
    return {
        "uri": uri(key),
        "author": {"did": DID, "handle": "ada-l.example"},
        "record": {"text": f"Kettle {key}", "createdAt": at, **record},
        "indexedAt": record.get("createdAt", at),
        "replyCount": replies,
        "likeCount": 0,
    }


def node(post: dict[str, Any], *replies: Any, **more: Any) -> dict[str, Any]:
    return {"$type": "app.bsky.feed.defs#threadViewPost", "post": post, "replies": list(replies), **more}


def asked(request: Request) -> dict[str, list[str]]:
    return parse_qs(urlsplit(request.url).query)


def refuse(request: Request, body: object, status: int = 400) -> list[Any]:
    text = json.dumps(body).encode()
    response = TextResponse(request.url, body=text, encoding="utf-8", status=status, request=request)
    return list(request.callback(response, **request.cb_kwargs))


def keys(posts: Any) -> list[str]:
    return [post.source_id.rpartition("/")[2] for post in posts]


@pytest.fixture
def spider(make: Any) -> Any:
    return make(bluesky.BlueskySpider, 'queries = ["kettle", "lid"]')


class TestSession:
    @pytest.fixture
    def first(self, spider: Any, started: Any, follow: Any) -> Request:
        (login,) = started(spider)
        _, (first, _) = follow(login, {"accessJwt": "one"})
        return first

    def test_it_logs_in_before_it_asks(self, spider, started, follow):
        (login,) = started(spider)
        assert (login.method, urlsplit(login.url).path) == ("POST", "/xrpc/com.atproto.server.createSession")
        assert json.loads(login.body) == {"identifier": "a secret", "password": "a secret"}
        assert "secret" not in login.url
        _, requests = follow(login, {"accessJwt": "one"})
        assert [asked(request)["q"] for request in requests] == [["kettle"], ["lid"]]
        assert all("Authorization" not in request.headers for request in requests)

    def test_the_session_is_added_when_a_request_leaves_and_goes_nowhere_else(self, spider, first):
        for request, expected in (
            (first, b"Bearer one"),
            (first.replace(url="https://elsewhere.example/"), None),
            (spider.login(), None),
        ):
            request.headers.pop("Authorization", None)
            spider.sign(request)
            assert request.headers.get("Authorization") == expected

    def test_it_logs_in_again_once_for_all_that_came_too_late(self, spider, first, follow):
        second = spider.page(spider.target("lid"), bluesky.Search(query="lid", since=""))
        for request in (first, second):
            spider.sign(request)
        (login,) = refuse(first, EXPIRED)
        assert refuse(second, EXPIRED) == []
        _, again = follow(login, {"accessJwt": "two"})
        assert [request.url for request in again] == [first.url, second.url]
        assert all(request.dont_filter for request in again)
        assert spider.errors == []

    def test_what_bore_an_older_session_is_asked_again_without_a_login(self, spider, first, monkeypatch):
        spider.sign(first)
        monkeypatch.setattr(spider, "token", "two")
        (again,) = refuse(first, EXPIRED)
        spider.sign(again)
        assert (again.url, again.headers["Authorization"]) == (first.url, b"Bearer two")

    def test_a_session_that_never_holds_ends_it(self, spider, first, follow):
        spider.sign(first)
        (login,) = refuse(first, EXPIRED)
        _, (again,) = follow(login, {"accessJwt": "two"})
        spider.sign(again)
        with pytest.raises(BadReply, match="expired as soon"):
            refuse(again, EXPIRED)

    @pytest.mark.parametrize("reply", ["<html><title>Down</title>", {"error": "x"}, []])
    def test_without_a_session_no_cursor_moves(self, spider, started, reply, follow):
        started(spider)
        for target in spider.targets:
            target.see(spider.started)
        with pytest.raises((ValueError, LookupError, TypeError)):
            follow(spider.login(), reply)
        assert [target.cursor for target in spider.targets] == [None, None]

    def test_a_login_that_fails_is_told_and_no_cursor_moves(self, spider, started):
        started(spider)
        for target in spider.targets:
            target.see(spider.started)
        login, failure = spider.login(), Failure(OSError("no route"))
        failure.request = login
        login.errback(failure)
        assert "no route" in spider.errors[0]
        assert [target.cursor for target in spider.targets] == [None, None]


class TestSearch:
    @pytest.fixture
    def first(self, spider: Any) -> Request:
        return spider.page(spider.target("q"), bluesky.Search(query="q", since="2026-01-01T00:00:00Z"))

    def test_it_asks_from_the_cursor_on_or_a_year_back(self, spider, started, follow, now):
        spider.cursors = {"kettle": now - timedelta(days=1)}
        (login,) = started(spider)
        _, requests = follow(login, {"accessJwt": "one"})
        assert [asked(request)["since"] for request in requests] == [
            [f"{now - timedelta(days=4):%FT%TZ}"],
            [f"{now - timedelta(days=365):%FT%TZ}"],
        ]
        assert asked(requests[0])["sort"] == ["latest"]

    def test_it_follows_the_cursor_until_nothing_is_new(self, first, follow):
        posts, (second,) = follow(first, {"posts": [view("3k9"), view("3k8")], "cursor": "2"})
        assert keys(posts) == ["3k9", "3k8"]
        assert asked(second) == {**asked(first), "cursor": ["2"]}
        posts, (third,) = follow(second, {"posts": [view("3k8"), view("3k7")], "cursor": "4"})
        assert keys(posts) == ["3k7"]
        assert follow(third, {"posts": [view("3k7")], "cursor": "5"}) == ([], [])

    def test_a_page_without_a_cursor_is_the_last_unless_it_is_full(self, first, follow, monkeypatch):
        monkeypatch.setattr(bluesky, "PAGE_SIZE", 2)
        rows = [view("3k9"), view("3k8", "2026-11-19T10:00:00.500Z")]
        _, (second,) = follow(first, {"posts": rows})
        assert asked(second)["until"] == ["2026-11-19T10:00:01Z"]
        assert follow(second, {"posts": rows[1:]}) == ([], [])

    def test_a_post_with_replies_leads_to_its_thread(self, first, follow):
        _, (thread,) = follow(first, {"posts": [view("3k9", replies=1), view("3k8")]})
        assert asked(thread) == {"uri": [uri("3k9")], "depth": ["100"]}
        assert thread.meta["at"] == datetime(2026, 11, 20, 10, tzinfo=UTC)

    def test_a_time_that_the_author_s_app_made_up_is_not_believed(self, spider):
        row = {**view("3k9", at="2031-01-01T00:00:00Z"), "indexedAt": "2026-11-20T10:00:00Z"}
        assert bluesky.to_post(row, spider.started).posted_at == datetime(2026, 11, 20, 10, tzinfo=UTC)

    @pytest.mark.parametrize("row", [None, {}, {**view("3k1"), "uri": "https://x.example"}])
    def test_a_broken_row_costs_itself(self, spider, first, row, follow):
        posts, _ = follow(first, {"posts": [row, view("3k9")]})
        assert keys(posts) == ["3k9"]
        assert len(spider.errors) == 1

    def test_what_the_api_refuses_is_told_in_its_words(self, first):
        with pytest.raises(BadReply, match="HTTP 400: InvalidRequest: bad q"):
            refuse(first, {"error": "InvalidRequest", "message": "bad q"})


class TestThread:
    @pytest.fixture
    def first(self, spider: Any) -> Request:
        return spider.thread(spider.target("t"), uri("3k1"))

    def test_parents_and_replies_are_read_and_what_is_gone_is_deleted(self, first, follow):
        gone = {"$type": "app.bsky.feed.defs#notFoundPost", "uri": uri("3k7"), "notFound": True}
        blocked = {"$type": "app.bsky.feed.defs#blockedPost", "uri": uri("3k8"), "blocked": True}
        reply = {"parent": {"uri": uri("3k1")}, "root": {"uri": uri("3k0")}}
        thread = node(view("3k1"), node(view("3k2", reply=reply)), gone, blocked, parent=node(view("3k0")))
        posts, more = follow(first, {"thread": thread})
        assert [(key, post.is_deleted) for key, post in zip(keys(posts), posts, strict=True)] == [
            ("3k1", False),
            ("3k0", False),
            ("3k2", False),
            ("3k7", True),
        ]
        assert posts[2].parent_id == f"{DID}/3k1"
        assert more == []

    def test_a_thread_cut_short_goes_on_from_its_deepest_posts(self, first, follow):
        thread = node(view("3k1", replies=2), node(view("3k2", replies=1)), node(view("3k3")))
        _, (deeper,) = follow(first, {"thread": thread})
        assert asked(deeper)["uri"] == [uri("3k2")]
        assert follow(deeper, {"thread": node(view("3k2", replies=1))})[1] == []

    def test_a_deep_thread_is_no_deep_recursion(self):
        thread = node(view("3kz"))
        for number in range(3000):
            thread = node(view(f"3k{number}", replies=1), thread)
        assert sum(1 for _ in bluesky.every_node(thread)) == 3001

    def test_a_post_that_is_gone_is_deleted(self, first):
        (post,) = refuse(first, NOT_FOUND)
        assert (post.source_id, post.is_deleted) == (f"{DID}/3k1", True)

    def test_a_handle_that_leads_nowhere_is_an_error(self, spider):
        first = spider.thread(spider.target("t"), "at://ada-l.example/app.bsky.feed.post/3k1")
        with pytest.raises(BadReply, match="NotFound"):
            refuse(first, NOT_FOUND)

    @pytest.mark.parametrize(
        "address",
        [uri("3k1"), f"https://bsky.app/profile/{DID}/post/3k1", "https://bsky.app/profile/a.b/post/3k1"],
    )
    def test_an_address_reads_that_thread_and_its_cursor_has_no_name(self, address, make, started, follow):
        spider = make(bluesky.BlueskySpider, f'queries = ["{address}"]')
        _, (thread,) = follow(started(spider)[0], {"accessJwt": "one"})
        actor = "a.b" if "a.b" in address else DID
        assert asked(thread)["uri"] == [f"at://{actor}/app.bsky.feed.post/3k1"]
        assert [target.name for target in spider.targets] == ["post 3k1"]

    def test_an_author_is_named_only_as_the_author(self, spider):
        post = bluesky.to_post(view("3k1", text="I, Ada-L.example, hate it"), spider.started)
        assert (post.author, post.text) == (DID, "I, [name], hate it")
        assert "ada" not in f"{post.source_id} {post.url}"


class TestRecheck:
    @pytest.fixture
    def requests(self, spider: Any, follow: Any) -> list[Request]:
        ids = [f"{DID}/3k{number}" for number in range(30)]

        async def begin() -> list[Any]:
            return [it async for it in spider.recheck(ids)]

        (login,) = asyncio.run(begin())
        return follow(login, {"accessJwt": "one"})[1]

    def test_it_asks_for_25_at_a_time(self, requests):
        assert [len(asked(request)["uris"]) for request in requests] == [25, 5]
        assert asked(requests[1])["uris"][0] == uri("3k25")

    def test_what_is_there_is_yielded_and_what_is_not_is_asked_for_alone(self, requests, follow):
        rows = [view(f"3k{number}") for number in (25, 26, 28, 29)]
        posts, (alone,) = follow(requests[1], {"posts": rows})
        assert keys(posts) == ["3k25", "3k26", "3k28", "3k29"]
        assert asked(alone) == {"uri": [uri("3k27")], "depth": ["0"], "parentHeight": ["0"]}
        (deletion,) = refuse(alone, NOT_FOUND)
        assert isinstance(deletion, Post)
        assert (deletion.source_id, deletion.is_deleted) == (f"{DID}/3k27", True)

    def test_who_has_blocked_us_has_deleted_nothing(self, requests, follow):
        _, (alone, *_) = follow(requests[1], {"posts": []})
        blocked = {"$type": "app.bsky.feed.defs#blockedPost", "uri": uri("3k25"), "blocked": True}
        assert follow(alone, {"thread": blocked}) == ([], [])

    @pytest.mark.parametrize("reply", [{"error": "x"}, {}, {"posts": None}, "<html></html>"])
    def test_an_outage_deletes_nothing(self, requests, reply, follow):
        with pytest.raises((ValueError, LookupError, TypeError)):
            follow(requests[0], reply)

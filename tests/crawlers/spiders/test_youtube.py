"""What the spider of YouTube asks for, when it stops, and what it takes for deleted."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from scrapy.http import Request, TextResponse
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

from crawlers.spider import BadReply
from crawlers.spiders import youtube
from crawlers.spiders.youtube import WITNESS, YoutubeSpider

VIDEO, CHANNEL = "kettlewick1", "UCkettlewickkettlewickke"


def query(request: Request) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(request.url).query).items()}


def method(request: Request) -> str:
    return urlsplit(request.url).path.removeprefix("/youtube/v3/")


def comment(ident: str, at: str = "2026-06-01T10:00:00Z", **changes: Any) -> dict[str, Any]:
    snippet = {
        "textDisplay": "It leaks.",
        "authorDisplayName": "@ada_l",
        "authorChannelId": {"value": "UCada"},
        "likeCount": 3,
        "publishedAt": at,
        "updatedAt": at,
    }
    return {"id": ident, "snippet": {**snippet, **changes}}


def thread(
    ident: str, at: str = "2026-06-01T10:00:00Z", n: int = 0, replies: list[Any] | None = None, **changes: Any
) -> dict[str, Any]:
    snippet = {"videoId": VIDEO, "topLevelComment": comment(ident, at), "totalReplyCount": n, **changes}
    return {"id": ident, "snippet": snippet, **({"replies": {"comments": replies}} if replies else {})}


def page(*items: Any, following: str | None = None) -> dict[str, Any]:
    return {"items": list(items), **({"nextPageToken": following} if following else {})}


def result(ident: str, at: str, title: str = "Kettlewick") -> dict[str, Any]:
    return {"id": {"videoId": ident}, "snippet": {"title": title, "channelId": "UCada", "publishedAt": at}}


def fail(request: Request, status: int, reason: str | None) -> list[Any]:
    """Hand an error of YouTube's, or with no reason one of somebody else's, to a request."""
    body = json.dumps({"error": {"errors": [{"reason": reason}]}}) if reason else "<title>Blocked</title>"
    response = TextResponse(request.url, status=status, body=body.encode(), request=request)
    failure = Failure(HttpError(response, "an error"))
    failure.request = request  # type: ignore[attr-defined]
    return list(request.errback(failure) or [])


def rechecks(spider: Any, *ids: str) -> list[Request]:
    async def collect() -> list[Request]:
        return [request async for request in spider.recheck(ids)]

    return asyncio.run(collect())


class TestCrawl:
    def test_it_asks_for_videos_channels_and_queries_with_the_key_out_of_sight(self, make, started):
        spider = make(
            YoutubeSpider,
            f'videos = ["{VIDEO}", "{VIDEO}", "kettlewick2"]\n'
            f'channels = ["{CHANNEL}"]\nqueries = ["kettles"]',
        )
        titles, first, second, channel, search = started(spider)
        assert (method(titles), query(titles)["id"]) == ("videos", f"{VIDEO},kettlewick2")
        assert [query(request)["videoId"] for request in (first, second)] == [VIDEO, "kettlewick2"]
        assert query(first)["order"] == "time"
        assert query(first)["textFormat"] == "plainText"
        assert query(channel)["allThreadsRelatedToChannelId"] == CHANNEL
        assert (method(search), query(search)["q"], query(search)["maxResults"]) == (
            "search",
            "kettles",
            "50",
        )
        assert query(search)["publishedAfter"] == "2025-11-22T12:00:00Z"
        for request in (titles, first, second, channel, search):
            assert request.headers["X-Goog-Api-Key"] == b"a secret"
            assert "secret" not in request.url

    def test_brand_names_are_searched_for_only_where_nothing_else_is_given(self, make, started):
        assert [query(it)["q"] for it in started(make(YoutubeSpider))] == ["Kettlewick", "kettlewick inc"]
        assert "search" not in map(method, started(make(YoutubeSpider, f'videos = ["{VIDEO}"]')))
        assert "search" not in map(method, started(make(YoutubeSpider, f'channels = ["{CHANNEL}"]')))

    def test_a_search_goes_back_to_videos_that_still_get_comments(self, make, started, follow):
        spider = make(YoutubeSpider, since="2026-11-01T00:00:00Z")
        search, _ = started(spider)
        assert query(search)["publishedAfter"] == "2026-10-02T00:00:00Z"
        title = "Ada&#39;s &amp; Bo&#39;s kettle"
        posts, requests = follow(search, page(result(VIDEO, "2026-10-20T00:00:00Z", title), following="x"))
        assert [(post.source_id, post.title, post.text) for post in posts] == [
            (VIDEO, "Ada's & Bo's kettle", "")
        ]
        assert [(method(it), query(it).get("videoId")) for it in requests] == [("commentThreads", VIDEO)]
        _, again = follow(search, page(result(VIDEO, "2026-10-20T00:00:00Z")))
        assert again == [], "two searches that find a video read it once"

    def test_a_video_found_has_a_cursor_of_its_own(self, make, started, follow):
        spider = make(YoutubeSpider)
        spider.cursors = {f"video {VIDEO}": datetime(2026, 6, 20, tzinfo=UTC)}
        search, _ = started(spider)
        _, (known, new) = follow(
            search, page(result(VIDEO, "2026-06-01T00:00:00Z"), result("kettlewick2", "2026-06-01T00:00:00Z"))
        )
        assert known.cb_kwargs["target"].since == datetime(2026, 6, 20, tzinfo=UTC) - spider.overlap
        assert new.cb_kwargs["target"].since is None

    def test_it_asks_for_the_replies_that_did_not_come(self, make, started, follow):
        _, first = started(make(YoutubeSpider, f'videos = ["{VIDEO}"]'))
        whole = thread("A", n=1, replies=[comment("A.1")])
        part = thread("B", "2026-06-02T10:00:00Z", n=3, replies=[comment("B.1")])
        posts, (replies,) = follow(first, page(whole, part, thread("C")))
        assert [post.source_id for post in posts] == ["A", "A.1", "B", "B.1", "C"]
        assert {post.source_id: post.parent_id for post in posts} == {
            "A": VIDEO,
            "B": VIDEO,
            "C": VIDEO,
            "A.1": "A",
            "B.1": "B",
        }
        assert all(
            post.url == f"https://www.youtube.com/watch?v={VIDEO}&lc={post.source_id}" for post in posts
        )
        assert (method(replies), query(replies)["parentId"]) == ("comments", "B")
        assert replies.meta["at"] == datetime(2026, 6, 2, 10, tzinfo=UTC)
        posts, (more,) = follow(replies, page(comment("B.2"), comment("B.1"), following="next"))
        assert next((post.source_id, post.url) for post in posts) == (
            "B.2",
            f"https://www.youtube.com/watch?v={VIDEO}&lc=B.2",
        )
        assert (query(more)["pageToken"], more.meta["at"]) == ("next", replies.meta["at"])
        assert follow(more, page(comment("B.2"), comment("B.1"), following="again")) == ([], [])

    def test_paging_ends_with_what_is_known_or_repeated(self, make, started, follow):
        source = f'videos = ["{VIDEO}"]'
        _, first = started(make(YoutubeSpider, source, since="2026-05-01"))
        rows = [thread("A", "2026-05-02T00:00:00Z"), thread("B", "2026-04-01T00:00:00Z")]
        posts, (following,) = follow(first, page(*rows, following="x"))
        assert len(posts) == 2
        assert query(following)["pageToken"] == "x"
        assert follow(following, page(*rows, following="y")) == ([], []), "the same page again"
        posts, more = follow(following, page(thread("C", "2026-03-01T00:00:00Z"), following="z"))
        assert ([post.source_id for post in posts], more) == (["C"], [])

    def test_a_thread_without_an_id_costs_itself(self, make, started, follow):
        spider = make(YoutubeSpider, f'videos = ["{VIDEO}"]')
        _, first = started(spider)
        broken = thread("A")
        del broken["id"], broken["snippet"]["topLevelComment"]["id"]
        posts, (following,) = follow(first, page(broken, thread("B"), following="x"))
        assert [post.source_id for post in posts] == ["B"]
        assert spider.errors == [f"video {VIDEO}: a record has an unknown shape: KeyError: 'id'"]
        assert follow(following, page(broken, thread("B"), following="y")) == ([], [])
        assert len(spider.errors) == 2

    def test_a_named_video_is_read_to_its_end_and_a_channel_for_a_year(self, make, started, follow):
        old = page(thread("A", "2019-06-01T00:00:00Z", videoId="kettlewick9"), following="x")
        _, video, channel = started(make(YoutubeSpider, f'videos = ["{VIDEO}"]\nchannels = ["{CHANNEL}"]'))
        assert [method(it) for it in follow(channel, old)[1]] == ["videos"]
        assert [method(it) for it in follow(video, old)[1]] == ["commentThreads"]

    def test_the_titles_of_a_channel_s_videos_are_asked_for_once(self, make, started, follow):
        (channel,) = started(make(YoutubeSpider, f'channels = ["{CHANNEL}"]'))
        rows = [thread("A"), thread("B"), thread("C", videoId="kettlewick2")]
        del rows[1]["snippet"]["videoId"]
        posts, (titles,) = follow(channel, page(*rows))
        assert query(titles)["id"] == f"{VIDEO},kettlewick2"
        assert [(post.parent_id, post.url is None) for post in posts][1] == (None, True)
        snippet = {**result(VIDEO, "2026-06-01T00:00:00Z")["snippet"], "description": "Buy a Panopix!"}
        (video,), more = follow(titles, page({"id": VIDEO, "snippet": snippet}))
        assert (video.source_id, video.title, video.text, more) == (VIDEO, "Kettlewick", "", [])
        assert follow(channel, page(thread("D")))[1] == []

    def test_a_comment_is_read_without_its_author_s_name(self, now):
        post = youtube.comment_to_post(comment("A"), now)
        assert (post.author, post.score, post.edited_at) == ("UCada", 3, None)
        assert "ada_l" not in str(post)
        edited = comment("A", updatedAt="2026-06-02T10:00:00Z")
        del edited["snippet"]["authorChannelId"]
        post = youtube.comment_to_post(edited, now)
        assert (post.author, post.edited_at) == (None, datetime(2026, 6, 2, 10, tzinfo=UTC))

    def test_comments_that_are_switched_off_are_no_error(self, make, started):
        spider = make(YoutubeSpider, f'videos = ["{VIDEO}"]')
        _, first = started(spider)
        assert fail(first, 403, "commentsDisabled") == []
        assert (spider.errors, spider.n_refused, first.cb_kwargs["target"].is_failed) == ([], 0, False)

    def test_a_spent_quota_ends_the_run_and_holds_the_cursor(self, make, started):
        spider = make(YoutubeSpider, f'videos = ["{VIDEO}"]')
        _, first = started(spider)
        fail(first, 403, "quotaExceeded")
        assert spider.errors == [f"{first.url}: HTTP 403, quotaExceeded"]
        assert (spider.n_refused, first.cb_kwargs["target"].is_failed) == (1, True)
        assert "www.googleapis.com" in spider.rested_until

    @pytest.mark.parametrize(("status", "reason"), [(404, "videoNotFound"), (400, "keyInvalid"), (403, None)])
    def test_any_other_error_is_told_and_costs_itself(self, make, started, status, reason):
        spider = make(YoutubeSpider, f'videos = ["{VIDEO}"]')
        _, first = started(spider)
        fail(first, status, reason)
        assert spider.errors == [f"{first.url}: HTTP {status}" + (f", {reason}" if reason else "")]
        assert spider.n_refused == (status == 403)
        assert first.cb_kwargs["target"].is_failed
        assert spider.rested_until == {}


class TestRecheck:
    def test_what_is_missing_is_deleted_and_what_is_there_is_read(self, make, follow):
        spider = make(YoutubeSpider)
        videos, ask = rechecks(spider, VIDEO, "kettlewick2", "A", "A.1", "B")
        assert (method(videos), query(videos)["id"]) == ("videos", f"{VIDEO},kettlewick2,{WITNESS}")
        snippet = result(VIDEO, "2026-06-01T00:00:00Z", "A new title")["snippet"]
        there = [{"id": ident, "snippet": snippet} for ident in (WITNESS, VIDEO)]
        (video, gone), _ = follow(videos, page(*there))
        assert (video.source_id, video.title, video.is_deleted) == (VIDEO, "A new title", False)
        assert (gone.source_id, gone.is_deleted) == ("kettlewick2", True)

        assert (method(ask), query(ask)["videoId"]) == ("commentThreads", WITNESS)
        _, (threads, replies) = follow(ask, page({"id": "LIVE"}))
        assert (method(threads), query(threads)["id"]) == ("commentThreads", "A,B,LIVE")
        assert (method(replies), query(replies)["id"]) == ("comments", "A.1,LIVE")
        (post, gone), _ = follow(threads, page(thread("LIVE"), thread("A", n=4)))
        assert (post.source_id, post.parent_id, post.n_replies) == ("A", VIDEO, 4)
        assert (gone.source_id, gone.is_deleted) == ("B", True)
        (reply,), _ = follow(replies, page(comment("LIVE"), comment("A.1", textDisplay="Edited.")))
        assert (reply.source_id, reply.parent_id, reply.text) == ("A.1", "A", "Edited.")

    def test_an_outage_deletes_nothing(self, make, follow):
        spider = make(YoutubeSpider)
        videos, ask = rechecks(spider, VIDEO, "A")
        with pytest.raises(BadReply, match="found 0 others"):
            follow(videos, page())
        with pytest.raises(IndexError):
            follow(ask, page())
        _, (threads,) = follow(ask, page({"id": "LIVE"}))
        with pytest.raises(BadReply, match="expected LIVE among the commentThreads, found 1 others"):
            follow(threads, page(thread("A")))
        assert fail(threads, 403, "quotaExceeded") == []
        assert fail(threads, 404, None) == [], "a 404 of somebody else's"
        assert len(spider.errors) == 2

    def test_fifty_at_a_time(self, make, follow):
        _, (first, second) = follow(
            rechecks(make(YoutubeSpider), *(f"A{n}" for n in range(60)))[0], page({"id": "L"})
        )
        assert [len(query(it)["id"].split(",")) for it in (first, second)] == [50, 12]

    def test_where_one_of_many_is_not_found_it_is_found_out_which(self, make, follow):
        (ask,) = rechecks(make(YoutubeSpider), "A", "B", "C")
        _, (threads,) = follow(ask, page({"id": "LIVE"}))
        one, two = fail(threads, 404, "commentThreadNotFound")
        assert [query(it)["id"] for it in (one, two)] == ["A,LIVE", "B,C,LIVE"]
        (alone,) = fail(one, 404, "commentThreadNotFound")
        assert query(alone)["id"] == "A", "it may be the other that has gone"
        (gone,) = fail(alone, 404, "commentThreadNotFound")
        assert (gone.source_id, gone.is_deleted) == ("A", True)
        assert [post.source_id for post in follow(alone, page(thread("A")))[0]] == ["A"]
        with pytest.raises(BadReply):
            follow(alone, page())


def test_what_a_search_finds_is_watched_longer_than_the_overlap():
    assert YoutubeSpider.overlap + timedelta(days=7) < youtube.WATCHED

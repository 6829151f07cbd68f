"""What the spider of Lemmy asks, when it stops, and how it reads odd posts and comments."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crawlers.spiders import lemmy

INSTANCE = "burrow.example"
AT = "2026-11-20T10:00:00.123456Z"
BASE = f"https://{INSTANCE}/api/v3/"


def post(number: int, at: str = AT, comments: int = 0, **more: object) -> dict[str, Any]:
    row = {
        "id": number,
        "ap_id": f"https://{INSTANCE}/post/{number}",
        "name": f"Kettle {number}",
        "published": at,
        "deleted": False,
        "removed": False,
        **more,
    }
    return {**around(), "post": row, "counts": {"score": 1, "comments": comments}}


def comment(number: int, path: str, at: str = AT, **more: object) -> dict[str, Any]:
    row = {
        "id": number,
        "ap_id": f"https://{INSTANCE}/comment/{number}",
        "content": f"Lid {number}",
        "path": path,
        "published": at,
        "deleted": False,
        "removed": False,
        **more,
    }
    counts = {"score": 1, "child_count": 0}
    return {**around(), "comment": row, "post": post(1)["post"], "counts": counts}


def around() -> dict[str, Any]:
    creator = {"name": "ada_l", "actor_id": "https://nest.example/u/ada_l"}
    return {"creator": creator, "community": {"name": "kettles", "actor_id": f"https://{INSTANCE}/c/kettles"}}


def ids(posts: Any) -> list[str]:
    return [post.source_id.partition("/")[2] for post in posts]


class TestWhatItAsks:
    def urls(self, spider: Any, started: Any) -> list[str]:
        return [request.url.removeprefix(BASE) for request in started(spider)]

    def test_each_community_is_asked_for_posts_and_comments(self, make, started):
        spider = make(
            lemmy.LemmySpider, f'instances = ["{INSTANCE}"]\ncommunities = ["kettles@nest.example"]'
        )
        rest = "community_name=kettles%40nest.example&type_=All&sort=New&limit=50&page=1"
        assert self.urls(spider, started) == [f"post/list?{rest}", f"comment/list?{rest}"]
        assert len({target.name for target in spider.targets}) == 2

    def test_without_communities_and_queries_the_names_are_the_queries(self, make, started):
        spider = make(lemmy.LemmySpider, f'instances = ["{INSTANCE}", "nest.example"]')
        urls = self.urls(spider, started)
        assert urls[0] == "search?q=Kettlewick&type_=Posts&listing_type=All&sort=New&limit=50&page=1"
        assert urls[1] == urls[0].replace("Posts", "Comments")
        assert len(urls) == 2 * 2 * 2
        assert sorted(spider.allowed_domains) == [INSTANCE, "nest.example"]

    def test_an_address_reads_that_post_there(self, make, started):
        spider = make(lemmy.LemmySpider, 'queries = ["https://nest.example/post/7"]')
        assert self.urls(spider, started) == ["https://nest.example/api/v3/post?id=7"]
        assert spider.allowed_domains == ["nest.example"]
        assert spider.errors == []

    def test_no_instances_is_an_error(self, make, started):
        spider = make(lemmy.LemmySpider, 'communities = ["kettles"]')
        assert started(spider) == []
        assert "expected instances" in spider.errors[0]


class TestPaging:
    @pytest.fixture
    def spider(self, make: Any, monkeypatch: Any) -> Any:
        monkeypatch.setattr(lemmy, "PAGE_SIZE", 2)
        return make(lemmy.LemmySpider, f'instances = ["{INSTANCE}"]')

    def test_full_pages_are_followed_by_another(self, spider, follow):
        first = spider.community(INSTANCE, "kettles", "post")
        posts, (second,) = follow(first, {"posts": [post(9), post(8)]})
        assert ids(posts) == ["post/9", "post/8"]
        assert second.url == first.url.replace("page=1", "page=2")
        posts, more = follow(second, {"posts": [post(8)]})
        assert (posts, more) == ([], [])

    def test_a_page_that_repeats_another_ends_it(self, spider, follow):
        first = spider.community(INSTANCE, "kettles", "post")
        _, (second,) = follow(first, {"posts": [post(9), post(8)]})
        assert follow(second, {"posts": [post(9), post(8)]}) == ([], [])
        first = spider.thread(spider.target("t"), INSTANCE, 1, None)
        rows = [comment(2, "0.2"), comment(3, "0.3")]
        _, (second,) = follow(first, {"comments": rows})
        assert follow(second, {"comments": rows}) == ([], [])

    def test_old_posts_end_it_but_not_the_pinned_ones_before_the_newest(self, spider, follow, now):
        spider.cursors = {f"{INSTANCE} kettles posts": now}
        old, new = (f"{now - timedelta(days=days):%FT%TZ}" for days in (4, 2))
        first = spider.community(INSTANCE, "kettles", "post")
        _, (second,) = follow(first, {"posts": [post(1, old), post(9, new)]})
        posts, more = follow(second, {"posts": [post(8, old), post(7, old)]})
        assert (ids(posts), more) == (["post/8", "post/7"], [])

    def test_a_thread_is_read_to_its_end_however_old(self, spider, follow):
        at = datetime(2024, 1, 1, tzinfo=UTC)
        first = spider.thread(spider.target("t"), INSTANCE, 1, at)
        old = "2024-01-02T00:00:00Z"
        posts, (second,) = follow(first, {"comments": [comment(2, "0.2", old), comment(3, "0.2.3", old)]})
        assert [first.meta["at"], second.meta["at"]] == [at, at]
        posts, _ = follow(second, {"comments": [comment(4, "0.2.3.4", old)]})
        assert posts[0].parent_id == f"{INSTANCE}/comment/3"

    def test_a_search_leads_to_the_threads_of_posts_and_a_community_does_not(self, spider, follow):
        found = post(9, comments=3)
        _, (thread,) = follow(spider.search(INSTANCE, "kettle", "Posts"), {"posts": [found]})
        assert thread.url == f"{BASE}comment/list?post_id=9&type_=All&sort=Old&limit=2&page=1"
        assert thread.meta["at"] == datetime(2026, 11, 20, 10, 0, 0, 123456, tzinfo=UTC)
        assert follow(spider.community(INSTANCE, "kettles", "post"), {"posts": [found]})[1] == []

    @pytest.mark.parametrize("reply", [{"error": "no"}, {"posts": {}}, []])
    def test_a_reply_of_another_shape_is_no_empty_one(self, spider, reply, follow):
        with pytest.raises((LookupError, TypeError, ValueError)):
            follow(spider.search(INSTANCE, "kettle", "Posts"), reply)


class TestOddRows:
    @pytest.fixture
    def spider(self, make: Any) -> Any:
        return make(lemmy.LemmySpider, f'instances = ["{INSTANCE}"]')

    def test_a_comment_whose_parent_is_unknown_answers_the_post(self, spider, follow):
        rows = [comment(5, "0.3.4.5"), comment(4, "0.3.4"), comment(2, "0.2")]
        posts, _ = follow(spider.community(INSTANCE, "kettles", "comment"), {"comments": rows})
        parents = [post.parent_id.partition("/")[2] for post in posts]
        assert parents == ["comment/4", "post/1", "post/1"]

    @pytest.mark.parametrize("how", ["deleted", "removed"])
    def test_what_is_gone_is_told_as_deleted(self, spider, how, follow):
        posts, _ = follow(spider.search(INSTANCE, "k", "Posts"), {"posts": [post(9, **{how: True})]})
        assert [post.is_deleted for post in posts] == [True]

    @pytest.mark.parametrize("row", [None, {}, {"post": {}}, post(8, ap_id=None), post(8, published="soon")])
    def test_a_broken_one_costs_itself(self, spider, row, follow):
        posts, _ = follow(spider.search(INSTANCE, "k", "Posts"), {"posts": [row, post(9)]})
        assert ids(posts) == ["post/9"]
        assert len(spider.errors) == 1

    def test_a_broken_comment_does_not_hide_its_answers(self, spider, follow):
        rows = [{"comment": {"id": "x"}}, comment(4, "0.3.4")]
        posts, _ = follow(spider.community(INSTANCE, "kettles", "comment"), {"comments": rows})
        assert ids(posts) == ["comment/4"]

    def test_nobody_is_named_but_as_the_author(self, spider, follow):
        row = comment(
            4, "0.4", ap_id="https://hatch.example/users/ada_l/statuses/9", content="ada_l &amp; <b>"
        )
        (found,), _ = follow(spider.community(INSTANCE, "kettles", "comment"), {"comments": [row]})
        assert found.source_id == "hatch.example/statuses/9"
        assert found.text == "[name] & <b>"
        assert found.author == "https://nest.example/u/ada_l"
        assert found.community == f"{INSTANCE}/c/kettles"

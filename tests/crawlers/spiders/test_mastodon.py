"""What the spider of Mastodon asks, with and without a token, when it stops, how it reads odd statuses."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crawlers.errors import Mistake
from crawlers.spiders import mastodon

NEXT = '<https://elsewhere.example/api/v1/timelines/tag/x?max_id=7&limit=1>; rel="next"'
INSTANCES = 'instances = ["hatch.example", "perch.example"]\n'


def status(number: int, at: str = "2026-11-20T10:00:00.000Z", **more: object) -> dict[str, Any]:
    return {
        "id": str(number),
        "uri": f"https://nest.example/users/ada_l/statuses/{number}",
        "created_at": at,
        "edited_at": None,
        "in_reply_to_id": None,
        "spoiler_text": "",
        "visibility": "public",
        "language": "en",
        "content": f"<p>Kettle {number}</p>",
        "reblog": None,
        "account": {"username": "ada_l"},
        "replies_count": 0,
        "favourites_count": 0,
        **more,
    }


def ids(posts: Any) -> list[str]:
    return [post.source_id.rpartition("/")[2] for post in posts]


class TestWhatItAsks:
    def urls(self, spider: Any, started: Any) -> list[str]:
        return [request.url for request in started(spider)]

    def test_each_instance_is_asked_for_each_tag_once(self, make, started):
        spider = make(mastodon.MastodonSpider, f'{INSTANCES}tags = ["Kettlewick", "kettlewick", "Größe"]')
        assert self.urls(spider, started) == [
            "https://hatch.example/api/v1/timelines/tag/kettlewick?limit=40",
            "https://hatch.example/api/v1/timelines/tag/gr%C3%B6%C3%9Fe?limit=40",
            "https://perch.example/api/v1/timelines/tag/kettlewick?limit=40",
            "https://perch.example/api/v1/timelines/tag/gr%C3%B6%C3%9Fe?limit=40",
        ]
        assert sorted(spider.allowed_domains) == ["hatch.example", "perch.example"]

    def test_without_tags_and_queries_the_names_are_tags(self, make, started):
        spider = make(mastodon.MastodonSpider, 'instances = ["hatch.example"]')
        tags = [url.rpartition("/")[2] for url in self.urls(spider, started)]
        assert tags == ["kettlewick?limit=40", "kettlewickinc?limit=40"]
        assert spider.errors == []

    def test_a_search_without_a_token_is_told_once_per_instance_and_not_made(self, make, started):
        spider = make(mastodon.MastodonSpider, f'{INSTANCES}queries = ["kettle", "lid"]')
        spider.settings.set("HATEMINE_MASTODON_TOKENS", "perch.example=s3cret= other.example=x")
        requests = started(spider)
        assert [request.url for request in requests] == [
            "https://perch.example/api/v2/search?type=statuses&q=kettle&limit=40&offset=0",
            "https://perch.example/api/v2/search?type=statuses&q=lid&limit=40&offset=0",
        ]
        assert {request.headers["Authorization"] for request in requests} == {b"Bearer s3cret="}
        assert [error.partition(":")[0] for error in spider.errors] == ["hatch.example"]
        assert "HATEMINE_MASTODON_TOKENS" in spider.errors[0]
        assert spider.n_refused == 1

    def test_a_token_goes_to_its_own_instance_only(self, make, started):
        spider = make(mastodon.MastodonSpider, f'{INSTANCES}tags = ["kettle"]')
        spider.settings.set("HATEMINE_MASTODON_TOKENS", "hatch.example=s3cret")
        assert [request.headers.get("Authorization") for request in started(spider)] == [
            b"Bearer s3cret",
            None,
        ]

    def test_tokens_that_are_none_are_told_without_showing_them(self, make):
        spider = make(mastodon.MastodonSpider, INSTANCES)
        spider.settings.set("HATEMINE_MASTODON_TOKENS", "s3cret")
        with pytest.raises(Mistake, match="expected instance=token") as caught:
            spider.token("hatch.example")
        assert "s3cret" not in str(caught.value)

    def test_no_instances_is_an_error(self, make, started):
        spider = make(mastodon.MastodonSpider, 'tags = ["kettle"]')
        assert started(spider) == []
        assert "expected instances" in spider.errors[0]

    @pytest.mark.parametrize("path", ["@ada_l", "@ada_l@nest.example", "users/ada_l/statuses", "statuses"])
    def test_an_address_reads_the_status_and_its_thread_and_leaves_the_name_behind(self, path, make, started):
        spider = make(mastodon.MastodonSpider, f'queries = ["https://hatch.example/{path}/501"]')
        status_url = "https://hatch.example/api/v1/statuses/501"
        assert self.urls(spider, started) == [status_url, f"{status_url}/context"]
        assert [target.name for target in spider.targets] == ["hatch.example/statuses/501"]
        assert spider.allowed_domains == ["hatch.example"]


class TestPaging:
    @pytest.fixture
    def spider(self, make: Any) -> Any:
        return make(mastodon.MastodonSpider, INSTANCES)

    def test_a_timeline_goes_on_where_the_link_says_but_never_elsewhere(self, spider, follow):
        first = spider.timeline("hatch.example", "kettle")
        posts, (second,) = follow(first, [status(9), status(8)], headers={"Link": NEXT})
        assert ids(posts) == ["9", "8"]
        assert second.url == "https://hatch.example/api/v1/timelines/tag/kettle?limit=40&max_id=7"
        posts, more = follow(second, [status(8), status(7)], headers={})
        assert (ids(posts), more) == (["7"], [])

    @pytest.mark.parametrize("again", [[], [9, 8]])
    def test_an_empty_page_and_one_that_repeats_another_end_it(self, spider, again, follow):
        first = spider.timeline("hatch.example", "kettle")
        _, (second,) = follow(first, [status(9), status(8)], headers={"Link": NEXT})
        assert follow(second, [status(n) for n in again], headers={"Link": NEXT}) == ([], [])

    def test_it_stops_once_all_of_a_page_is_old(self, spider, follow, now):
        spider.cursors = {"hatch.example #kettle": now}
        first = spider.timeline("hatch.example", "kettle")
        old, new = (f"{now - timedelta(days=days):%FT%TZ}" for days in (4, 2))
        posts, (second,) = follow(first, [status(9, old), status(8, new)], headers={"Link": NEXT})
        posts, more = follow(second, [status(7, old), status(6, old)], headers={"Link": NEXT})
        assert (ids(posts), more) == (["7", "6"], [])

    def test_a_first_crawl_goes_a_year_back(self, spider, follow, now):
        first = spider.timeline("hatch.example", "kettle")
        at = f"{now - timedelta(days=364):%FT%TZ}"
        _, (second,) = follow(first, [status(9, at)], headers={"Link": NEXT})
        at = f"{now - timedelta(days=366):%FT%TZ}"
        assert follow(second, [status(8, at)], headers={"Link": NEXT})[1] == []

    def test_a_search_goes_on_by_offset_until_nothing_comes(self, spider, follow):
        first = spider.search("hatch.example", "kettle")
        posts, (second,) = follow(first, {"statuses": [status(9), status(8)]})
        assert ids(posts) == ["9", "8"]
        assert second.url == first.url.replace("offset=0", "offset=2")
        assert follow(second, {"statuses": []}) == ([], [])

    @pytest.mark.parametrize("reply", [{"error": "no"}, {"statuses": []}])
    def test_a_timeline_that_is_no_list_is_told(self, spider, reply, follow):
        with pytest.raises(ValueError, match="expected a list of statuses"):
            follow(spider.timeline("hatch.example", "kettle"), reply)


class TestThreads:
    @pytest.fixture
    def spider(self, make: Any) -> Any:
        return make(mastodon.MastodonSpider, INSTANCES)

    def test_replies_are_asked_for_and_cost_no_more_than_what_is_newer(self, spider, follow):
        row = status(9, replies_count=1, uri="https://loft.example/users/gull/statuses/70")
        _, (thread,) = follow(spider.timeline("hatch.example", "kettle"), [row, status(8)])
        assert thread.url == "https://hatch.example/api/v1/statuses/9/context"
        assert thread.meta["at"] == datetime(2026, 11, 20, 10, tzinfo=UTC)
        reply = {"ancestors": [], "descendants": [status(10, in_reply_to_id="9")]}
        (post,), more = follow(thread, reply)
        assert (post.source_id, post.parent_id) == ("nest.example/statuses/10", "loft.example/statuses/70")
        assert more == []

    def test_it_goes_on_below_replies_whose_own_are_missing(self, spider, follow):
        thread = spider.thread(spider.target("t"), "hatch.example", "9", {})
        below = [
            status(10, in_reply_to_id="9", replies_count=1),
            status(11, in_reply_to_id="10", replies_count=3),
            status(12, in_reply_to_id="9"),
        ]
        posts, (deeper,) = follow(thread, {"ancestors": [status(8, replies_count=1)], "descendants": below})
        assert ids(posts) == ["8", "10", "11", "12"]
        assert deeper.url == "https://hatch.example/api/v1/statuses/11/context"


class TestOddStatuses:
    @pytest.fixture
    def spider(self, make: Any) -> Any:
        return make(mastodon.MastodonSpider, INSTANCES)

    def test_boosts_and_what_is_not_public_are_left_out(self, spider, follow):
        rows = [
            status(1, reblog=status(9)),
            status(2, visibility="private"),
            status(3, visibility="direct"),
            status(4, visibility="unlisted"),
        ]
        posts, _ = follow(spider.timeline("hatch.example", "kettle"), rows)
        assert ids(posts) == ["4"]
        assert spider.errors == []

    @pytest.mark.parametrize(
        "row", [None, "x", {}, status(5, uri=None), status(5, uri="x"), status(5, created_at=[]), {"id": []}]
    )
    def test_a_broken_one_costs_itself(self, spider, row, follow):
        first = spider.timeline("hatch.example", "kettle")
        posts, _ = follow(first, [row, status(4)], headers={"Link": NEXT})
        assert ids(posts) == ["4"]
        assert len(spider.errors) == 1
        assert spider.targets[0].cursor is not None

    def test_the_author_is_one_on_every_instance_and_in_no_address(self, spider):
        row = status(9, account={"username": "ada_l"}, content="<p>I am ada_l</p>", spoiler_text="by Ada_L")
        here, there = (
            mastodon.to_post({**row, "id": number}, instance, {}, spider.started)
            for number, instance in (("9", "nest.example"), ("44", "hatch.example"))
        )
        assert here == there
        assert here.author == "ada_l@nest.example"
        assert (here.url, here.title) == ("https://nest.example/statuses/9", "by [name]")
        assert here.text == "I am [name]"

    @pytest.mark.parametrize(
        ("uri", "same"),
        [
            ("https://pond.example/objects/0d9e", "https://pond.example/objects/0d9f"),
            (
                "https://pond.example/users/ada_l/statuses/01HX",
                "https://pond.example/users/ada_l/statuses/01HY",
            ),
        ],
    )
    def test_other_addresses_are_hashed_and_read_on_the_instance(self, spider, uri, same):
        first, other = (
            mastodon.to_post(status(9, uri=it), "hatch.example", {}, spider.started) for it in (uri, same)
        )
        assert first.source_id.startswith("pond.example/")
        assert len(first.source_id) == len("pond.example/") + 32
        assert first.source_id != other.source_id
        assert first.url == "https://hatch.example/statuses/9"

    def test_markup_goes_and_lines_stay(self):
        content = "<p>One<br />two</p><p><del>3</del> &lt;3 <ruby>K<rt>k</rt></ruby></p>\n <p>end</p>"
        assert mastodon.words_of(content) == "One\ntwo\n\n3 <3 Kk\n\nend"

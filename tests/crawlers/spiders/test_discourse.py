"""What the spider of Discourse asks next, when it stops, and how it reads odd replies."""

import time
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from scrapy.http import Request, Response
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

from crawlers.spider import BadReply
from crawlers.spiders import discourse
from crawlers.spiders.discourse import own_words

SITE = 'sites = [{ url = "https://tea.example/" }]'
ABOUT = 'sites = [{ url = "https://tea.example", about = "Kettlewick" }]'


def post(number: int, **more: Any) -> dict[str, Any]:
    row = {"post_number": number, "post_type": 1, "username": "ada_l", "cooked": f"<p>Post {number}</p>"}
    times = {"created_at": "2026-11-01T08:00:00.000Z", "updated_at": "2026-11-02T08:00:00.000Z", "version": 1}
    counts = {"reply_to_post_number": None, "reply_count": 0, "actions_summary": []}
    return {"id": 1000 + number, **row, **times, **counts, **more}


def topic(posts: list[dict[str, Any]], stream: list[int] | None, **more: Any) -> dict[str, Any]:
    post_stream = {"posts": posts} if stream is None else {"posts": posts, "stream": stream}
    return {"id": 7, "title": "Leaks", "posts_count": 50, "post_stream": post_stream, **more}


def row(id_: int, bumped_at: str, **more: Any) -> dict[str, Any]:
    return {"id": id_, "created_at": "2019-01-01T08:00:00.000Z", "bumped_at": bumped_at, **more}


def ids_asked(request: Request) -> list[int]:
    return [int(id_) for id_ in parse_qs(urlsplit(request.url).query)["post_ids[]"]]


class TestStart:
    def test_a_site_is_searched_for_the_names_one_after_the_other(self, make, started, follow):
        spider = make(discourse.DiscourseSpider, SITE)
        (first,) = started(spider)
        found = parse_qs(urlsplit(first.url).query)
        assert found == {"q": ["Kettlewick after:2025-11-22 order:latest"], "page": ["1"]}
        empty = {"posts": [], "grouped_search_result": {"error": None, "more_full_page_results": None}}
        _, (second,) = follow(first, empty)
        assert "kettlewick+inc" in second.url
        assert follow(second, empty) == ([], [])

    def test_after_a_search_that_failed_comes_the_next(self, make, started):
        spider = make(discourse.DiscourseSpider, SITE)
        (first,) = started(spider)
        failure = Failure(HttpError(Response(first.url, status=429), "429"))
        failure.request = first
        (second,) = list(first.errback(failure))
        assert "kettlewick+inc" in second.url
        assert spider.n_refused == 1
        assert [target.is_failed for target in spider.targets] == [True, False]

    @pytest.mark.parametrize(
        ("source", "url"),
        [
            (ABOUT, "https://tea.example/latest.json?page=0"),
            (f'{ABOUT}\nqueries = ["leaks"]', "https://tea.example/search.json?q=leaks+after"),
            ('sites = [{ url = "https://tea.example/t/a-7/12/3" }]', "https://tea.example/t/12.json"),
            ('sites = [{ url = "https://tea.example/t/12/3?u=1" }]', "https://tea.example/t/12.json"),
            ('sites = [{ url = "https://a.example/tea/t/x/12" }]', "https://a.example/tea/t/12.json"),
            (
                'sites = [{ url = "https://tea.example/c/help/5" }]',
                "https://tea.example/c/help/5/l/latest.json?page=0",
            ),
            (
                'sites = [{ url = "https://tea.example/tag/leaks/" }]',
                "https://tea.example/tag/leaks.json?page=0",
            ),
        ],
    )
    def test_an_address_says_what_to_read(self, make, started, source, url):
        (first,) = started(make(discourse.DiscourseSpider, source))
        assert first.url.startswith(url)


class TestSearch:
    def found(self, *hits: tuple[int, str], more: bool = True) -> dict[str, Any]:
        posts = [{"topic_id": id_, "created_at": f"{day}T08:00:00.000Z"} for id_, day in hits]
        topics = [{"id": id_, "created_at": f"{day}T07:00:00.000Z"} for id_, day in hits]
        return {"posts": posts, "topics": topics, "grouped_search_result": {"more_full_page_results": more}}

    @pytest.fixture
    def spider(self, make: Any) -> Any:
        return make(discourse.DiscourseSpider, f'{SITE}\nqueries = ["leaks"]')

    def test_it_asks_for_the_topics_found_and_the_next_page(self, spider, started, follow, now):
        (first,) = started(spider)
        _, (leaks, old, second) = follow(first, self.found((7, "2026-11-05"), (8, "2024-01-01")))
        assert (leaks.url, second.url[-7:]) == ("https://tea.example/t/7.json", "&page=2")
        # What an old topic that cannot be read costs is not known.
        assert (leaks.meta["at"].day, old.meta["at"]) == (5, None)
        assert leaks.cb_kwargs["since"] == now - timedelta(days=365)
        assert spider.targets[0].newest.isoformat() == "2026-11-05T08:00:00+00:00"
        assert follow(second, self.found((7, "2026-11-05"))) == ([], [])

    def test_the_last_page_ends_it(self, spider, started, follow):
        (first,) = started(spider)
        _, requests = follow(first, self.found((7, "2026-11-05"), more=False))
        assert len(requests) == 1

    def test_after_ten_pages_it_goes_on_with_what_is_older(self, spider, started, follow):
        (request,) = started(spider)
        for page in range(1, 11):
            assert request.url.endswith(f"&page={page}")
            *_, request = follow(request, self.found((page, f"2026-10-{31 - page}")))[1]
        assert "before%3A2026-10-22+order%3Alatest&page=1" in request.url
        assert follow(request, self.found((10, "2026-10-21"))) == ([], [])

    def test_a_second_page_starts_no_other_search(self, make, started, follow):
        (first,) = started(make(discourse.DiscourseSpider, f'{SITE}\nqueries = ["leaks", "lid", "base"]'))
        _, (other, _, second) = follow(first, self.found((7, "2026-11-05")))
        assert "q=lid" in other.url
        _, requests = follow(second, self.found((8, "2026-11-04"), more=False))
        assert [request.url for request in requests] == ["https://tea.example/t/8.json"]

    def test_it_rests_after_a_search(self, spider, started, follow):
        (first,) = started(spider)
        follow(first, self.found())
        assert spider.rested_until["tea.example"] > time.monotonic() + 7

    def test_a_search_that_failed_politely_is_told(self, spider, started, follow):
        (first,) = started(spider)
        reply = {"posts": [], "grouped_search_result": {"error": "We are busy."}}
        with pytest.raises(BadReply, match=r"We are busy\."):
            follow(first, reply)


class TestListing:
    @pytest.fixture
    def spider(self, make: Any) -> Any:
        return make(discourse.DiscourseSpider, ABOUT, since="2026-11-01")

    def page(self, *rows: dict[str, Any], more: bool = True) -> dict[str, Any]:
        return {"topic_list": {"topics": rows, **({"more_topics_url": "/latest?page=1"} if more else {})}}

    def test_pinned_topics_do_not_end_it_and_old_ones_do(self, spider, started, follow):
        (first,) = started(spider)
        pinned = row(1, "2020-01-01T08:00:00.000Z", pinned=True)
        new, old = row(2, "2026-11-20T08:00:00.000Z"), row(3, "2026-10-30T08:00:00.000Z")
        _, (only,) = follow(first, self.page(pinned))
        assert only.url.endswith("/latest.json?page=1")
        _, (two, following) = follow(only, self.page(pinned, new, old))
        assert (two.url, following.url[-7:]) == ("https://tea.example/t/2.json", "?page=2")
        assert follow(following, self.page(pinned, row(4, "2026-10-29T08:00:00.000Z"))) == ([], [])
        assert spider.targets[0].newest.day == 20

    def test_a_page_that_repeats_another_and_the_last_one_end_it(self, spider, started, follow):
        (first,) = started(spider)
        new = row(2, "2026-11-20T08:00:00.000Z")
        _, (_, second) = follow(first, self.page(new))
        assert follow(second, self.page(new)) == ([], [])
        _, requests = follow(second, self.page(row(5, "2026-11-19T08:00:00.000Z"), more=False))
        assert [request.url for request in requests] == ["https://tea.example/t/5.json"]


class TestTopic:
    @pytest.fixture
    def spider(self, make: Any) -> Any:
        return make(discourse.DiscourseSpider, 'sites = [{ url = "https://tea.example/t/7" }]')

    def test_the_rest_is_asked_for_by_twenties(self, spider, started, follow):
        (first,) = started(spider)
        posts, (second,) = follow(first, topic([post(1), post(2)], [1001, 1002, *range(1003, 1026)]))
        assert [it.title for it in posts] == ["Leaks", None]
        assert [it.n_replies for it in posts] == [49, 0]
        assert second.url.startswith("https://tea.example/t/7/posts.json?")
        assert ids_asked(second) == list(range(1003, 1023))
        answers = [post(3, reply_to_post_number=2), post(4, reply_to_post_number=99)]
        posts, (third,) = follow(second, {"post_stream": {"posts": answers}})
        assert [it.parent_id for it in posts] == ["tea.example/1002", "tea.example/1001"]
        assert ids_asked(third) == [1023, 1024, 1025]
        assert follow(third, {"post_stream": {"posts": []}}) == ([], [])

    def test_posts_that_cannot_be_had_do_not_cost_the_next(self, spider, started, follow):
        (first,) = started(spider)
        _, (second,) = follow(first, topic([post(1)], [1001, *range(1003, 1026)]))
        failure = Failure(HttpError(Response(second.url, status=500), "500"))
        failure.request = second
        (third,) = list(second.errback(failure))
        assert ids_asked(third) == [1023, 1024, 1025]
        assert spider.targets[0].is_failed
        failure = Failure(OSError("unreachable"))
        failure.request = second
        assert list(second.errback(failure)) == []

    def test_posts_from_before_the_last_crawl_are_not_asked_for(self, make, started, follow):
        source = 'sites = [{ url = "https://tea.example/t/7" }]'
        (first,) = started(make(discourse.DiscourseSpider, source, since="2026-11-12"))
        lookup = [[1, 90], [3, 40], [5, 12], [6, 11], [8, 2]]
        _, (second,) = follow(first, topic([post(1)], list(range(1001, 1011)), timeline_lookup=lookup))
        # The place after the last of over eleven days is the first that may be newer.
        assert ids_asked(second) == list(range(1005, 1011))

    def test_a_topic_too_long_to_be_listed_is_told(self, spider, started, follow, now):
        (first,) = started(spider)
        posts, requests = follow(first, topic([post(1)], None))
        assert (len(posts), requests) == (1, [])
        assert "no list of its posts, of which there are 50" in spider.errors[0]
        assert spider.targets[0].held_at == now - timedelta(days=30)

    def test_a_short_topic_needs_no_list(self, spider, started, follow):
        (first,) = started(spider)
        assert len(follow(first, topic([post(1)], None, posts_count=1))[0]) == 1
        assert spider.errors == []

    def test_what_was_done_to_a_topic_is_no_post_and_what_is_gone_is_deleted(self, spider, started, follow):
        (first,) = started(spider)
        odd = [
            post(1),
            post(2, post_type=3),
            post(3, action_code="split_topic"),
            post(4, user_deleted=True),
            post(5, hidden=True),
            post(6, deleted_at="2026-11-02T08:00:00.000Z"),
            "nonsense",
            post(7, username=None),
        ]
        posts, _ = follow(first, topic(odd, [1001]))
        assert [(it.source_id[-4:], it.is_deleted) for it in posts] == [
            ("1001", False),
            ("1004", True),
            ("1005", True),
            ("1006", True),
            ("1007", False),
        ]
        assert posts[-1].author is None
        assert len(spider.errors) == 1

    def test_a_post_says_all_it_has(self, spider, started, follow):
        (first,) = started(spider)
        likes = [{"id": 2, "count": 4}, {"id": 3, "count": 9}]
        cooked = "<p>ada_l writes to ada_l@mail.example</p>"
        rows = [post(1, version=2, actions_summary=likes, cooked=cooked), post(2)]
        (it, unedited), _ = follow(first, topic(rows, [1001]))
        assert unedited.edited_at is None
        assert (it.source_id, it.url) == ("tea.example/1001", "https://tea.example/t/7/1")
        assert (it.author, it.community) == ("tea.example/ada_l", "tea.example")
        assert it.text == "[name] writes to [email]"
        assert (it.score, it.edited_at.day, it.parent_id, it.about) == (4, 2, None, None)


class TestOwnWords:
    @pytest.mark.parametrize(
        ("html", "lines"),
        [
            ("<p>One.</p>\n<p>Two<br>\nlines &amp; <b>bold</b>.</p>", ["One.", "Two", "lines & bold."]),
            ("<ul>\n<li>a</li>\n<li>b</li>\n</ul>", ["a", "b"]),
            ("<pre><code>a\nb\n</code></pre>after", ["a", "b", "after"]),
            ('<a href="/u/x">Link</a> and <code>code</code>', ["Link and code"]),
            (
                '<aside class="quote no-group"><div>ada:</div><blockquote>x</blockquote></aside><p>Mine</p>',
                ["Mine"],
            ),
            ("<blockquote><p>Theirs</p></blockquote>Mine", ["Mine"]),
            (
                '<aside class="onebox" data-onebox-src="https://a.example/x"><h3>Ad</h3></aside>tail',
                ["https://a.example/x", "tail"],
            ),
            (
                '<div class="lightbox-wrapper"><a class="lightbox" href="#"><img alt="lid">'
                '<div class="meta"><span>lid.png 90 KB</span></div></a></div>look',
                ["look"],
            ),
            ("a < b, and <3 you", ["a < b, and <3 you"]),
            ("", []),
        ],
    )
    def test_it_keeps_lines_and_drops_what_others_say(self, html, lines):
        assert [line for line in own_words(html).split("\n") if line] == lines

    def test_code_can_be_left_out(self):
        html = "<p>It says</p><pre><code>E7\nE7</code></pre>now"
        assert own_words(html, has_code=False).split() == ["It", "says", "[code]", "now"]

    @pytest.mark.parametrize(
        "html", ["<div>" * 50_000 + "x", "<!--" * 50_000, "<p>x" * 50_000, "&" * 100_000]
    )
    def test_hostile_input_takes_no_time(self, html):
        begun = time.monotonic()
        own_words(html)
        assert time.monotonic() - begun < 5

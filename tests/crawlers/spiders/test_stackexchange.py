"""What the spider of Stack Exchange asks next, and how it keeps to quotas."""

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from scrapy.http import Request, TextResponse
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

from crawlers.spiders import stackexchange

HOST = "api.stackexchange.com"
TAGGED = 'sites = ["superuser"]\ntags = ["kettle"]'


def reply(*items: Any, more: bool = False, **fields: Any) -> dict[str, Any]:
    return {"items": list(items), "has_more": more, "quota_max": 300, "quota_remaining": 200, **fields}


def question(id_: int, active: int, **more: Any) -> dict[str, Any]:
    row = {
        "question_id": id_,
        "link": f"https://superuser.com/questions/{id_}/x",
        "title": "A &lt;b&gt; title",
    }
    times = {"creation_date": active - 5, "last_activity_date": active}
    return {**row, **times, "body": "<p>words</p>", "owner": {"user_id": 7}, "score": 1, **more}


def asked(request: Request) -> dict[str, str]:
    return {name: value for name, (value,) in parse_qs(urlsplit(request.url).query).items()}


def failed(request: Request, status: int, body: object) -> Failure:
    response = TextResponse(request.url, status=status, body=json.dumps(body).encode(), encoding="utf-8")
    failure = Failure(HttpError(response, str(status)))
    failure.request = request
    return failure


@pytest.fixture
def spider(make: Any) -> Any:
    return make(stackexchange.StackexchangeSpider, TAGGED)


@pytest.fixture
def first(spider: Any, started: Any, follow: Any) -> Request:
    """Return the first request for questions."""
    (made,) = started(spider)
    _, (request,) = follow(made, reply({"filter": "!f"}))
    return request


class TestStart:
    def test_it_makes_a_filter_with_all_that_hangs_on_a_question(self, spider, started):
        (made,) = started(spider)
        assert made.url.startswith("https://api.stackexchange.com/2.3/filters/create?base=default&include=")
        assert "question.answers;question.comments;answer.body;answer.comments" in asked(made)["include"]

    def test_it_asks_for_the_longest_unchanged_first(self, first, now):
        since = int((now - timedelta(days=365)).timestamp())
        assert urlsplit(first.url).path == "/2.3/questions"
        assert asked(first) == {
            "tagged": "kettle",
            "site": "superuser",
            "filter": "!f",
            "sort": "activity",
            "order": "asc",
            "min": str(since),
            "page": "1",
            "pagesize": "100",
        }

    @pytest.mark.parametrize(
        ("source", "found"),
        [
            ('sites = ["a"]', [("a", "q", "Kettlewick"), ("a", "q", "kettlewick inc")]),
            (
                'sites = ["a", "b"]\ntags = ["t"]\nqueries = ["x y"]',
                [("a", "tagged", "t"), ("a", "q", "x y"), ("b", "tagged", "t"), ("b", "q", "x y")],
            ),
        ],
    )
    def test_it_reads_tags_and_queries_or_else_names(self, make, started, follow, source, found):
        (made,) = started(make(stackexchange.StackexchangeSpider, source))
        _, requests = follow(made, reply({"filter": "!f"}))
        names = [(asked(request)["site"], request) for request in requests]
        keys = [
            (site, key, asked(it)[key]) for site, it in names for key in ("tagged", "q") if key in asked(it)
        ]
        assert keys == found

    def test_the_key_is_sent_if_there_is_one(self, spider, started):
        spider.settings.set("HATEMINE_STACKEXCHANGE_KEY", "k(1", priority="cmdline")
        (made,) = started(spider)
        assert asked(made)["key"] == "k(1"


class TestPages:
    def test_the_next_page_begins_where_this_one_ends(self, first, spider, follow):
        _, (second,) = follow(first, reply(question(1, 1000), question(2, 2000), more=True))
        assert (asked(second)["min"], asked(second)["page"]) == ("2000", "1")
        assert second.meta["at"] == datetime.fromtimestamp(2000, UTC)
        posts, more = follow(second, reply(question(2, 2000), question(3, 3000)))
        assert ([post.source_id for post in posts], more) == (["superuser.com/q/3"], [])
        assert spider.targets[-1].newest == datetime.fromtimestamp(3000, UTC)

    def test_a_page_of_one_second_is_followed_by_number(self, first, follow):
        _, (second,) = follow(first, reply(question(1, 1000), question(2, 1000), more=True))
        assert asked(second)["page"] == "2"
        assert asked(second)["min"] == asked(first)["min"]

    @pytest.mark.parametrize("items", [[], [question(1, 1000)]])
    def test_an_empty_page_and_one_that_repeats_another_end_it(self, first, follow, items):
        _, (second,) = follow(first, reply(question(1, 1000), more=True))
        assert follow(second, reply(*items, more=True)) == ([], [])

    def test_a_record_without_text_costs_itself(self, first, spider, follow):
        broken = question(1, 1000)
        del broken["body"]
        posts, more = follow(first, reply(broken, question(2, 2000), more=True))
        assert ([post.source_id for post in posts], len(more)) == (["superuser.com/q/2"], 1)
        assert spider.errors == ["superuser tagged kettle: a record has an unknown shape: KeyError: 'body'"]


class TestQuota:
    def test_it_rests_as_it_is_told(self, first, spider, follow):
        follow(first, reply(backoff=30))
        assert 25 < spider.rested_until[HOST] - time.monotonic() < 31

    def test_a_quota_used_up_is_for_tomorrow(self, first, spider, follow):
        follow(first, reply(question(1, 1000), quota_remaining=0, backoff=30))
        assert spider.rested_until[HOST] - time.monotonic() > 86_000

    def test_too_many_requests_are_a_refusal_told_in_its_words(self, first, spider):
        body = {"error_id": 502, "error_name": "throttle_violation", "error_message": "more in 9 seconds"}
        assert first.errback(failed(first, 400, body)) is None
        assert spider.errors == ["superuser tagged kettle: throttle_violation: more in 9 seconds"]
        assert spider.n_refused == 1
        assert spider.targets[-1].is_failed
        assert spider.rested_until[HOST] - time.monotonic() > 86_000

    @pytest.mark.parametrize(
        ("body", "told"),
        [
            (
                {"error_id": 400, "error_name": "bad_parameter", "error_message": "site"},
                "bad_parameter: site",
            ),
            ({"other": 1}, "HTTP 400"),
            (["x"], "HTTP 400"),
        ],
    )
    def test_other_failures_are_no_refusals(self, first, spider, body, told):
        first.errback(failed(first, 400, body))
        assert spider.errors[0].endswith(told)
        assert (spider.n_refused, spider.rested_until) == (0, {})

    def test_no_answer_is_told_too(self, first, spider):
        failure = Failure(OSError("unreachable"))
        failure.request = first
        first.errback(failure)
        assert spider.errors[0].endswith("OSError: unreachable")

    def test_what_came_before_a_failed_page_is_kept(self, first, spider, follow):
        _, (second,) = follow(first, reply(question(1, 1000), question(2, 2000), more=True))
        second.errback(failed(second, 400, {"error_id": 502, "error_name": "x", "error_message": "y"}))
        assert spider.targets[-1].cursor == datetime.fromtimestamp(2000, UTC)


class TestPosts:
    def test_answers_and_comments_know_what_they_answer(self, first, follow):
        def comment(id_: int) -> dict[str, Any]:
            return {"comment_id": id_, "post_id": 0, "creation_date": 9, "body": "c", "score": 0, "owner": {}}

        answer = {"answer_id": 5, "question_id": 1, "creation_date": 9, "body": "a", "score": 2}
        answer |= {"last_edit_date": 11, "comments": [comment(6)], "owner": {"user_id": 8}}
        row = question(1, 1000, answers=[answer], comments=[comment(4)], answer_count=1)
        posts, _ = follow(first, reply(row))
        assert [(post.source_id, post.parent_id, post.url) for post in posts] == [
            ("superuser.com/q/1", None, "https://superuser.com/q/1"),
            ("superuser.com/c/4", "superuser.com/q/1", "https://superuser.com/q/1#comment4_1"),
            ("superuser.com/a/5", "superuser.com/q/1", "https://superuser.com/a/5"),
            ("superuser.com/c/6", "superuser.com/a/5", "https://superuser.com/a/5#comment6_5"),
        ]
        assert [post.author for post in posts] == ["superuser.com/7", None, "superuser.com/8", None]
        assert (posts[0].title, posts[0].n_replies, posts[1].title) == ("A <b> title", 1, None)
        assert (posts[2].edited_at, posts[2].score) == (datetime.fromtimestamp(11, UTC), 2)

    def test_names_quotes_and_code_go(self, first, follow):
        body = "<blockquote>theirs</blockquote><p>Mine, Ada L.</p><pre><code>log</code></pre>"
        row = question(1, 1000, body=body, owner={"user_id": 7, "display_name": "Ada L."})
        (post,), _ = follow(first, reply(row))
        assert post.text == "Mine, [name]\n\n[code]"

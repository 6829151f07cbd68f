"""What the spider of GitHub asks next, what it leaves out, and how it reads Markdown."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from scrapy.http import Request
from twisted.python.failure import Failure

from crawlers.spider import Refusal
from crawlers.spiders import github
from crawlers.spiders.github import own_words

REPO = "kettlewick/app"
API = f"https://api.github.com/repos/{REPO}"
NEXT = {
    "Link": '<https://api.github.com/x?page=2>; rel="next", <https://api.github.com/x?page=3>; rel="last"'
}
LAST = {"Link": '<https://api.github.com/x?page=1>; rel="prev"'}


def issue(number: int, second: int = 0, **more: Any) -> dict[str, Any]:
    at = f"2026-11-01T08:00:{second:02}Z"
    urls = {"url": f"{API}/issues/{number}", "html_url": f"https://github.com/{REPO}/issues/{number}"}
    row = {"id": 9000 + number, "number": number, "title": "Leaks", "body": "It leaks.", "comments": 0}
    return {**urls, **row, "user": {"login": "ada_l"}, "created_at": at, "updated_at": at, **more}


def comment(id_: int, **more: Any) -> dict[str, Any]:
    at = "2026-11-01T08:00:00Z"
    html = {
        "html_url": f"https://github.com/{REPO}/issues/1#issuecomment-{id_}",
        "issue_url": f"{API}/issues/1",
    }
    row = {"id": id_, "url": f"{API}/issues/comments/{id_}", "body": "Same here."}
    return {**html, **row, "user": {"login": "fan"}, "created_at": at, "updated_at": at, **more}


def asked(request: Request) -> dict[str, str]:
    return {name: value for name, (value,) in parse_qs(urlsplit(request.url).query).items()}


def path(request: Request) -> str:
    return urlsplit(request.url).path


class TestStart:
    def test_a_repository_is_asked_for_issues_and_comments(self, make, started):
        spider = make(github.GithubSpider, f'repos = ["{REPO}"]')
        issues, comments = started(spider)
        assert path(issues) == f"/repos/{REPO}/issues"
        assert path(comments) == f"/repos/{REPO}/issues/comments"
        oldest_first = {"sort": "updated", "direction": "asc", "since": "2025-11-22T12:00:00Z"}
        assert asked(issues) == {"state": "all", **oldest_first, "per_page": "100", "page": "1"}
        assert len({target.name for target in spider.targets}) == 2

    @pytest.mark.parametrize(
        ("source", "queries"),
        [
            ("", ["Kettlewick", "kettlewick inc"]),
            ('queries = ["leaks"]', ["leaks"]),
            ('queries = ["leaks"]\nrepos = ["a/b", "c/d"]', ["leaks repo:a/b", "leaks repo:c/d"]),
        ],
    )
    def test_it_searches_everywhere_or_in_the_repositories(self, make, started, source, queries):
        requests = started(make(github.GithubSpider, source))
        assert {path(request) for request in requests} == {"/search/issues"}
        since = "is:issue updated:>=2025-11-22T12:00:00Z"
        assert [asked(request)["q"] for request in requests] == [f"{query} {since}" for query in queries]
        assert {(asked(it)["sort"], asked(it)["order"]) for it in requests} == {("updated", "asc")}

    def test_an_issue_s_address_reads_it(self, make, started, follow):
        source = f'queries = ["https://github.com/{REPO}/issues/1"]'
        (first,) = started(make(github.GithubSpider, source))
        assert path(first) == f"/repos/{REPO}/issues/1"
        (post,), (second,) = follow(first, issue(1, comments=2))
        assert path(second) == f"/repos/{REPO}/issues/1/comments"
        (below,), (third,) = follow(second, [comment(5)], headers=NEXT)
        assert below.parent_id == post.source_id
        assert asked(third)["page"] == "2"
        assert follow(third, [], headers=NEXT) == ([], [])

    def test_the_token_goes_into_a_header(self, make, started):
        spider = make(github.GithubSpider)
        assert {request.headers.get("Authorization") for request in started(spider)} == {None}
        spider.settings.set("HATEMINE_GITHUB_TOKEN", "t0ken", priority="cmdline")
        for request in started(spider):
            assert request.headers["Authorization"] == b"Bearer t0ken"
            assert "t0ken" not in request.url


class TestPages:
    @pytest.fixture
    def spider(self, make: Any) -> Any:
        return make(github.GithubSpider, f'repos = ["{REPO}"]')

    @pytest.fixture
    def first(self, spider: Any, started: Any) -> Request:
        return started(spider)[0]

    def test_the_next_page_begins_where_this_one_ends(self, first, spider, follow):
        _, (second,) = follow(first, [issue(1, 10), issue(2, 30)], headers=NEXT)
        assert (asked(second)["since"], asked(second)["page"]) == ("2026-11-01T08:00:29Z", "1")
        assert second.meta["at"] == datetime(2026, 11, 1, 8, 0, 30, tzinfo=UTC)
        posts, more = follow(second, [issue(2, 30), issue(3, 40)], headers=LAST)
        assert ([post.url[-2:] for post in posts], more) == (["/3"], [])
        assert spider.targets[0].cursor.second == 40

    def test_a_page_of_one_second_is_followed_by_number(self, first, follow):
        _, (second,) = follow(first, [issue(1, 10), issue(2, 11)], headers=NEXT)
        assert asked(second)["page"] == "2"
        assert asked(second)["since"] == asked(first)["since"]

    @pytest.mark.parametrize("rows", [[], [issue(1, 10)]])
    def test_an_empty_page_and_one_that_repeats_another_end_it(self, first, follow, rows):
        _, (second,) = follow(first, [issue(1, 10)], headers=NEXT)
        assert follow(second, rows, headers=NEXT) == ([], [])

    def test_a_rate_limit_keeps_what_came_before(self, first, spider, follow):
        _, (second,) = follow(first, [issue(1, 10), issue(2, 30)], headers=NEXT)
        failure = Failure(Refusal("api.github.com wants a pause of 3000 s"))
        failure.request = second
        second.errback(failure)
        assert spider.n_refused == 1
        assert spider.targets[0].cursor.second == 30

    def test_pull_requests_and_bots_are_left_out_and_move_the_cursor(self, first, spider, follow):
        rows = [issue(1, 10, pull_request={}), issue(2, 20, user={"login": "a[bot]", "type": "Bot"})]
        assert follow(first, rows) == ([], [])
        assert spider.targets[0].cursor.second == 20

    def test_comments_on_pull_requests_are_left_out(self, spider, started, follow):
        on_pull = comment(5, html_url=f"https://github.com/{REPO}/pull/1#issuecomment-5")
        elsewhere = comment(6, html_url="https://github.com/pull/app/issues/1#issuecomment-6")
        posts, _ = follow(started(spider)[1], [on_pull, elsewhere])
        assert [post.source_id for post in posts] == ["comment-6"]

    def test_a_record_of_another_shape_costs_itself(self, first, spider, follow):
        broken = issue(1)
        del broken["created_at"]
        posts, _ = follow(first, [broken, issue(2), issue(3, url="https://elsewhere.example/3")])
        assert [post.url[-2:] for post in posts] == ["/2"]
        assert len(spider.errors) == 2


class TestSearch:
    @pytest.fixture
    def spider(self, make: Any) -> Any:
        return make(github.GithubSpider, 'queries = ["leaks"]')

    def test_it_reads_the_comments_on_what_it_finds(self, spider, started, follow):
        (first,) = started(spider)
        items = [issue(1, 10, comments=2), issue(2, 30), issue(3, 40, comments=1, pull_request={})]
        found = {"items": items, "incomplete_results": False}
        posts, (comments, following) = follow(first, found, headers=NEXT)
        assert len(posts) == 2
        assert (path(comments), comments.meta["at"].second) == (f"/repos/{REPO}/issues/1/comments", 10)
        assert "updated:>=2026-11-01T08:00:39Z" in asked(following)["q"]
        _, (more,) = follow(comments, [comment(5)], headers=NEXT)
        assert more.meta["at"].second == 10

    def test_results_that_are_missing_are_told(self, spider, started, follow, now):
        (first,) = started(spider)
        follow(first, {"items": [issue(1)], "incomplete_results": True})
        assert "some results are missing" in spider.errors[0]
        assert spider.targets[0].held_at == now - timedelta(days=30)


class TestPosts:
    def read(self, row: dict[str, Any], now: datetime) -> Any:
        return github.to_post(row, now)

    def test_an_issue_and_its_comments_agree_on_its_id(self, now):
        one, below = self.read(issue(1), now), self.read(comment(5), now)
        assert below.parent_id == one.source_id
        assert "kettlewick" not in one.source_id
        assert one.source_id != self.read(issue(2), now).source_id
        renamed = issue(1, url=f"https://api.github.com/repos/{REPO.upper()}/issues/1")
        assert self.read(renamed, now).source_id == one.source_id

    @pytest.mark.parametrize("login", ["kettlewick", "Kettlewick"])
    def test_an_owner_s_own_post_has_no_address(self, now, login):
        assert self.read(issue(1, user={"login": login}), now).url is None
        assert self.read(issue(1), now).url == f"https://github.com/{REPO}/issues/1"
        assert self.read(issue(1), now).community == "app"

    def test_only_a_comment_s_change_is_an_edit(self, now):
        later = "2026-11-02T08:00:00Z"
        assert self.read(issue(1, updated_at=later), now).edited_at is None
        assert self.read(comment(5, updated_at=later), now).edited_at.day == 2
        assert self.read(comment(5), now).edited_at is None

    def test_what_may_be_missing_may_be_missing(self, now):
        post = self.read(issue(1, user=None, body=None, comments=4, reactions={"total_count": 3}), now)
        assert (post.author, post.text, post.n_replies, post.score) == (None, "", 4, 3)


class TestOwnWords:
    @pytest.mark.parametrize(
        ("markdown", "text"),
        [
            ("One.\r\n\r\nTwo.", "One.\n\nTwo."),
            ("<!-- search first --> It leaks<!--\nmore\n-->.", "It leaks."),
            ("It <!-- leaks", "It <!-- leaks"),
            ("> theirs\n>> older\n   > theirs\nmine", "mine"),
            ("so a\n    > b", "so a\n    > b"),
            ("log:\n```text\n> x\n~~~\n```\nend", "log:\n[code]\nend"),
            ("  - a\n    ~~~~\n    x\n    ~~~\n    ~~~~\n  - b", "- a\n[code]\n  - b"),
            ("```\nnever closed", "[code]"),
            ("```one``` line\nand more", "```one``` line\nand more"),
            ("Really?\n\nOn Tue, Sep 1, 2026 at 9:00 AM ada <n@github.com>\nwrote:\n\n> x", "Really?"),
            ("On Monday it broke.\nShe wrote: no", "On Monday it broke.\nShe wrote: no"),
            ("a<br>b <b>c</b> 1 < 2", "a\nb c 1 < 2"),
        ],
    )
    def test_it_drops_quotes_comments_and_code(self, markdown, text):
        assert own_words(markdown) == text

    @pytest.mark.parametrize(
        "text", ["<!--" * 16_000, "On " + "x" * 60_000, "On aaaaa\n" * 7_000, "`" * 65_000]
    )
    def test_hostile_input_takes_no_time(self, text):
        begun = time.monotonic()
        own_words(text)
        assert time.monotonic() - begun < 2

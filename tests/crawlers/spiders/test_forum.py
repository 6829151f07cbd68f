"""Where a forum is read from, which pages and threads follow, when it ends, and what an odd page costs."""

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from scrapy.http import Response

from crawlers.spider import GIVE_UP, BadReply
from crawlers.spiders.forum import FIRST_BOARD_PAGES, UNDATED_BOARD_PAGES, ForumSpider

HOST = "https://forum.example"
THREAD = f"{HOST}/threads/kettle.1/"
BOARD = f"{HOST}/forums/kettles.2/"
OLD, NEW = "2026-01-05T10:00:00Z", "2026-11-20T10:00:00Z"


def thread(
    *posts: tuple[int, str], page: int = 1, n_pages: int = 1, title: str = "Hot", quote: int = 0
) -> str:
    """Return a page of XenForo 2; a post is a number and a date, and a date may be "deleted"."""
    rows = "".join(
        f'<article class="message message--post message--{at}" data-author="ada_l" data-content="post-{n}">'
        f'<p class="message-attribution"><time datetime="{at}"></time></p>'
        f'<article class="message-body"><div class="bbWrapper"><blockquote data-source="post: {quote or n}">x'
        f"</blockquote>Post {n}.</div></article></article>"
        for n, at in posts
    )
    links = "".join(
        f'<li class="pageNav-page"><a href="{address(n)}">{n}</a></li>' for n in pages(page, n_pages)
    )
    next_ = f'<a class="pageNav-jump--next" href="{address(page + 1)}">Next</a>' if page < n_pages else ""
    previous = f'<a class="pageNav-jump--prev" href="{address(page - 1)}">Prev</a>' if page > 1 else ""
    return f'<html id="XF"><h1 class="p-title-value">{title}</h1>{previous}{links}{next_}{rows}</html>'


def pages(page: int, n_pages: int) -> list[int]:
    return [n for n in range(1, n_pages + 1) if n != page]


def address(page: int) -> str:
    return THREAD if page == 1 else f"{THREAD}page-{page}"


def board(*threads: tuple[int, str], next_page: int | None = 2, pinned: int = 0) -> str:
    rows = "".join(
        '<div class="structItem structItem--thread">'
        f'<div class="structItem-title"><a href="/threads/t.{n}/">T</a></div>'
        f"{'<i class=structItem-status--sticky></i>' if n == pinned else ''}"
        f'<div class="structItem-cell--latest"><time datetime="{at}"></time></div></div>'
        for n, at in threads
    )
    link = f'<a class="pageNav-jump--next" href="{BOARD}page-{next_page}">Next</a>' if next_page else ""
    return f'<html id="XF">{rows}{link}</html>'


def urls(requests: list[Any]) -> list[str]:
    return [request.url for request in requests]


@pytest.fixture
def begin(make, started):
    """Return the first request for a page, as after a crawl whose newest post was ``cursor`` days old."""

    def first(url: str, cursor: int | None = None) -> Any:
        spider = make(ForumSpider, f'pages = [{{ url = "{url}", about = "Kettlewick" }}]')
        if cursor is not None:
            spider.cursors[url] = spider.started - timedelta(days=cursor)
        (request,) = started(spider)
        return request

    return first


class TestThread:
    def test_it_is_read_forward_to_its_end(self, begin, follow):
        found, (two,) = follow(begin(THREAD), thread((1, OLD), (2, OLD), n_pages=2))
        more, none = follow(two, thread((3, NEW), page=2, n_pages=2))
        assert (two.url, none) == (address(2), [])
        assert [post.source_id for post in found + more] == [f"forum.example/{n}" for n in (1, 2, 3)]
        assert [post.parent_id for post in found + more] == [None, "forum.example/1", "forum.example/1"]
        assert [post.title for post in found + more] == ["Hot", None, None]
        assert {post.about for post in found} == {"Kettlewick"}
        assert {post.author for post in found} == {"forum.example/ada_l"}

    def test_who_quotes_answers_the_quoted_post(self, begin, follow):
        found, _ = follow(begin(THREAD), thread((1, OLD), (2, OLD), (3, OLD), quote=2))
        assert [post.parent_id for post in found] == [None, "forum.example/1", "forum.example/2"]
        assert [post.text for post in found] == ["Post 1.", "Post 2.", "Post 3."]

    def test_a_page_that_brings_nothing_new_ends_it(self, begin, follow):
        page = thread((1, OLD), n_pages=9)
        _, (two,) = follow(begin(THREAD), page)
        assert follow(two, page) == ([], [])

    def test_a_page_amid_a_thread_leads_to_its_first_and_is_read_again(self, begin, follow):
        found, (first,) = follow(begin(address(2)), thread((3, NEW), page=2, n_pages=2))
        assert (found, first.url) == ([], THREAD)
        _, (two,) = follow(first, thread((1, OLD), n_pages=2))
        assert (two.url, two.dont_filter) == (address(2), True)
        (post,), _ = follow(two, thread((3, NEW), page=2, n_pages=2))
        assert post.parent_id == "forum.example/1"

    def test_a_page_whose_link_to_the_first_leads_to_itself_is_read(self, begin, follow):
        page = thread((3, NEW), page=2, n_pages=2)
        _, (first,) = follow(begin(address(2)), page)
        (post,), _ = follow(first, page)
        assert post.source_id == "forum.example/3"

    def test_a_walk_back_does_not_read_the_first_page_again(self, begin, follow):
        _, (last,) = follow(begin(THREAD, cursor=30), thread((1, NEW), n_pages=2))
        assert last.url == address(2)
        assert follow(last, thread((2, NEW), page=2, n_pages=2))[1] == []

    def test_with_a_cursor_it_is_read_from_its_last_page_back_to_what_is_known(self, begin, follow):
        _, (last,) = follow(begin(THREAD, cursor=30), thread((1, OLD), n_pages=9))
        assert last.url == address(9)
        (post,), (eight,) = follow(last, thread((90, NEW), page=9, n_pages=9))
        assert (post.parent_id, post.title, eight.url) == ("forum.example/1", None, address(8))
        known, none = follow(eight, thread((79, OLD), (80, OLD), page=8, n_pages=9))
        assert (len(known), none) == (2, [])

    def test_a_post_without_a_date_is_not_taken_for_old(self, begin, follow):
        _, (last,) = follow(begin(THREAD, cursor=30), thread((1, OLD), n_pages=9))
        _, (eight,) = follow(last, thread((89, OLD), (90, ""), page=9, n_pages=9))
        assert eight.url == address(8)

    def test_a_post_that_was_deleted_is_deleted_here(self, begin, follow):
        (_, gone), _ = follow(begin(THREAD), thread((1, OLD), (2, "deleted")))
        assert (gone.source_id, gone.is_deleted, gone.text, gone.author) == (
            "forum.example/2",
            True,
            "",
            None,
        )

    def test_a_post_that_cannot_be_read_costs_itself(self, begin, follow):
        request = begin(THREAD)
        html = thread((1, OLD), (2, NEW), (3, NEW)).replace("bbWrapper", "x", 3)
        broken = html.replace(
            '<article class="message-body"><div class="x"><blockquote data-source="post: 2">', "<p>"
        )
        found, _ = follow(request, broken)
        assert [post.source_id for post in found] == ["forum.example/1", "forum.example/3"]
        target = request.cb_kwargs["target"]
        assert (target.cursor, target.is_failed) == (datetime(2026, 11, 22, 12, tzinfo=UTC) - GIVE_UP, False)

    @pytest.mark.parametrize("body", ["<title>Log in</title>", '<html id="XF"><title>Log in</title>'])
    def test_a_login_wall_on_a_later_page_is_told(self, begin, follow, body):
        _, (two,) = follow(begin(THREAD), thread((1, OLD), n_pages=2))
        with pytest.raises(BadReply, match=r"no posts.*a login wall titled 'Log in'"):
            follow(two, body)


class TestBoard:
    def test_threads_with_new_posts_are_asked_for_and_pinned_ones_do_not_end_it(self, begin, follow):
        request = begin(BOARD, cursor=30)
        page = board((1, "2020-01-01T00:00Z"), (2, NEW), (3, OLD), (4, NEW), pinned=1)
        assert urls(follow(request, page)[1]) == [
            f"{HOST}/threads/t.2/",
            f"{HOST}/threads/t.4/",
            f"{BOARD}page-2",
        ]

    def test_it_ends_where_all_threads_of_a_page_are_old(self, begin, follow):
        request = begin(BOARD, cursor=30)
        assert urls(follow(request, board((1, NEW), (2, OLD), (3, OLD), pinned=1))[1]) == [
            f"{HOST}/threads/t.1/"
        ]

    def test_it_ends_where_a_page_repeats_another(self, begin, follow):
        page = board((1, NEW))
        _, (_thread, two) = follow(begin(BOARD), page)
        assert follow(two, page) == ([], [])

    def test_the_first_crawl_reads_a_year(self, begin, follow):
        page = board((1, "2025-12-01T00:00:00Z"), (2, "2025-11-01T00:00:00Z"), next_page=None)
        assert urls(follow(begin(BOARD), page)[1]) == [f"{HOST}/threads/t.1/"]

    @pytest.mark.parametrize(("at", "n"), [(NEW, FIRST_BOARD_PAGES), ("", UNDATED_BOARD_PAGES)])
    def test_the_first_crawl_reads_so_many_pages(self, begin, follow, at, n, caplog):
        caplog.set_level(logging.INFO)
        request, n_pages = begin(BOARD), 0
        while request:
            n_pages += 1
            _, found = follow(request, board((n_pages, at), next_page=n_pages + 1))
            request = next((it for it in found if it.url.startswith(BOARD)), None)
        assert n_pages == n
        assert "there are more" in caplog.text

    def test_a_thread_that_nobody_may_read_does_not_hold_the_board_for_ever(self, begin, follow, now):
        for cursor, held in ((None, now - GIVE_UP), (5, now - timedelta(days=8)), (300, now - GIVE_UP)):
            _, (request,) = follow(begin(BOARD, cursor=cursor), board((1, NEW), next_page=None))
            assert request.meta["at"] == held
            _, (two,) = follow(request, thread((1, OLD), (2, NEW), n_pages=2))
            assert two.meta["at"] == held

    def test_its_threads_are_read_from_their_last_pages(self, begin, follow):
        _, (request,) = follow(begin(BOARD), board((1, NEW), next_page=None))
        _, (last,) = follow(request, thread((1, NEW), n_pages=9))
        assert last.url == address(9)


class TestOddPages:
    @pytest.mark.parametrize(
        ("body", "message"),
        [
            (
                "<meta name=generator content=Kettle><title>Shop</title>",
                "no forum software known here; found generator",
            ),
            ("<title>Just a moment...</title>", "found no generator and a check for robots"),
            (
                '<html id="XF"><title>Hot</title>',
                "neither posts nor threads where XenForo 2 has them.*layout may have",
            ),
        ],
    )
    def test_a_page_without_posts_is_an_error_that_says_what_it_is(self, begin, follow, body, message):
        with pytest.raises(BadReply, match=message):
            follow(begin(THREAD), body)

    def test_what_is_no_page_is_an_error(self, begin):
        request = begin(THREAD)
        response = Response(
            THREAD, body=b"%PDF", headers={"Content-Type": "application/pdf"}, request=request
        )
        with pytest.raises(BadReply, match="expected a page, found application/pdf"):
            list(request.callback(response, **request.cb_kwargs))

    def test_posts_marked_for_search_engines_are_read_where_nothing_else_is_known(self, begin, follow):
        html = """<script type="application/ld+json">{"@type": "DiscussionForumPosting", "headline": "Hot",
            "url": "/t/1", "text": "It burns.", "author": {"name": "ada_l"}, "datePublished": "2026-11-20",
            "comment": {"@type": "Comment", "url": "/t/1#2", "text": "Mine too."}}</script>"""
        found, requests = follow(begin(THREAD), html)
        assert [(post.source_id, post.parent_id, post.title, post.text) for post in found] == [
            ("forum.example/t/1", None, "Hot", "It burns."),
            ("forum.example/t/1#2", "forum.example/t/1", None, "Mine too."),
        ]
        assert requests == []

    def test_a_page_tells_how_to_read_the_dates_of_the_next(self, begin, follow):
        def page(n: int, date: str, more: str = "") -> str:
            return (
                f'{more}<div class="post" id="post_{n}"><span class="post_date">{date}</span>'
                f'<div class="post_body" id="pid_{n}">Hot.</div></div>'
            )

        link = '<a class="pagination_next" href="/t?page=2">Next</a>'
        _, (two,) = follow(begin(f"{HOST}/t"), page(1, "25-10-2026, 05:00 PM", link))
        (post,), _ = follow(two, page(2, "03-11-2026, 05:00 PM"))
        assert post.posted_at == datetime(2026, 11, 3, 17, tzinfo=UTC)

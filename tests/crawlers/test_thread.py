"""How pages of forums are read: whose words are kept, of when they are, and what a hostile page costs."""

import json
import time
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from lxml import html as lxml_html

from crawlers.moments import moment
from crawlers.platforms import PLATFORMS
from crawlers.prose import text_of
from crawlers.thread import decoded, forum_page, generator, schema_posts, why_no_forum

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
URL = "https://forum.example/threads/kettle.1/"


def prose(html: str, junk: str = ".junk", quotes: str = "blockquote") -> str:
    element = lxml_html.fromstring(f"<div>{html}</div>")
    return text_of(element, element.cssselect(junk), element.cssselect(quotes))


def xenforo(*posts: str, head: str = "", nav: str = "") -> str:
    rows = "".join(
        f'<article class="message message--post" data-author="ada_l" data-content="post-{number}">'
        f'<article class="message-body"><div class="bbWrapper">{text}</div></article></article>'
        for number, text in enumerate(posts, 1)
    )
    return f'<html id="XF"><head>{head}</head><body><h1 class="p-title-value">Kettle</h1>{nav}{rows}</body>'


def texts(html: str, url: str = URL) -> list[str]:
    page = forum_page(html, url, NOW)
    assert page is not None
    return [page.post(row).text for row in page.rows]


class TestProse:
    def test_lines_stay_and_source_lines_do_not(self):
        assert prose("It leaks\nand <b>smells</b>.<br>Twice.<p>Then\n it broke.</p>Bye") == (
            "It leaks and smells.\nTwice.\n\nThen it broke.\n\nBye"
        )
        assert prose("<ul><li>lid</li><li>base</li></ul><pre>a\n  b</pre>") == "lid\n\nbase\n\na\nb"

    @pytest.mark.parametrize(
        "quote",
        [
            "<blockquote>It is fine.</blockquote>",
            "ada_l wrote:<br><blockquote>It is fine.</blockquote>",
            "<p>On Monday, ada_l said:</p><blockquote>It is fine.</blockquote>",
            "<b>Quote:</b><blockquote>It is <blockquote>Is it?</blockquote> fine.</blockquote>",
            "<div>ada_l schrieb:</div><blockquote>It is fine.</blockquote>",
            "[quote=ada_l]It is [quote]Is it?[/quote] fine.[/QUOTE]",
            "[QUOTE=ada_l;12]It is fine.<br>Really.[/QUOTE]",
        ],
    )
    def test_what_others_wrote_goes_with_its_header(self, quote):
        assert prose(f"{quote}It leaks.") == "It leaks."
        assert prose(f"Hello.<br>{quote}<br>It leaks.").split() == ["Hello.", "It", "leaks."]

    def test_what_is_no_quote_stays(self):
        assert prose("They said:<br>no.") == "They said:\nno."
        assert prose("[quote] it, and [/b]") == "[quote] it, and [/b]"
        assert prose("Read this<blockquote>x</blockquote>twice") == "Read this\n\ntwice"

    def test_buttons_scripts_and_junk_go_and_smileys_stay(self):
        html = 'Hot<button>Show</button><script>1</script><span class="junk">ad</span> '
        assert prose(f'{html}<img class="smilie" alt=":("><img src="a.jpg" alt="my photo">') == "Hot :("

    def test_words_behind_what_goes_stay(self):
        assert prose('a<span class="junk">b</span>c<!-- d -->e<blockquote>f</blockquote>g') == "ace\n\ng"


class TestMoment:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("2026-10-03T09:12:00+0200", "2026-10-03T07:12"),
            ("1790000000", "2026-09-21T14:13:20"),
            ("Jun 3, 2024", "2024-06-03T00:00"),
            ("Aug 2, 2025 at 4:44 AM", "2025-08-02T04:44"),
            ("2nd April 2025, 13:59", "2025-04-02T13:59"),
            ("« on: June 04, 2024, 11:23:55 AM »", "2024-06-04T11:23:55"),
            ("Posted: Tue Jun 06, 2006 12:15 am    Post subject: 3 cups", "2006-06-06T00:15"),
            ("Posted : 30/03/2025 9:31 pm", "2025-03-30T21:31"),
            ("#2 12-28-05, 10:28 PM", "2005-12-28T22:28"),
            ("3.4.2025, 07:05", "2025-04-03T07:05"),
            ("2. März 2024 um 21:06", "2024-03-02T21:06"),
            ("le 14 août 2023 à 9:05", "2023-08-14T09:05"),
            ("11 de mayo de 2023", "2023-05-11T00:00"),
            ("Yesterday, 10:15 PM", "2026-11-21T22:15"),
            ("Today at 8:01 AM", "2026-11-22T08:01"),
            ("3 minutes ago", "2026-11-22T11:57"),
            ("an hour ago", "2026-11-22T11:00"),
            ("2 Weeks Ago", "2026-11-08T12:00"),
            ("Just now", "2026-11-22T12:00"),
            ("Last edited by ada_l; 12-28-05 at 10:28 PM", "2005-12-28T22:28"),
        ],
    )
    def test_what_forums_write_is_read(self, text, expected):
        assert moment(text, NOW) == datetime.fromisoformat(expected).replace(tzinfo=UTC)

    @pytest.mark.parametrize(
        "text",
        ["", "4 years ago", "2 months ago", "3/4/2025", "June", "99 Foo 2024", "2024-99-99T1", "31/02/2024"],
    )
    def test_what_is_unsure_is_none(self, text):
        assert moment(text, NOW) is None

    def test_other_dates_of_a_page_tell_what_comes_first(self):
        assert moment("3/4/2025", NOW, day_first=True) == datetime(2025, 4, 3, tzinfo=UTC)
        assert moment("3/4/2025", NOW, day_first=False) == datetime(2025, 3, 4, tzinfo=UTC)

    def test_a_forum_s_clock_ahead_of_ours_posts_nothing_in_the_future(self):
        assert moment("Today, 11:00 PM", NOW) == NOW


class TestForumPage:
    def test_a_page_of_mybb_without_a_clear_date_has_none_unless_another_page_told(self):
        html = (
            '<div class="post" id="post_1"><span class="post_date">03-04-2026, 05:21 PM</span>'
            '<div class="post_body" id="pid_1">Hot.</div></div>'
        )
        dates = []
        for is_day_first in (None, True):
            page = forum_page(html, URL, NOW, is_day_first)
            dates.append(page.post(page.rows[0]).posted_at)
        assert dates == [None, datetime(2026, 4, 3, 17, 21, tzinfo=UTC)]

    def test_the_page_s_own_number_is_the_one_without_a_link(self):
        nav = "".join(
            f'<li class="pageNav-page {now}"><a href="/t.1/page-{n}">{n}</a></li>'
            for n, now in ((1, ""), (2, ""), (3, "pageNav-page--current"), (4, ""), (27, ""))
        )
        page = forum_page(xenforo("Hot.", nav=f'<ul class="pageNav">{nav}</ul>'), URL, NOW)
        found = [page.number, page.first, page.previous, page.next, page.last]
        links = [f"https://forum.example/t.1/page-{n}" for n in (1, 2, 4, 27)]
        assert found == [3, *links]

    def test_a_link_to_the_page_itself_leads_nowhere(self):
        page = forum_page(xenforo("Hot.", head=f'<link rel="next" href="{URL}#top">'), URL, NOW)
        assert page.next is None

    def test_sessions_are_not_kept_in_links(self):
        html = (
            '<div id="p7" class="post"><div class="postbody">'
            '<h3><a href="./viewtopic.php?p=7&amp;sid=00ff#p7">Hot</a></h3><div class="content">Hot.</div>'
        )
        page = forum_page(html, "https://forum.example/viewtopic.php?t=1&sid=00ff", NOW)
        assert page.post(page.rows[0]).url == "https://forum.example/viewtopic.php?p=7#p7"

    def test_an_address_with_its_author_s_name_is_left_out(self):
        html = xenforo("Hot.").replace(
            '<article class="message-body">',
            '<p class="message-attribution-main"><a href="/members/ada_l/post-1">x</a></p>'
            '<article class="message-body">',
        )
        page = forum_page(html, URL, NOW)
        assert page.post(page.rows[0]).url is None

    def test_a_post_without_id_or_text_is_an_error_that_names_it(self):
        page = forum_page(xenforo("Hot.").replace("bbWrapper", "x").replace("message-body", "y"), URL, NOW)
        with pytest.raises(ValueError, match="post 1 has no text where XenForo 2 has it"):
            page.post(page.rows[0])
        page = forum_page(xenforo("Hot.").replace("post-1", "post-"), URL, NOW)
        with pytest.raises(ValueError, match="without an id"):
            page.post(page.rows[0])

    def test_every_platform_has_selectors_that_work(self):
        for platform in PLATFORMS:
            page = forum_page("<p>nothing</p>" + "<li>x</li>" * 3, URL, NOW)
            assert page is None, platform
        blank = forum_page(xenforo(), URL, NOW)
        for platform in PLATFORMS:
            page = type(blank)(blank.root, URL, platform, NOW)
            assert (page.rows, page.threads, page.next) == ([], [], None), platform.name
            row = forum_page(xenforo("Hot."), URL, NOW).rows[0]
            with pytest.raises(ValueError, match=r"post"):
                type(blank)(row, URL, platform, NOW).post(row.xpath("//h1")[0])


class TestSchema:
    def test_microdata_is_read(self):
        html = """
            <div itemscope itemtype="https://schema.org/DiscussionForumPosting">
            <meta itemprop="url" content="/q/1"><p itemprop="text">It sparks.</p>
            <div itemprop="comment" itemscope itemtype="https://schema.org/Comment">
            <p itemprop="text">Unplug it.</p>
            <time itemprop="dateCreated" datetime="2026-07-01T10:00Z"></time></div></div>"""
        (first, second), problems = schema_posts(html, URL, NOW)
        assert (first.ident, first.text) == ("q/1", "It sparks.")
        assert (second.text, second.quoted, problems) == ("Unplug it.", "q/1", [])
        assert second.posted_at == datetime(2026, 7, 1, 10, tzinfo=UTC)

    def test_questions_in_json_ld_are_read_and_what_is_broken_is_told(self):
        answer = {"@type": "Answer", "text": "Unplug it.", "url": "/q/1#2"}
        question = {"@type": "Question", "text": "<p>Why?</p>", "@id": URL, "suggestedAnswer": [answer]}
        html = "".join(
            f'<script type="application/ld+json">{script}</script>'
            for script in ("{broken", json.dumps({"@type": "QAPage", "mainEntity": question}))
        )
        posts, problems = schema_posts(html, URL, NOW)
        assert [(post.ident, post.text) for post in posts] == [
            ("threads/kettle.1/", "Why?"),
            ("q/1#2", "Unplug it."),
        ]
        assert [problem.partition(":")[0] for problem in problems] == ["JSON-LD that is no JSON"]

    def test_an_address_that_names_its_author_is_no_id(self):
        node = {"@type": "Comment", "text": "Hot.", "url": "/people/ada_l/1", "author": {"name": "ada_l"}}
        (post,), _ = schema_posts(f'<script type="application/ld+json">{json.dumps(node)}</script>', URL, NOW)
        assert (len(post.ident), post.url) == (32, URL)

    def test_a_page_without_any_has_none(self):
        assert schema_posts("<p>Kettles</p>", URL, NOW) == ([], [])


class TestWhatIsNoForum:
    @pytest.mark.parametrize(
        ("html", "what"),
        [
            ("<title>Log in | Club</title>", "a login wall titled 'Log in | Club'"),
            ("<title>Before you continue</title>", "a consent page titled 'Before you continue'"),
            ("<title>Just a moment...</title>", "a check for robots titled 'Just a moment...'"),
            ("<title>Kettles</title><input type='password'>", "a page with a login titled 'Kettles'"),
            ("", "a page titled ''"),
        ],
    )
    def test_it_is_said_what_it_is(self, html, what):
        assert forum_page(html, URL, NOW) is None
        assert why_no_forum(html) == what

    def test_its_generator_is_told(self):
        assert generator('<meta name="Generator" content="Kettle 1">') == "generator 'Kettle 1'"
        assert generator("<p>") == "no generator"


class TestBadPages:
    def test_a_wrong_encoding_is_put_right(self):
        body = '<meta charset="windows-1252"><p>“hot”</p>'.encode("cp1252")
        assert "“hot”" in decoded(body, body.decode("utf-8", "replace"))
        assert decoded(b"caf\xc3\xa9", "café") == "café"

    @pytest.mark.parametrize(
        "html",
        [
            xenforo("Hot.", "<div>" * 100_000 + "deep" + "</div>" * 100_000),
            xenforo(*["Hot. " * 200] * 10_000),
            xenforo("<article class='message message--post' data-content='post-5'>" * 50_000),
            "<html id='XF'>" + "<div class='structItem structItem--thread'>" * 200_000,
            "<body id='phpbb'>" + "<tr><table>" * 300_000 + "<a class='topictitle'>",
            xenforo("[quote]" * 500_000),
            xenforo("wrote " * 500_000 + "<blockquote>x</blockquote>"),
            xenforo("<blockquote>x</blockquote>" * 100_000),
            "\x00\x01\x02" * 1_000_000,
        ],
        ids=[
            "deep",
            "many posts",
            "posts in posts",
            "threads in threads",
            "tables",
            "bbcode",
            "headers",
            "quotes",
            "binary",
        ],
    )
    def test_a_hostile_page_costs_seconds(self, html):
        began = time.monotonic()
        with suppress(ValueError):
            if page := forum_page(html, URL, NOW):
                for row in page.rows[:100]:
                    page.post(row)
                assert len(page.threads) <= 200_000
        assert time.monotonic() - began < 20

    def test_ten_megabytes_are_read(self):
        html = xenforo(*["It leaks all over the counter, every single morning.<br>" * 1_000] * 200)
        assert len(html) > 10_000_000
        began = time.monotonic()
        assert len(texts(html)) == 200
        assert time.monotonic() - began < 20

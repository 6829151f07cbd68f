"""What is read out of feeds: broken, old, oddly encoded and hostile ones."""

import json
import time
from datetime import UTC, datetime
from html import escape
from typing import Any

import pytest

from crawlers.feed import Entry, Feed, feed_of, words_of

URL = "https://feed.example/rss"


def rss(*items: str, head: str = "", lang: str = "") -> str:
    namespaces = (
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:slash="http://purl.org/rss/1.0/modules/slash/"'
    )
    rows = "".join(f"<item>{item}</item>" for item in items)
    return f'{head}<rss version="2.0" {namespaces}><channel><title>t</title>{lang}{rows}</channel></rss>'


def atom(*entries: str, head: str = "") -> str:
    rows = "".join(f"<entry>{entry}</entry>" for entry in entries)
    return f'<feed xmlns="http://www.w3.org/2005/Atom" xmlns:thr="http://purl.org/syndication/thread/1.0">{head}{rows}</feed>'


def read(body: str | bytes, content_type: str = "application/xml") -> tuple[Feed, list[Entry]]:
    feed = feed_of(body.encode() if isinstance(body, str) else body, content_type, URL)
    assert feed is not None
    return feed, [feed.entry(row) for row in feed.rows]


def entry(body: str) -> Entry:
    return read(body)[1][0]


class TestForms:
    @pytest.mark.parametrize(
        "body",
        [
            '<rss version="0.91"><channel><item><title>A</title><link>https://a.example/1</link>'
            "<description>It leaks.</description></item></channel></rss>",
            '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">'
            '<item rdf:about="https://a.example/1"><title>A</title><link>https://a.example/1</link>'
            "<description>It leaks.</description></item></rdf:RDF>",
            rss("<title>A</title><guid>https://a.example/1</guid><description>It leaks.</description>"),
            atom('<title>A</title><id>https://a.example/1</id><summary type="html">It leaks.</summary>'),
            '{"version": "https://jsonfeed.org/version/1.1", "items":'
            ' [{"title": "A", "url": "https://a.example/1", "content_text": "It leaks."}]}',
        ],
        ids=["RSS 0.91", "RSS 1.0", "RSS 2.0", "Atom", "JSON"],
    )
    def test_every_form_gives_the_same(self, body):
        found = entry(body)
        assert (found.title, found.text) == ("A", "It leaks.")
        assert "https://a.example/1" in (found.ident, found.link)

    @pytest.mark.parametrize(
        "body", ["", "<!doctype html><title>Log in</title><item>x</item>", "{}", '{"version": 2}', "no feed"]
    )
    def test_what_is_no_feed_is_none(self, body):
        assert feed_of(body.encode(), "application/rss+xml", URL) is None

    def test_an_empty_feed_is_a_feed(self):
        assert read(rss())[1] == []

    def test_json_that_breaks_off_is_an_error(self):
        with pytest.raises(json.JSONDecodeError):
            feed_of(b'{"version": "https://jsonfeed.org/version/1", "items": [{"id"', "", URL)

    def test_the_longest_text_is_taken(self):
        short, long = (
            "<summary>Short.</summary>",
            '<content type="html">&lt;p&gt;Long, and longer.&lt;/p&gt;</content>',
        )
        assert entry(atom(short + long)).text == entry(atom(long + short)).text == "Long, and longer."

    def test_markup_that_claims_to_be_none_is_read_as_markup(self):
        assert entry(atom("<summary>It &lt;br/&gt;leaks &lt;3</summary>")).text == "It\nleaks <3"

    def test_links_are_whole_and_lead_where_they_say(self):
        feed, (first, second) = read(
            atom(
                '<id>1</id><link href="/1"/>',
                '<id>2</id><link href="https://www.google.com/url?rct=j&amp;url=https://a.example/2%3Fb&amp;ct=ga"/>',
                head='<link rel="next" href="?page=2"/>',
            )
        )
        assert (first.link, second.link) == ("https://feed.example/1", "https://a.example/2?b")
        assert feed.following == "https://feed.example/rss?page=2"

    def test_an_id_that_several_entries_have_is_none_s(self):
        rows = [
            "<guid>1</guid><link>/a</link>",
            "<guid>1</guid><link>/b</link>",
            "<guid>2</guid><link>/c</link>",
        ]
        assert [found.ident for found in read(rss(*rows))[1]] == [None, None, "2"]
        twice = ["<guid>1</guid><link>/a</link>"] * 2
        assert [found.ident for found in read(rss(*twice))[1]] == ["1", "1"]
        home = ["<title>A</title><link>/</link>", "<title>B</title><link>/</link>"]
        assert [found.link for found in read(rss(*home))[1]] == [None, None]

    def test_numbers_languages_and_answers(self):
        first, second = read(
            rss("<slash:comments>7</slash:comments>", "", lang="<language>en-gb</language>")
        )[1]
        assert (first.n_replies, first.lang, second.n_replies) == (7, "en-gb", None)
        found = entry(atom('<id>2</id><thr:in-reply-to ref="tag:a,1"/><thr:total>3</thr:total>'))
        assert (found.answers, found.n_replies) == ("tag:a,1", 3)


class TestDates:
    def test_a_change_is_an_edit_and_a_lone_date_is_none(self):
        at = "<published>2026-06-01T10:00:00+02:00</published>"
        first, second, third = read(
            atom(
                f"{at}<updated>2026-06-02T10:00:00Z</updated>",
                f"{at}<updated>2026-06-01T08:00:00Z</updated>",
                "<updated>2026-06-02T10:00:00Z</updated>",
            )
        )[1]
        assert first.posted_at == datetime(2026, 6, 1, 8, tzinfo=UTC)
        assert [found.edited_at for found in (first, second, third)] == [
            datetime(2026, 6, 2, 10, tzinfo=UTC),
            None,
            None,
        ]
        assert third.posted_at == datetime(2026, 6, 2, 10, tzinfo=UTC)
        assert entry(rss("<pubDate>Mon, 01 Jun 2026 10:00:00 GMT</pubDate>")).edited_at is None

    def test_one_that_cannot_be_read_is_noted(self):
        feed, (found,) = read(rss("<title>A</title><pubDate>Seg, 01 Set 2026 10:00:00 -0300</pubDate>"))
        assert (found.posted_at, feed.odd_dates) == (None, ["Seg, 01 Set 2026 10:00:00 -0300"])
        assert entry(rss("<pubDate>June 1st, 2026</pubDate>")).posted_at == datetime(2026, 6, 1, tzinfo=UTC)


class TestPeople:
    def test_names_lose_what_sites_put_before_them(self):
        assert entry(atom("<author><name>/u/ada_l</name></author>")).author == "ada_l"
        assert entry(rss("<dc:creator>@ada_l</dc:creator>")).author == "ada_l"
        assert entry(rss("<author>ada@mail.example (Ada L.)</author>")).author == "Ada L."
        assert entry(atom("<author><name> </name></author>")).author is None

    @pytest.mark.parametrize(
        "title", ["By: Ada L.", "Von: Ada L.", "Ada L.", "Ada L. on Kettles", "Comment on Kettles by ada l."]
    )
    def test_a_title_that_names_a_comment_s_author_is_none(self, title):
        assert entry(rss(f"<title>{title}</title><dc:creator>Ada L.</dc:creator>")).title is None

    @pytest.mark.parametrize("title", ["Kettlewick: a new lid", "By the kettle", "The Kettlewick on my desk"])
    def test_a_title_that_begins_with_a_name_is_kept(self, title):
        assert entry(rss(f"<title>{title}</title><dc:creator>Kettlewick</dc:creator>")).title == title

    def test_reddit_s_tail_goes_and_comments_answer_their_thread(self):
        tail = (
            ' &#32; submitted by &#32; <a href="https://www.reddit.com/user/ada_l"> /u/ada_l </a>'
            ' &#32; to &#32; <a href="https://www.reddit.com/r/k/"> r/k </a> <br/> '
            '<span><a href="x">[link]</a></span> &#32; <span><a href="y">[comments]</a></span>'
        )
        post, comment = read(
            atom(
                "<id>t3_kw7</id><title>Leaks</title>"
                f'<content type="html"><![CDATA[<p>Day one.</p>{tail}]]></content>',
                '<id>t1_c1</id><link href="https://www.reddit.com/r/k/comments/kw7/leaks/c1/"/>'
                '<title>/u/bo on Leaks</title><content type="html">Same. [link] [comments]</content>',
            )
        )[1]
        assert (post.title, post.text, post.answers) == ("Leaks", "Day one.", None)
        assert (comment.title, comment.text) == (None, "Same. [link] [comments]")
        assert comment.answers == "t3_kw7"

    def test_a_comment_of_wordpress_answers_another_or_its_page(self):
        reply = (
            "<title>By: Ada</title><guid>https://b.example/?p=1#comment-5</guid><description><![CDATA["
            '<p>In reply to <a href="https://b.example/kettle/#comment-3">Bo Finch</a>.</p>\n<p>Mine too.</p>'
            "]]></description>"
        )
        first = (
            "<title>By: Bo</title><guid>https://b.example/?p=1#comment-3</guid>"
            "<description>It leaks.</description>"
        )
        one, other = read(rss(reply, first))[1]
        assert (one.answers, one.text) == ("https://b.example/?p=1#comment-3", "Mine too.")
        assert (other.answers, other.text) == ("https://b.example/?p=1", "It leaks.")
        assert (one.title, other.title) == (None, None)

    @pytest.mark.parametrize(
        "tail", ["4 posts - 2 participants<br>Read full topic", "The post Lids appeared first on Tea Blog."]
    )
    def test_what_sites_put_after_a_text_goes(self, tail):
        assert (
            entry(rss(f"<description><![CDATA[<p>It leaks.</p><p>{tail}</p>]]></description>")).text
            == "It leaks."
        )

    def test_a_lone_link_is_no_text(self):
        assert (
            entry(
                rss('<description><![CDATA[<a href="https://n.example/1">Comments</a>]]></description>')
            ).text
            == ""
        )


class TestBroken:
    def test_a_feed_with_mistakes_is_read(self):
        feed, (found,) = read(
            '\n <?xml version="1.0"?>' + rss("<title>A & B</title><x:y>z</x:y><description>C")
        )
        assert (found.title, feed.is_cut) == ("A & B", False)

    def test_of_one_that_breaks_off_the_whole_entries_are_read(self):
        whole = rss(
            "<guid>1</guid><title>A</title>", "<guid>2</guid><title>B</title><description>It ends here."
        )
        feed, entries = read(whole[: whole.index("ends")])
        assert (feed.is_cut, [found.ident for found in entries]) == (True, ["1"])
        feed, entries = read(whole[: whole.index("<item><guid>2")])
        assert (feed.is_cut, [found.ident for found in entries]) == (True, ["1"])

    @pytest.mark.parametrize(
        ("encoding", "head", "content_type"),
        [
            ("utf-8", "", "text/xml"),
            ("utf-8", "", "text/xml; charset=iso-8859-1"),
            ("utf-8", '<?xml version="1.0" encoding="iso-8859-1"?>', "application/rss+xml"),
            ("utf-8-sig", '<?xml version="1.0"?>', "application/rss+xml"),
            ("cp1252", '<?xml version="1.0" encoding="windows-1252"?>', "text/xml"),
            ("cp1252", "", "text/xml"),
            ("cp1252", '<?xml version="1.0" encoding="utf-8"?>', "text/xml; charset=windows-1252"),
            ("utf-16", '<?xml version="1.0" encoding="utf-16"?>', "application/rss+xml"),
        ],
    )
    def test_western_encodings_are_found_out(self, encoding, head, content_type):
        text = rss("<title>Größe – “très” £80</title>", head=head)
        assert read(text.encode(encoding), content_type)[1][0].title == "Größe – “très” £80"

    @pytest.mark.parametrize("encoding", ["shift_jis", "euc-jp", "iso-2022-jp", "utf-16-be"])
    def test_japanese_ones_as_well(self, encoding):
        mark = b"\xfe\xff" if encoding == "utf-16-be" else b""
        text = rss("<title>やかんが漏れる</title>", head=f'<?xml version="1.0" encoding="{encoding}"?>')
        assert read(mark + text.encode(encoding))[1][0].title == "やかんが漏れる"


class TestHostile:
    ENTITIES: Any = (
        '<!DOCTYPE rss [\n<!ENTITY a "{long}">\n<!ENTITY b SYSTEM "file:///etc/passwd">\n'
        '<!ENTITY c "&a;&a;&a;&a;">\n]>'
    ).format(long="A" * 5000)

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le"])
    def test_entities_are_neither_expanded_nor_fetched(self, encoding):
        text = rss(
            f"<title>{'&a;' * 5000}&b;&c;</title><description>It leaks.</description>", head=self.ENTITIES
        )
        found = read(text.encode(encoding))[1][0]
        assert len(found.title or "") < 20_000
        assert "root:" not in str(found.title)
        assert found.text == "It leaks."

    def test_nothing_is_fetched_whatever_the_body_is(self, tmp_path):
        (tmp_path / "feed").write_text(rss("<title>A</title>"))
        assert feed_of(f"{tmp_path}/feed".encode(), "text/plain", URL) is None
        assert feed_of(b"https://127.0.0.1:9/<rss ", "text/plain", URL).rows == []  # type: ignore[union-attr]

    @pytest.mark.parametrize("tag", ["<item {}>", "<![CDATA[<a {}>]]>"])
    def test_a_flood_of_attributes_is_refused(self, tag):
        flood = tag.format(" ".join(f'a{n}="1"' for n in range(50_000)))
        with pytest.raises(ValueError, match="more than 100 attributes"):
            read(rss(flood))

    @pytest.mark.parametrize(
        "piece",
        [
            "<a",
            "<b>",
            "<!--",
            "<script>",
            "</p>",
            "a",
            "<p>",
            "<br>",
            "&amp;",
            "1",
            "\n",
            "<a href='#comment-1'",
            "/u/",
        ],
    )
    def test_no_text_takes_long(self, piece):
        started = time.perf_counter()
        for markup in (piece * 30_000, f"<a{piece * 30_000}", f"submitted by {piece * 30_000}"):
            body = json.dumps(
                {"version": "https://jsonfeed.org/version/1", "items": [{"id": 1, "content_html": markup}]}
            )
            read(body)
            read(atom(f'<id>t1_#comment-1</id><content type="html">{escape(markup)}</content>'))
        assert time.perf_counter() - started < 5


class TestWords:
    @pytest.mark.parametrize(
        ("markup", "text"),
        [
            ("<p>One\ntwo</p><p>three</p>", "One two\n\nthree"),
            ("a<br>b<br/>c", "a\nb\nc"),
            ("<ul><li>a</li><li>b</li></ul>c", "a\nb\n\nc"),
            ("<td>a</td><td>b</td>", "a b"),
            ("<b>a</b>nd <i>so</i> on", "and so on"),
            ("a<script>if (1 < 2) b()</script>c<style>p {}</style>d", "acd"),
            ("a<!-- <p>b</p> -->c", "ac"),
            ("a<iframe/>b", "ab"),
            ("<pre>a\n  b</pre>\nc", "a\nb\n\nc"),
            ("I &lt;3 it, a < b &amp; c", "I <3 it, a < b & c"),
            ("1 <2 and 3> 2", "1 <2 and 3> 2"),
            ("&lt;b&gt;", "<b>"),
            ("<P>A</P>b", "A\n\nb"),
            ("<a href='x' title='>'>b</a>", "'>b"),
        ],
    )
    def test_lines_stay_and_marks_go(self, markup, text):
        assert words_of(markup) == text

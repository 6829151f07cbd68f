"""What the spider of Reddit reads, and how it reads odd things."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from crawlers.cursor import move_cursors
from crawlers.spiders import reddit

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


SOURCE = 'subreddits = ["tea"]\nqueries = ["lid", "https://redd.it/abc"]'


class TestReddit:
    @pytest.mark.parametrize(
        ("address", "ids"),
        [
            ("https://www.reddit.com/r/tea/comments/abc1/some_title/", ("abc1", None)),
            ("https://old.reddit.com/r/tea/comments/abc1/some_title/def2/?context=3", ("abc1", "def2")),
            ("https://reddit.com/comments/abc1", ("abc1", None)),
            ("https://www.reddit.com/user/some-one/comments/abc1/x/", ("abc1", None)),
            ("https://redd.it/abc1", ("abc1", None)),
            ("https://www.reddit.com/r/tea/", None),
            ("kettle comments", None),
        ],
    )
    def test_addresses(self, address, ids):
        found = reddit.ADDRESS.fullmatch(address)
        assert (found and (found["thread"], found["comment"])) == ids

    def test_the_first_crawl_reads_what_new_does_not_reach(self, make, tmp_path):
        api = SimpleNamespace(
            subreddit=lambda _: SimpleNamespace(
                **dict.fromkeys(("search", "new", "comments", "hot", "top"), print)
            )
        )
        names = ["r/tea search lid", "r/tea new", "r/tea comments"]
        first = make(reddit.RedditSpider, SOURCE)
        assert [listing.target.name for listing in first.listings(api)] == [*names, "r/tea new", "r/tea new"]
        move_cursors(tmp_path / "data", "reddit", {"r/tea new": NOW})
        assert [listing.target.name for listing in make(reddit.RedditSpider, SOURCE).listings(api)] == names

    def submission(self, **changes: object) -> SimpleNamespace:
        row = {"id": "s1", "title": "Lid", "selftext": "It broke.", "author": "ada", "subreddit": "tea"}
        return SimpleNamespace(
            **row | {"created_utc": 1.0, "edited": False, "score": 3, "num_comments": 2} | changes
        )

    def test_a_submission(self):
        post = reddit.to_post(self.submission(edited=61.0), NOW)
        assert (post.source_id, post.title, post.text) == ("t3_s1", "Lid", "It broke.")
        assert (post.author, post.community, post.score, post.n_replies) == ("ada", "tea", 3, 2)
        assert post.posted_at == datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)
        assert post.edited_at == datetime(1970, 1, 1, 0, 1, 1, tzinfo=UTC)
        assert post.url == "https://www.reddit.com/comments/s1/"

    @pytest.mark.parametrize(
        "text", ["[deleted]", "[removed]", "[ Removed by Reddit ]", "[removed by reddit]"]
    )
    def test_what_is_gone_is_deleted(self, text):
        assert reddit.to_post(self.submission(selftext=text, author=None), NOW).is_deleted
        comment = SimpleNamespace(
            id="c1", body=text, link_id="t3_s1", parent_id="t3_s1", author=None, subreddit="tea",
            created_utc=1.0, edited=False, score=1,
        )  # fmt: skip
        post = reddit.to_post(comment, NOW)
        assert (post.source_id, post.parent_id, post.is_deleted) == ("t1_c1", "t3_s1", True)

    def test_a_profile_s_subreddit_is_its_user_s_name(self):
        post = reddit.to_post(self.submission(subreddit="u_ada"), NOW)
        assert post.community is None
        assert "ada" not in post.url

    def test_it_never_asks_for_what_is_not_there(self):
        with pytest.raises(KeyError):
            reddit.to_post(SimpleNamespace(id="s1", selftext="x", subreddit="tea"), NOW)

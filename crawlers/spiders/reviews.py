"""Reviews on any page that marks them as schema.org says: a product, a business, a service."""

from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, ClassVar
from urllib.parse import urlsplit

from scrapy.http import Request, Response

from crawlers.pipelines import REMEMBERED, redact, tidy
from crawlers.post import Post, content_id
from crawlers.redaction import redacted_url
from crawlers.schema_org import Review, reviews_of
from crawlers.shape import TEXT, URL, Keys
from crawlers.spider import SourceSpider, Target, in_short, page_of


class ReviewsSpider(SourceSpider):
    """Reads each page of the watchlist, and the pages it calls next as long as they have reviews."""

    name = "reviews"
    keys: ClassVar[Keys] = {"pages": {"url": URL, "about": TEXT}}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.authors: dict[str, list[int]] = {}

    async def start(self) -> AsyncIterator[Request]:
        """Ask for each page."""
        for source in self.sources:
            for page in source.options["pages"]:
                target = self.target(page["url"])
                yield self.request(target, page["url"], self.parse_page, page=page, seen=set())

    def parse_page(
        self,
        response: Response,
        target: Target,
        page: Mapping[str, str],
        seen: set[str],
    ) -> Iterator[Post | Request]:
        """Read a page's reviews, and ask for the next until all are old, or ``seen`` on pages before."""
        html = page_of(response)
        reviews, problems = reviews_of(html.text, html.url)
        for problem in problems:
            self.fail(f"{response.url}: {problem}", target=target)
        if not reviews:
            # Also where another page calls this one next: a log-in or a consent page looks like that.
            self.fail(f"{response.url}: no schema.org review on the page, {in_short(html)}", target=target)
            return
        if len(self.authors) > REMEMBERED:
            self.authors.clear()
        read = partial(to_post, page=page, authors=self.authors, fetched_at=self.started)
        posts = list(self.read(target, reviews, read))
        yield from posts
        found = {post.source_id for post in posts}
        times = [review.posted_at for review in reviews]
        is_known = target.since is not None and all(time and time < target.since for time in times)
        following = html.css("link[rel~=next]::attr(href), a[rel~=next]::attr(href)").get()
        is_repeated = bool(found) and found <= seen
        if len(seen) > REMEMBERED:
            seen.clear()
        seen |= found
        if following and not is_known and not is_repeated:
            yield self.request(target, response.urljoin(following), self.parse_page, page=page, seen=seen)


def to_post(
    review: Review, page: Mapping[str, str], authors: dict[str, list[int]], fetched_at: datetime
) -> Post:
    """Read a review. Without an address of its own, a hash of what it says identifies it."""
    # An address with an e-mail or a user in it cannot be an id: ids are kept as they are.
    ident = review.ident if review.ident and redacted_url(review.ident) == review.ident else None
    post = Post(
        source="reviews",
        source_id=ident or "",
        url=ident or page["url"],
        community=urlsplit(page["url"]).hostname,
        title=review.title,
        text=review.body,
        author=review.author,
        posted_at=review.posted_at,
        rating=review.rating,
        about=page.get("about"),
        fetched_at=fetched_at,
    )
    return post if ident else replace(post, source_id=hashed(post, page["url"], authors))


def hashed(post: Post, page_url: str, authors: dict[str, list[int]]) -> str:
    """Return a hash of what a review says; ``authors`` are those met in this run, by what they say.

    The second author to say the same gets another hash; a review that several pages repeat does not.
    """
    said = redact(tidy(post))
    date = post.posted_at.date() if post.posted_at else ""
    # The watchlist's page, not the one it is on: as new ones come, a review moves to later pages.
    content = content_id(page_url, date, said.title or "", " ".join(said.text.split()))
    equals = authors.setdefault(content, [])
    author = hash(post.author)  # not the name, which need not be kept
    if author not in equals:
        equals.append(author)
    return content_id(content, equals.index(author))

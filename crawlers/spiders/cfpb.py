"""Complaints about banks and credit bureaus, from the US Consumer Financial Protection Bureau's database."""

from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any, ClassVar
from urllib.parse import urlencode

from scrapy.http import Request, Response

from crawlers.dates import in_utc
from crawlers.post import Post
from crawlers.shape import TEXT, Keys
from crawlers.spider import SourceSpider, Target, json_of

SITE = "https://www.consumerfinance.gov/data-research/consumer-complaints/search"
PAGE_SIZE = 100  # the most there is
MAX_FRM = 10_000
FIRST_CRAWL = timedelta(days=365)

Parameters = Mapping[str, Any]


class CfpbSpider(SourceSpider):
    """Asks for each company's complaints, newest first; without ``companies``, for what brand names find.

    A complaint shows up first, its narrative weeks later, hence the long overlap.
    """

    name = "cfpb"
    keys: ClassVar[Keys] = {"companies": TEXT, "products": TEXT}
    allowed_domains = ("www.consumerfinance.gov",)
    overlap = timedelta(days=60)

    async def start(self) -> AsyncIterator[Request]:
        """Ask for each company's newest complaints."""
        for source in self.sources:
            products = source.options["products"]
            found: list[tuple[str, Parameters]] = [
                (company, {"company": company}) for company in source.options["companies"]
            ] or [
                (name, {"search_term": name, "field": "company"})
                for brand in self.watchlist.brands
                for name in brand.names
            ]
            for name, parameters in found:
                target = self.target(" / ".join([name, *products]))
                since = target.since or self.started - FIRST_CRAWL
                parameters = {**parameters, "product": products, "date_received_min": since.date()}
                yield self.page(target, parameters, frm=0, seen=set())

    def page(self, target: Target, parameters: Parameters, frm: int, seen: set[str], **more: str) -> Request:
        """Return the request for a page; ``seen`` are the complaints that the pages before it gave."""
        query = {
            **parameters,
            "sort": "created_date_desc",
            "size": PAGE_SIZE,
            "frm": frm,
            **more,
            "no_aggs": "true",
            "no_highlight": "true",
        }
        url = f"{SITE}/api/v1/?{urlencode(query, doseq=True)}"
        return self.request(target, url, self.parse_page, parameters=parameters, frm=frm, seen=seen)

    def parse_page(
        self, response: Response, target: Target, parameters: Parameters, frm: int, seen: set[str]
    ) -> Iterator[Post | Request]:
        """Read a page, and ask for the next."""
        reply = json_of(response)["hits"]
        hits = {id_: hit for hit in reply["hits"] if (id_ := hit.get("_id")) not in seen}
        if not hits:
            return  # the end, or a page that repeats another
        yield from self.read(target, hits.values(), partial(to_post, fetched_at=self.started))
        seen.update(hits)
        if len(seen) < reply["total"]["value"]:
            # `search_after`, from the last hit, is what moves the page; `frm` must be there and be valid.
            after = "_".join(str(value) for value in reply["hits"][-1]["sort"])
            frm = min(frm + len(reply["hits"]), MAX_FRM)
            yield self.page(target, parameters, frm, seen, search_after=after)


def to_post(hit: Mapping[str, Any], fetched_at: datetime) -> Post:
    """Read a complaint; one without a narrative says what its form says: the issue and the sub-issue."""
    row = hit["_source"]
    narrative = row["complaint_what_happened"]
    return Post(
        source="cfpb",
        source_id=row["complaint_id"],
        url=f"{SITE}/detail/{row['complaint_id']}",
        community=row["product"],
        title=None if narrative else row["issue"],
        text=narrative or row["sub_issue"] or "",
        posted_at=in_utc(datetime.fromisoformat(row["date_received"])),
        about=row["company"],
        fetched_at=fetched_at,
    )

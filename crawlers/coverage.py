"""Tell how each run of a source went, in ``DATA/coverage/<source>/<started>.json``; then move its cursors."""

import json
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem
from scrapy.extensions.feedexport import FeedSlot
from scrapy.http import Response
from twisted.python.failure import Failure

from crawlers.cursor import move_cursors
from crawlers.durable import write_durably
from crawlers.landing import run_id
from crawlers.pipelines import Refused
from crawlers.post import Post
from crawlers.spider import SourceSpider, address_of, said, spider_of

NO_CREDENTIALS = "no credentials"
"""The finish reason of a source that was skipped; nothing failed, and nothing was asked."""
MAX_ERRORS = 50
"""So many errors are told in full; all are counted."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Coverage:
    """How a run of a source went. ``n_refused`` counts what robots.txt, 403 and 429 kept us from.

    ``n_new`` counts what landed, be it new to the warehouse or met before by an overlapping crawl.
    """

    source: str
    run_id: str
    started_at: str
    finished_at: str
    finish_reason: str
    n_requested: int = 0
    n_seen: int = 0
    n_new: int = 0
    n_dropped: int = 0
    n_refused: int = 0
    n_errors: int = 0
    errors: tuple[str, ...] = ()
    is_ok: bool = False

    @property
    def has_failed(self) -> bool:
        """Whether somebody must look after it: not where a source was skipped for want of credentials."""
        return not self.is_ok and self.finish_reason != NO_CREDENTIALS


def write_coverage(data: Path, coverage: Coverage) -> None:
    """Write the account of a run, beside those of the source's other runs."""
    path = data / "coverage" / coverage.source / f"{coverage.run_id}.json"
    for part in path.parent.glob("*.part"):  # of runs that were killed here
        part.unlink()
    write_durably(path, json.dumps(asdict(coverage), ensure_ascii=False) + "\n")


class Account:
    """Keeps the account of a run; once the landing file is closed, writes it and moves the cursors."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.data = Path(crawler.settings["HATEMINE_DATA"])
        self.n_landed = 0
        self.n_lost = 0
        self.refused: Counter[str] = Counter()
        self.finish_reason = ""
        self.coverage: Coverage | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build the extension and connect it."""
        self = cls(crawler)
        for handler, signal in (
            (self.spider_error, signals.spider_error),
            (self.item_dropped, signals.item_dropped),
            (self.item_error, signals.item_error),
            (self.feed_slot_closed, signals.feed_slot_closed),
            (self.spider_closed, signals.spider_closed),
            (self.feed_exporter_closed, signals.feed_exporter_closed),
        ):
            crawler.signals.connect(handler, signal)
        return self

    def spider_error(self, failure: Failure, response: Response | None) -> None:
        """Count an exception of the spider, against the target it was working on."""
        request = response.request if response is not None else None
        where = address_of(request) if request is not None else "start"
        target = request.cb_kwargs.get("target") if request is not None else None
        at = request.meta.get("at") if request is not None else None
        spider_of(self.crawler).fail(f"{where}: {said(failure.value)}", target=target, at=at)

    def item_dropped(self, exception: DropItem) -> None:
        """Count a post that the pipelines refused, by reason."""
        if isinstance(exception, Refused):
            self.refused[str(exception)] += 1

    def item_error(self, item: Post, failure: Failure) -> None:
        """Count a post that the pipelines lost."""
        self.n_lost += 1
        spider_of(self.crawler).fail(f"{item.source_id}: lost in the pipelines: {said(failure.value)}")

    def feed_slot_closed(self, slot: FeedSlot) -> None:
        """Note how many posts are on disk."""
        is_stored = not self.crawler.stats.get_value("feedexport/failed_count/LandingStorage")
        self.n_landed = slot.itemcount if is_stored else 0

    @property
    def n_passed(self) -> int:
        """How many posts passed the pipelines; Scrapy counts them, and a signal for each would cost time."""
        return int(self.crawler.stats.get_value("item_scraped_count", 0))

    def spider_closed(self, reason: str) -> None:
        """Note why the spider closed; Scrapy closes the landing file after this."""
        self.finish_reason = reason

    def feed_exporter_closed(self) -> None:
        """Write the account, then move the cursors of the targets that ended without an error."""
        spider = spider_of(self.crawler)
        if self.n_landed != self.n_passed:
            spider.fail(f"{self.n_passed - self.n_landed} of {self.n_passed} posts did not land")
        self.coverage = self._coverage(spider)
        write_coverage(self.data, self.coverage)
        told = ", ".join(f"{n} refused: {reason}" for reason, n in sorted(self.refused.items()))
        spider.logger.info(
            "%d posts landed, %d errors%s", self.n_landed, len(spider.errors), told and f", {told}"
        )
        if self.finish_reason == "finished" and self.n_landed == self.n_passed and not self.n_lost:
            # A source's clock that runs ahead of ours must not make us skip what comes until then.
            newest = {
                target.name: min(cursor, spider.started)
                for target in spider.targets
                if (cursor := target.cursor) is not None
            }
            move_cursors(self.data, spider.name, newest)

    def _coverage(self, spider: SourceSpider) -> Coverage:
        return Coverage(
            source=spider.name,
            run_id=run_id(spider.started),
            started_at=spider.started.isoformat(),
            finished_at=datetime.now(UTC).isoformat(),
            finish_reason=self.finish_reason,
            n_requested=self.crawler.stats.get_value("downloader/request_count", 0) + spider.n_api_requests,
            n_seen=self.n_passed + self.refused.total() + self.n_lost,
            n_new=self.n_landed,
            n_dropped=self.refused.total(),
            n_refused=spider.n_refused,
            n_errors=len(spider.errors),
            errors=tuple(spider.errors[:MAX_ERRORS]),
            is_ok=self.finish_reason == "finished" and not spider.errors,
        )

"""Crawl what the watchlist names, all sources side by side."""

import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, cast

from scrapy.crawler import Crawler, CrawlerProcess
from scrapy.settings import Settings
from scrapy.spiderloader import SpiderLoader
from twisted.python.failure import Failure

from crawlers.coverage import NO_CREDENTIALS, Account, Coverage, write_coverage
from crawlers.durable import make_folder
from crawlers.landing import run_id
from crawlers.replay import replay_settings, replaying
from crawlers.spider import MissingCredentials, SourceSpider, said
from crawlers.watchlist import WatchlistError, load_watchlist


def crawl(
    watchlist_path: Path,
    data: Path,
    *,
    kinds: Sequence[str] = (),
    since: datetime | None = None,
    replay: Path | None = None,
    log_level: str | None = None,
) -> list[Coverage]:
    """Crawl the watchlist's sources, or those of some kinds, and return how each went.

    ``replay`` is a folder of recorded responses that answers every request. A process can do this once, since
    Scrapy's reactor cannot start twice.
    """
    known = list(dict.fromkeys(source.kind for source in load_watchlist(watchlist_path).sources))
    for kind in kinds:
        if kind not in known:
            found = ", ".join(known) or "none"
            raise WatchlistError(
                f'{watchlist_path}: expected a [[source]] with kind = "{kind}", found {found}'
            )
    jobs: dict[str, dict[str, Any]] = {kind: {"since": since} for kind in kinds or known}
    return _run(jobs, watchlist_path, data, replay, log_level)


def recheck(
    watchlist_path: Path,
    data: Path,
    ids: Mapping[str, Sequence[str]],
    *,
    replay: Path | None = None,
    log_level: str | None = None,
) -> list[Coverage]:
    """Ask sources again for stored posts, given as ``source_id`` by source; what is gone lands as deleted."""
    jobs = {kind: {"recheck": tuple(of_kind)} for kind, of_kind in ids.items() if of_kind}
    return _run(jobs, watchlist_path, data, replay, log_level)


def kinds_to_recheck() -> list[str]:
    """Return the sources that demand that we delete what they delete."""
    settings = Settings()
    settings.setmodule("crawlers.settings", priority="project")
    loader = SpiderLoader.from_settings(settings)
    return [name for name in loader.list() if cast("type[SourceSpider]", loader.load(name)).can_recheck]


def _run(
    jobs: Mapping[str, Mapping[str, Any]],
    watchlist_path: Path,
    data: Path,
    replay: Path | None,
    log_level: str | None,
) -> list[Coverage]:
    """Run spiders by kind with their arguments, all side by side."""
    with _settings(watchlist_path, data, replay, log_level) as settings:
        handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        process = CrawlerProcess(settings)
        crawlers = {kind: process.create_crawler(kind) for kind in jobs}
        failures: dict[Crawler, Failure] = {}
        started = datetime.now(UTC)
        for kind, crawler in crawlers.items():
            process.crawl(crawler, **jobs[kind]).addErrback(partial(failures.__setitem__, crawler))
        process.start()
        for number, handler in handlers.items():
            signal.signal(number, handler)  # Scrapy leaves its own behind, which only stops crawls
    return [_coverage(crawler, data, started, failures.get(crawler)) for crawler in crawlers.values()]


@contextmanager
def _settings(
    watchlist_path: Path, data: Path, replay: Path | None, log_level: str | None
) -> Iterator[Settings]:
    # get_project_settings() finds nothing outside the checkout.
    settings = Settings()
    settings.setmodule("crawlers.settings", priority="project")
    ours: dict[str, Any] = {
        "HATEMINE_WATCHLIST": str(watchlist_path.absolute()),
        "HATEMINE_DATA": str(make_folder(data).absolute()),
    }
    if log_level is not None:
        ours["LOG_LEVEL"] = log_level
    settings.update(ours, priority="cmdline")
    if replay is None:
        yield settings
        return
    with replaying(replay) as base:
        settings.update(replay_settings(base), priority="cmdline")
        yield settings


def _coverage(crawler: Crawler, data: Path, started: datetime, failure: Failure | None) -> Coverage:
    """Return how a source went: the account of its run, or, if it has none, why not."""
    account = crawler.get_extension(Account) if failure is None else None
    if account is not None and account.coverage is not None:
        return account.coverage
    if failure is None:
        reason, errors = "killed", ("the crawl was stopped before it could end",)
    elif isinstance(failure.value, MissingCredentials):
        reason, errors = NO_CREDENTIALS, (str(failure.value),)
    else:
        reason, errors = "not started", (said(failure.value),)
    coverage = Coverage(
        source=crawler.spidercls.name,
        run_id=run_id(started),
        started_at=started.isoformat(),
        finished_at=datetime.now(UTC).isoformat(),
        finish_reason=reason,
        n_errors=0 if reason == NO_CREDENTIALS else 1,
        errors=errors,
    )
    write_coverage(data, coverage)
    return coverage

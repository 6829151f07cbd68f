"""Commands that keep an installation right: doctor, sync-deletions."""

import logging
from datetime import UTC, datetime
from pathlib import Path

import click

from ui.commands.collect import LOG_LEVELS, fail_for, in_a_line, refresh_warehouse
from ui.options import Options, common_options, pass_options
from ui.progress import Progress
from ui.safe import printable
from warehouse import queries
from warehouse.connection import reading
from warehouse.lock import locked


@click.command("sync-deletions")
@click.option(
    "--replay",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Answer every request from the responses recorded in this folder.",
)
@common_options
@pass_options
def sync_deletions(options: Options, *, replay: Path | None) -> None:
    """Ask the sources that demand it for every stored post again, and wipe what they deleted."""
    from crawlers.coverage import NO_CREDENTIALS
    from crawlers.crawl import kinds_to_recheck, recheck

    progress = Progress(is_quiet=options.verbosity < 0)
    with locked(options.folder):
        refresh_warehouse(options)  # what landed but is not loaded yet may be gone as well
        with reading(options.folder) as con:
            ids = queries.stored_ids(con, kinds_to_recheck())
        if not ids:
            progress.line("nothing stored that its source could have deleted")
            return
        progress("asking again")
        logging.getLogger().handlers.clear()  # wordllama's, which would say all that Scrapy does
        coverages = recheck(
            options.watchlist,
            options.folder,
            ids,
            replay=replay,
            log_level=LOG_LEVELS[max(-1, min(options.verbosity, 2))],
        )
        for coverage in coverages:
            progress.line(in_a_line(coverage))
        refresh_warehouse(options)
    if skipped := [coverage.errors[0] for coverage in coverages if coverage.finish_reason == NO_CREDENTIALS]:
        raise click.ClickException(f"what is stored could not be checked: {'; '.join(skipped)}")
    fail_for(coverages)


@click.command()
@common_options
@pass_options
def doctor(options: Options) -> None:
    """Check settings, credentials, robots.txt, disk, models and lock; say what to do about each."""
    from ui.doctor import examine

    n_to_do = 0
    for finding in examine(options, now=datetime.now(UTC)):
        n_to_do += finding.level == "do"
        click.echo(f"{finding.level:<5} {finding.subject:<14} {printable(finding.text)}")
    if n_to_do:
        raise click.ClickException(f"{n_to_do} of these must be mended: the lines that begin with do")


COMMANDS = (doctor, sync_deletions)

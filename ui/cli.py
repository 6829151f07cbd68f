"""The hatemine command: parse, call, exit code."""

import sys
import traceback
from collections.abc import Sequence

import click
import duckdb

from crawlers.errors import Mistake
from ui.commands import collect, look, start, upkeep
from ui.options import Options, common_options
from ui.safe import printable
from warehouse import queries
from warehouse.connection import NotPublished
from warehouse.lock import Locked

EXPECTED = (Mistake, NotPublished, queries.BadQuery, duckdb.Error, OSError)
"""Failures that their message explains; any other is our mistake, and its type helps to report it."""


@click.group()
@common_options
def hatemine() -> None:
    """Find who hates a brand and its rivals most, in public, and rank what they hate as sources of ideas."""


for command in (*start.COMMANDS, *collect.COMMANDS, *look.COMMANDS, *upkeep.COMMANDS):
    hatemine.add_command(command)


def main() -> None:
    """Run the command line and leave with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr] # cron's locale may not know every letter
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command; return 0 done, 1 failed, 2 wrong usage, 75 another run holds the lock."""
    options = Options()
    try:
        hatemine.main(list(arguments), prog_name="hatemine", standalone_mode=False, obj=options)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return 2
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx else "hatemine"
        return _fail(f"{error.format_message()} ({command} --help tells more)", 2)
    except click.ClickException as error:
        return _fail(error.format_message(), 1)
    except (KeyboardInterrupt, click.Abort):
        return _fail("stopped", 130)
    except Locked as error:
        return _fail(str(error), 75)
    except Exception as error:
        if options.verbosity > 0:
            traceback.print_exc()
        return _fail(_explain(error), 1)
    return 0


def _explain(error: Exception) -> str:
    message = str(error).split("\n\n")[0]  # DuckDB draws the place of a mistake below
    if isinstance(error, EXPECTED):
        return message
    return f"unexpected {type(error).__name__}: {message} (hatemine -v shows where)"


def _fail(message: str, code: int) -> int:
    click.echo(f"hatemine: {printable(message)}", err=True)
    return code

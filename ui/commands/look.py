"""Commands that read what is published: themes, sql, serve."""

import os
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import NoReturn

import click
import pandas as pd

from ui.options import Options, Since, common_options, pass_options, starting
from ui.output import FORMATS, Format, render
from ui.ranking import in_words, newest, rankings
from ui.safe import as_markdown, printable
from warehouse import queries
from warehouse.connection import reading

APP = Path(__file__).parents[1] / "app.py"

format_option = click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    default="table",
    show_default=True,
    help="table and md are for people, csv and json for programs.",
)
port_option = click.option("--port", type=click.IntRange(1, 65535), default=8501, show_default=True)


@click.command()
@click.option("--brand", help="One brand only.  [default: ours, then each rival]")
@click.option(
    "--since", type=Since(), help="From then to the newest post.  [default: the watchlist's period]"
)
@format_option
@common_options
@pass_options
def themes(options: Options, *, brand: str | None, since: timedelta | datetime | None, form: Format) -> None:
    """Rank what people hate: one row a theme, the best opportunity first."""
    with reading(options.folder) as con:
        known = list(queries.brands(con)["brand"])
        if brand is not None and brand not in known:
            raise click.BadParameter(f"{brand!r} is none of {', '.join(known)}.", param_hint="--brand")
        frames = rankings(
            con, [brand] if brand else known, since=starting(since, newest(queries.summary(con)))
        )
    click.echo(_in_format(frames, form), nl=False)


def _in_format(frames: dict[str, pd.DataFrame], form: Format) -> str:
    if form in ("csv", "json"):
        return render(pd.concat(frames.values()), form)
    title = "## {}\n\n" if form == "md" else "{}\n"
    clean = as_markdown if form == "md" else printable
    return "\n".join(
        title.format(clean(brand)) + render(in_words(frame), form) for brand, frame in frames.items()
    )


@click.command()
@click.argument("query")
@format_option
@common_options
@pass_options
def sql(options: Options, *, query: str, form: Format) -> None:
    """Run one read-only query on the published tables."""
    with reading(options.folder) as con:
        click.echo(render(queries.select(con, query), form), nl=False)


@click.command()
@port_option
@common_options
@pass_options
def serve(options: Options, *, port: int) -> None:
    """Open the app on this machine (http://127.0.0.1:PORT); Ctrl-C ends it."""
    run_app(options.folder, port=port)


def run_app(data: Path, *, port: int) -> NoReturn:
    """Become the app on loopback: signals reach it directly, and it leaves with its own exit code."""
    command = [sys.executable, "-m", "streamlit", "run", str(APP), f"--server.port={port}"]
    environment = {**os.environ, "HATEMINE_DATA": str(data.absolute())}
    os.execve(sys.executable, command, environment)  # noqa: S606 (no shell wanted)


COMMANDS = (themes, sql, serve)

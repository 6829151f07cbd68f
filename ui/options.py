"""The options every command takes, and how a command line says a point in time."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass
class Options:
    """What ``--data``, ``--watchlist``, ``-v`` and ``-q`` said, before or after the command's name."""

    data: Path | None = None
    watchlist: Path = Path("watchlist.toml")
    verbosity: int = 0

    @property
    def folder(self) -> Path:
        """Return the data folder: ``--data``, else ``HATEMINE_DATA``, else ``data`` here."""
        return self.data or Path(os.environ.get("HATEMINE_DATA") or "data")


pass_options = click.make_pass_decorator(Options, ensure=True)


def common_options(command: Command) -> Command:
    """Add the options that every command takes."""
    for option in (
        click.option(
            "-q",
            "--quiet",
            is_flag=True,
            expose_value=False,
            callback=_quiet,
            help="Say results and errors only.",
        ),
        click.option(
            "-v", "--verbose", count=True, expose_value=False, callback=_verbose, help="Say more; -vv all."
        ),
        click.option(
            "--watchlist",
            type=click.Path(dir_okay=False, path_type=Path),
            expose_value=False,
            callback=_remember,
            help="Brands, rivals and sources.  [default: ./watchlist.toml]",
        ),
        click.option(
            "--data",
            type=click.Path(file_okay=False, path_type=Path),
            expose_value=False,
            callback=_remember,
            help="Folder of everything collected.  [default: $HATEMINE_DATA or ./data]",
        ),
    ):
        command = option(command)
    return command


def _remember(context: click.Context, parameter: click.Parameter, value: Path | None) -> None:
    if value is not None and parameter.name is not None:
        setattr(context.ensure_object(Options), parameter.name, value)


def _verbose(context: click.Context, _: click.Parameter, value: int) -> None:
    context.ensure_object(Options).verbosity += value


def _quiet(context: click.Context, _: click.Parameter, value: bool) -> None:
    context.ensure_object(Options).verbosity -= value


DAYS = {"d": 1, "w": 7, "m": 30, "y": 365}


class Since(click.ParamType[timedelta | datetime]):
    """A start: so many days, weeks, months or years back (``30d``, ``26w``, ``6m``, ``1y``), or a date."""

    name = "30d|26w|6m|1y|YYYY-MM-DD"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta | datetime:
        """Read the start; a date is midnight UTC."""
        if isinstance(value, timedelta | datetime):
            return value
        if found := re.fullmatch(r"(\d{1,5})([dwmy])", value):
            return timedelta(days=int(found[1]) * DAYS[found[2]])
        try:
            return datetime.strptime(value, "%Y-%m-%d").replace(tzinfo=UTC)
        except ValueError:
            self.fail(f"{value!r} is neither like 30d, 26w, 6m, 1y nor a date like 2026-05-18.", param, ctx)


def starting(since: timedelta | datetime | None, now: datetime) -> datetime | None:
    """Return the start that ``--since`` named, counted back from ``now``."""
    return now - since if isinstance(since, timedelta) else since

"""Show how far long work has come: a bar on a terminal, plain lines elsewhere."""

import sys

import click


class Progress:
    """Call it with a step's name and how much of it is done. It speaks on stderr; results go to stdout."""

    def __init__(self, *, is_quiet: bool) -> None:
        self._is_quiet = is_quiet
        self._is_terminal = sys.stderr.isatty()
        self._said = ""

    def __call__(self, step: str, n_done: int = 0, n_total: int | None = None) -> None:
        """Say that ``n_done`` of ``n_total`` of the step are done; without a total, that it has begun."""
        if self._is_quiet:
            return
        if not self._is_terminal:
            self._say_once(step if n_total is None else f"{step}: {n_total:,}")
            return
        if n_total:
            n_marks = 30 * n_done // n_total
            step = f"{step:<28} [{'#' * n_marks}{'.' * (30 - n_marks)}] {n_done:,} of {n_total:,}"
        if step != self._said:
            self._said = step
            click.echo(f"\r\x1b[2K{step}", err=True, nl=False)

    def line(self, text: str) -> None:
        """Say a line that stays."""
        if not self._is_quiet:
            self.clear()
            click.echo(text, err=True)

    def clear(self) -> None:
        """Wipe the bar, so that results begin on a line of their own."""
        if self._is_terminal and self._said:
            click.echo("\r\x1b[2K", err=True, nl=False)
        self._said = ""

    def _say_once(self, line: str) -> None:
        if line != self._said:
            self._said = line
            click.echo(line, err=True)

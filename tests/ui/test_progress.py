import io
import sys

import pytest

from ui.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def work(progress: Progress) -> None:
    progress("loading")
    for n_done in range(0, 101, 25):
        progress("reading", n_done, 100)
    progress.line("done")


def test_plain_lines_say_each_step_once(capsys):
    work(Progress(is_quiet=False))
    assert capsys.readouterr() == ("", "loading\nreading: 100\ndone\n")


def test_quiet_says_nothing(capsys):
    work(Progress(is_quiet=True))
    assert capsys.readouterr() == ("", "")


def on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Make stderr a terminal; in the test itself, since pytest changes stderr after the fixtures."""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    return terminal


def test_a_terminal_gets_a_bar_that_leaves_no_trace(monkeypatch):
    terminal = on_a_terminal(monkeypatch)
    work(Progress(is_quiet=False))
    shown = terminal.getvalue()
    assert f"[{'#' * 15}{'.' * 15}] 50 of 100" in shown
    assert shown.count("\n") == 1
    assert shown.endswith("\r\x1b[2Kdone\n")


def test_a_step_without_work_has_no_bar(monkeypatch):
    terminal = on_a_terminal(monkeypatch)
    Progress(is_quiet=False)("reading", 0, 0)
    assert terminal.getvalue() == "\r\x1b[2Kreading"

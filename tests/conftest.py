"""What tests of the whole share: the command line in a process of its own, and one demo warehouse for all."""

import fcntl
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
Hatemine = Callable[..., subprocess.CompletedProcess[str]]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the browser's pictures be kept: ``pytest tests/ui/test_browser.py --screenshots docs``."""
    parser.addoption("--screenshots", type=Path, help="folder for pictures of the app on the demo")


@pytest.fixture(scope="session")
def hatemine() -> Hatemine:
    """Run the command in a process of its own, as a shell would."""

    def run(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
        inherited: Mapping[str, str] = {
            key: value for key, value in os.environ.items() if not key.startswith("HATEMINE_")
        }
        return subprocess.run(
            [sys.executable, "-c", "from ui.cli import main; main()", *map(str, arguments)],
            cwd=ROOT,
            env={**inherited, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=540,
            check=False,
        )

    return run


@pytest.fixture(scope="session")
def demo(hatemine: Hatemine, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the data folder of a demo that ran once for all workers; ``said`` in it is what it printed."""
    base = tmp_path_factory.getbasetemp()
    data = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "demo-data"
    data.mkdir(exist_ok=True)
    with (data / "made").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (data / "said").exists():
            done = hatemine("demo", "--data", data)
            assert done.returncode == 0, done.stderr
            (data / "said").write_text(done.stdout, encoding="utf-8")
    return data

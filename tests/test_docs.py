"""The README tells the truth: its commands exist, its queries run, its files are there."""

import importlib
import re
import shlex
from pathlib import Path

import click
import pytest

from crawlers.closed import CLOSED
from crawlers.watchlist import kinds_with_a_spider
from ui.cli import hatemine as group
from warehouse import queries
from warehouse.connection import reading

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SOURCES = (ROOT / "docs" / "sources.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def command_lines() -> list[str]:
    lines = [line for block in blocks("sh") + blocks("cron") for line in block.splitlines()]
    return [line[line.rindex("hatemine ") :] for line in lines if ".venv/bin/hatemine " in line]


@pytest.mark.parametrize("name", sorted(group.commands))
def test_every_command_is_named(name):
    assert re.search(rf"\bhatemine {name}\b|`{name}`|make {name}\b", README)


@pytest.mark.parametrize("line", command_lines())
def test_every_command_line_can_be_parsed(line):
    _, name, *arguments = shlex.split(line, comments=True)
    command = group.commands[name]
    arguments = [str(ROOT / "README.md") if word == "survey.csv" else word for word in arguments]
    command.make_context(name, arguments, parent=click.Context(group))


def test_every_make_target_is_there():
    for target in re.findall(r"make (\w+)", "\n".join(blocks("sh"))):
        assert re.search(rf"^{target}:", MAKEFILE, re.MULTILINE)


@pytest.mark.parametrize("query", blocks("sql"))
def test_every_query_runs_on_the_demo(demo, query):
    with reading(demo) as con:
        assert len(queries.select(con, query)) > 0


def test_every_file_is_there():
    for target in re.findall(r"\]\((?!http)([^)]+)\)|`(docs/\S+|demo/\S+\.md)`", README):
        assert (ROOT / (target[0] or target[1])).exists(), target


def test_every_environment_variable_is_named():
    code = [path for package in ("crawlers", "ui", "warehouse") for path in (ROOT / package).rglob("*.py")]
    said = "\n".join(path.read_text(encoding="utf-8") for path in code)
    for name in set(re.findall(r'environ(?:\.get\(|\[)"(\w+)"', said)) | {"HATEMINE_ALLOW_PRIVATE"}:
        assert name in README, name


@pytest.mark.parametrize("kind", kinds_with_a_spider())
def test_every_source_is_described_with_what_it_needs(kind):
    (row,) = re.findall(rf"^\| `{kind}` \|([^|\n]*)\|(?:[^|\n]+\|){{3}}$", SOURCES, re.MULTILINE)
    spider = getattr(importlib.import_module(f"crawlers.spiders.{kind}"), f"{kind.capitalize()}Spider")
    assert [name for name in spider.credentials if f"`{name}`" not in row] == []


def test_every_closed_site_is_named_with_the_reason():
    assert [site for site, why in CLOSED.items() if f"- `{site}`: {why}\n" not in SOURCES] == []

"""Commands to begin with: init writes a watchlist, demo shows everything on an invented market."""

import json
import shlex
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import click

from crawlers.durable import make_folder
from crawlers.watchlist import WatchlistError, load_watchlist
from ui.commands.collect import crawl_sources, fail_for, refresh_warehouse
from ui.commands.look import port_option, run_app
from ui.options import Options, common_options, pass_options
from ui.output import render
from ui.ranking import in_words, rankings
from ui.safe import printable
from warehouse import queries
from warehouse.connection import database_path, reading

DEMO = Path(__file__).parents[2] / "demo"
N_OURS, N_THEIRS = 10, 5

TEMPLATE = """\
# What hatemine watches. Facts only; every key is checked, a mistake is answered with where it is.

[brand]
name = {brand}
aliases = []   # what else people call it: ["acmebank", "@acme", "Acme Bank"]
exclude = []   # phrases that look like it and are not: ["Acme Comics"]
{rivals}
# Where people talk. Hacker News needs neither key nor account and is on; take the # off what else you want.
# Without `queries` a source is searched for all the names and aliases above.

[[source]]
kind = "hackernews"

# [[source]]                      # reviews of an iPhone app; the id is in its App Store address
# kind = "appstore"
# apps = [{{ id = "123456789", country = "us", about = {brand} }}]

# [[source]]                      # complaints to the US consumer protection bureau, by company name
# kind = "cfpb"
# companies = [{company}]

# [[source]]                      # product pages that carry schema.org reviews
# kind = "reviews"
# pages = [{{ url = "https://shop.example/product/reviews", about = {brand} }}]

# [[source]]                      # needs HATEMINE_REDDIT_CLIENT_ID and HATEMINE_REDDIT_CLIENT_SECRET set
# kind = "reddit"
# subreddits = ["mildlyinfuriating"]

# [[source]]                      # posts with these tags; see docs/sources.md for all sources and their keys
# kind = "mastodon"
# instances = ["mastodon.social"]

# [[source]]                      # threads, or boards with their threads
# kind = "forum"
# pages = [{{ url = "https://forum.example/threads/1", about = {brand} }}]

# [[source]]                      # RSS, Atom and JSON feeds
# kind = "feeds"
# feeds = [{{ url = "https://blog.example/comments/feed", about = {brand} }}]

# [ranking]
# period_days = 182               # what the ranking looks back over

# [retention]                     # days that a source's words are kept; what was counted stays
# reddit = 30
"""
RIVAL = """
[[rival]]
name = {rival}
aliases = []
"""


@click.command()
@click.option("--brand", help="The brand to watch; asked for if it is not given.")
@click.option("--rival", "rivals", multiple=True, help="A rival; may be given several times.")
@common_options
@pass_options
def init(options: Options, *, brand: str | None, rivals: tuple[str, ...]) -> None:
    """Write a commented watchlist."""
    if options.watchlist.exists():
        raise click.ClickException(
            f"{options.watchlist} exists already; edit it, or name another with --watchlist"
        )
    if brand is None:
        if not sys.stdin.isatty():
            raise click.UsageError("Missing option '--brand'.", click.get_current_context())
        brand = click.prompt("Which brand")
        rivals = rivals or tuple(
            click.prompt("Its rivals, with commas between (may be empty)", "", show_default=False).split(",")
        )
    text = watchlist_text(brand.strip(), [rival.strip() for rival in rivals if rival.strip()])
    write_watchlist(options.watchlist, text)
    click.echo(f"Wrote {options.watchlist}. Read it through, then: hatemine run && hatemine themes")


def watchlist_text(brand: str, rivals: list[str]) -> str:
    """Return a watchlist for the brand and its rivals."""
    tables = "".join(RIVAL.format(rival=_toml(rival)) for rival in rivals)
    return TEMPLATE.format(brand=_toml(brand), company=_toml(f"{brand.upper()}, INC."), rivals=tables)


def write_watchlist(path: Path, text: str) -> None:
    """Write the watchlist if it can be read back."""
    draft = path.with_name(f"{path.name}.draft")
    draft.write_text(text, encoding="utf-8")
    try:
        load_watchlist(draft)
        draft.rename(path)
    except WatchlistError as error:
        raise WatchlistError(str(error).replace(str(draft), str(path))) from error
    finally:
        draft.unlink(missing_ok=True)


def _toml(text: str) -> str:
    """Return the text as a TOML string; TOML's escapes are JSON's."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


@click.command()
@click.option("--serve", "is_served", is_flag=True, help="Then open the app on it.")
@port_option
@common_options
@pass_options
def demo(options: Options, *, is_served: bool, port: int) -> None:
    """Do the whole job on an invented market, in a data folder of its own (demo/data, or --data)."""
    options = replace(options, data=options.data or DEMO / "data", watchlist=DEMO / "watchlist.toml")
    keep_salt(options.folder)
    coverages = crawl_sources(options, (), since=None, replay=DEMO / "recorded")
    fail_for(coverages)
    refresh_warehouse(options)
    click.echo(demo_ranking(options.folder))
    click.echo(where_next(options.folder), nl=False)
    if is_served:
        run_app(options.folder, port=port)


def keep_salt(data: Path) -> None:
    """Hash the invented people with a key that is no secret, so that every demo ranks alike."""
    salt = make_folder(data) / "salt"
    if not salt.exists():
        salt.write_text("invented people need no secret\n", encoding="ascii")


def demo_ranking(data: Path) -> str:
    """Return the first themes of each brand, ours at more length."""
    with reading(data) as con:
        brands = queries.brands(con)
        frames = rankings(con, list(brands["brand"]), since=None)
    parts = []
    for (brand, frame), is_rival in zip(frames.items(), brands["is_rival"], strict=True):
        rows = in_words(frame.head(N_THEIRS if is_rival else N_OURS))
        table = render(rows[["rank", "theme", "people", "opportunity", "gap", "note"]], "table")
        parts.append(f"What they hate most at {printable(brand)}\n\n{table}")
    return "\n".join(parts)


def where_next(data: Path) -> str:
    """Return where to look next: the app, a query, the file."""
    command = f"{_command()} --data {shlex.quote(_nearby(data))}"
    query = (
        "select quote, url from grievance join theme_rank using (brand, theme_id) "
        "join post using (source, source_id) where rank = 1 and not is_rival limit 5"
    )
    return f"""\
Where to look next
  the app     {command} serve
  the quotes  {command} sql "{query}"
  the file    {_nearby(database_path(data))} (DuckDB; every table and column carries a comment)
"""


def _command() -> str:
    """Return how this installation's hatemine is called from here."""
    path = Path(sys.executable).with_name("hatemine")
    return "hatemine" if shutil.which("hatemine") == str(path) else shlex.quote(_nearby(path))


def _nearby(path: Path) -> str:
    path, here = path.absolute(), Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


COMMANDS = (init, demo)

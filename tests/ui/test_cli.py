import csv
import fcntl
import io
import json
from datetime import UTC, datetime

import pytest

from crawlers.watchlist import load_watchlist
from ui.cli import hatemine as group
from ui.cli import run

WATCHLIST = '[brand]\nname = "Acme"\n\n[[rival]]\nname = "Bolt"\n\n[[source]]\nkind = "hackernews"\n'


@pytest.fixture
def say(capsys, monkeypatch, tmp_path):
    """Run a command in an empty folder; return its code and what it wrote to stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HATEMINE_DATA", raising=False)

    def say(*arguments) -> tuple[int, str, str]:
        code = run([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return code, out, err

    return say


@pytest.fixture
def market(publish, crowd):
    return publish(
        *crowd(6, "Acme", "#billing charged twice#"),
        *crowd(3, "Acme", "#app it crashes#"),
        *crowd(4, "Bolt", "#app it crashes#"),
        labels={"billing": "=charged | twice\x1b[2J"},
    )


@pytest.mark.parametrize("name", sorted(group.commands))
def test_every_command_has_help_and_the_common_options(say, name):
    code, out, err = say(name, "--help")
    assert (code, err) == (0, "")
    for option in ("--data", "--watchlist", "--verbose", "--quiet"):
        assert option in out


def test_commands_are_those_of_the_design():
    wanted = {
        "init",
        "crawl",
        "import",
        "refresh",
        "run",
        "themes",
        "sql",
        "serve",
        "demo",
        "doctor",
        "sync-deletions",
    }
    assert wanted <= set(group.commands)


@pytest.mark.parametrize(
    "arguments",
    [
        ["nosuch"],
        ["themes", "--nosuch"],
        ["themes", "--since", "tomorrow"],
        ["themes", "--format", "pdf"],
        ["sql"],
        ["serve", "--port", "0"],
        ["init"],
        ["import"],
    ],
)
def test_wrong_usage_is_2_and_one_line(say, arguments):
    code, out, err = say(*arguments)
    assert code == 2
    assert out == ""
    assert err.startswith("hatemine: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["themes"], "run `hatemine refresh`"),
        (["sql", "select 1"], "run `hatemine refresh`"),
        (["refresh"], "watchlist.toml: no such file; `hatemine init` writes one"),
        (["run"], "watchlist.toml: no such file; `hatemine init` writes one"),
        (["crawl", "--watchlist", "other.toml"], "other.toml: no such file"),
    ],
)
def test_failure_is_1_and_one_line_that_says_what_to_do(say, arguments, expected):
    code, out, err = say(*arguments)
    assert code == 1
    assert out == ""
    assert expected in err
    assert err.count("\n") == 1


def test_crawl_without_sources_says_so(say, tmp_path):
    (tmp_path / "watchlist.toml").write_text('[brand]\nname = "Acme"\n')
    assert say("crawl") == (1, "", "hatemine: watchlist.toml names no [[source]] to crawl\n")


@pytest.mark.parametrize(
    "command", [["crawl"], ["refresh"], ["run"], ["import", "watchlist.toml", "--source", "survey"]]
)
def test_a_second_run_is_75_and_says_who_is_there(say, tmp_path, command):
    (tmp_path / "watchlist.toml").write_text(WATCHLIST)
    (tmp_path / "data").mkdir()
    with (tmp_path / "data" / "lock").open("w+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # as another process does
        print(f"4711 {datetime.now(UTC).isoformat()}", file=file, flush=True)
        code, _, err = say(*command, "-q")
    assert code == 75
    assert "another run holds data/lock: process 4711, for " in err
    assert err.count("\n") == 1


def test_no_arguments_show_the_help(say):
    code, _, err = say()
    assert code == 2
    assert "Commands:" in err


def test_options_may_stand_before_or_after_the_command(say, market):
    before, after = say("--data", market, "themes"), say("themes", "--data", market)
    assert before == after
    assert before[0] == 0


def test_environment_names_the_data_folder_and_the_option_wins(say, market, monkeypatch):
    monkeypatch.setenv("HATEMINE_DATA", str(market))
    assert say("themes")[0] == 0
    assert say("themes", "--data", "elsewhere")[0] == 1


def test_themes_rank_every_brand_ours_first(say, market):
    lines = say("themes", "--data", market)[1].splitlines()
    assert lines[0] == "Acme"
    assert lines[3].split()[:4] == ["1", "=charged", "|", "twice"]
    assert lines[4].split()[:3] == ["2", "app", "3"]
    assert lines[4].endswith("hint")
    assert lines[6] == "Bolt"


def test_themes_of_one_brand(say, market):
    _, out, _ = say("themes", "--brand", "Bolt", "--data", market, "--format", "json")
    assert [(row["brand"], row["label"], row["n_detractors"]) for row in json.loads(out)] == [
        ("Bolt", "app", 4)
    ]


def test_themes_of_an_unwatched_brand_is_wrong_usage(say, market):
    code, _, err = say("themes", "--brand", "Crux", "--data", market)
    assert code == 2
    assert "'Crux' is none of Acme, Bolt" in err


def test_themes_since(say, market):
    def count(since: str) -> int:
        return sum(
            json_row["n_posts"]
            for json_row in json.loads(
                say("themes", "--data", market, "--format", "json", "--since", since)[1]
            )
        )

    assert count("26w") == 13
    assert 0 < count("2d") < 13


def test_output_is_safe_for_terminals_and_spreadsheets(say, market):
    for form in ("table", "csv", "json", "md"):
        assert "\x1b" not in say("themes", "--data", market, "--format", form)[1]
    rows = list(csv.DictReader(io.StringIO(say("themes", "--data", market, "--format", "csv")[1])))
    assert rows[0]["label"].startswith("'=charged")
    assert "| 1 | =charged \\| twice" in say("themes", "--data", market, "--format", "md")[1]


def test_sql(say, market):
    query = "select brand, n_detractors from theme_rank where rank = 1 order by brand"
    code, out, _ = say("sql", query, "--data", market, "--format", "csv")
    assert (code, out) == (0, "brand,n_detractors\nAcme,6\nBolt,4\n")


@pytest.mark.parametrize(
    "query",
    [
        "selct 1",
        "select nothing from nowhere",
        "delete from post",
        "create table x as select 1",
        "select 1; select 2",
        "copy post to 'out.csv'",
        "select * from read_csv('/etc/passwd')",
        "attach 'x.duckdb'",
        "install httpfs",
        "",
    ],
)
def test_sql_that_cannot_be_answered_is_1_and_one_line(say, market, query):
    before = (market / "hatemine.duckdb").read_bytes()
    code, out, err = say("sql", query, "--data", market)
    assert code == 1
    assert out == ""
    assert err.count("\n") == 1
    assert (market / "hatemine.duckdb").read_bytes() == before


def test_init_writes_a_watchlist_that_can_be_read(say, tmp_path):
    code, out, _ = say("init", "--brand", 'Acme "Best" Co', "--rival", "Bolt", "--rival", "Crux")
    assert code == 0
    assert "Wrote watchlist.toml" in out
    watchlist = load_watchlist(tmp_path / "watchlist.toml")
    assert [brand.name for brand in watchlist.brands] == ['Acme "Best" Co', "Bolt", "Crux"]
    assert [source.kind for source in watchlist.sources] == ["hackernews"]


def test_init_offers_sources_that_are_ready_to_use(say, tmp_path):
    say("init", "--brand", "Acme", "--rival", "Bolt")
    path = tmp_path / "watchlist.toml"
    lines = path.read_text().splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("# [[source]]"))
    path.write_text("\n".join([*lines[:start], *(line.removeprefix("# ") for line in lines[start:])]))
    kinds = {source.kind for source in load_watchlist(path).sources}
    assert kinds == {"hackernews", "appstore", "cfpb", "reviews", "reddit", "mastodon", "forum", "feeds"}


def test_init_leaves_an_existing_watchlist_alone(say, tmp_path):
    (tmp_path / "watchlist.toml").write_text(WATCHLIST)
    code, _, err = say("init", "--brand", "Other")
    assert code == 1
    assert "exists already" in err
    assert (tmp_path / "watchlist.toml").read_text() == WATCHLIST


def test_init_that_cannot_be_read_back_leaves_nothing(say, tmp_path):
    code, _, err = say("init", "--brand", "Acme", "--rival", "acme")
    assert code == 1
    assert err.startswith("hatemine: watchlist.toml: ")
    assert list(tmp_path.glob("watchlist*")) == []


def test_an_unexpected_error_is_one_line_and_v_shows_where(say, market, monkeypatch):
    def fail(*_: object, **__: object) -> None:
        raise KeyError("nobody expects this")

    monkeypatch.setattr("ui.commands.look.reading", fail)
    code, _, err = say("themes", "--data", market)
    assert code == 1
    assert "unexpected KeyError" in err
    assert err.count("\n") == 1
    assert "Traceback" in say("themes", "-v", "--data", market)[2]


def test_console_script(hatemine, market):
    done = hatemine("sql", "select count(*) as n from post", "--format", "csv", "--data", market)
    assert (done.returncode, done.stdout, done.stderr) == (0, "n\n13\n", "")
    assert hatemine("sql", "select", "--data", market).returncode == 1


def test_import(say, tmp_path):
    (tmp_path / "watchlist.toml").write_text(WATCHLIST)
    (tmp_path / "survey.csv").write_text("Comment,When\nThey charged me twice.,2026-06-01\n,2026-06-02\n")
    arguments = [
        "import",
        "survey.csv",
        "--source",
        "survey",
        "--map",
        "text=Comment",
        "--map",
        "posted_at=When",
    ]
    code, out, err = say(*arguments, "--dry-run", "--about", "Acme")
    assert code == 0
    assert "text        They charged me twice.\n" in out
    assert "posted_at   2026-06-01 00:00:00+00:00\n" in out
    assert "1 of 2 rows would land, 1 refused: " in err
    assert not list((tmp_path / "data").glob("landing/*/*"))
    code, out, err = say(*arguments, "--about", "Acme")
    assert (code, out) == (0, "")
    assert "survey.csv: 1 of 2 rows landed, 1 refused: " in err
    (landed,) = (tmp_path / "data" / "landing" / "survey").iterdir()
    (post,) = map(json.loads, landed.read_text().splitlines())
    assert (post["text"], post["about"]) == ("They charged me twice.", "Acme")


@pytest.mark.parametrize(
    ("arguments", "code", "expected"),
    [
        (["--map", "text"], 2, "is not like text=COLUMN"),
        (["--map", "text=Nothing"], 2, "expected the column 'Nothing'"),
        (["--map", "nothing=Comment"], 2, "expected one of source_id"),
        (["--map", "text=Comment", "--about", "Crux"], 2, "'Crux' is no brand of watchlist.toml"),
        (["--map", "text=Empty"], 1, "no row landed"),
    ],
)
def test_import_that_cannot_work_says_why(say, tmp_path, arguments, code, expected):
    (tmp_path / "watchlist.toml").write_text(WATCHLIST)
    (tmp_path / "survey.csv").write_text("Comment,Empty\nThey charged me twice.,\n")
    found, _, err = say("import", "survey.csv", "--source", "survey", "-q", *arguments)
    assert found == code
    assert expected in err
    assert err.count("\n") == 1


def test_a_source_that_fails_is_1_and_one_line_that_says_why(hatemine, tmp_path):
    (tmp_path / "watchlist.toml").write_text(WATCHLIST)
    (tmp_path / "recorded").mkdir()
    (tmp_path / "recorded" / "index.jsonl").touch()
    here = ["--data", tmp_path / "data", "--watchlist", tmp_path / "watchlist.toml"]
    done = hatemine("crawl", "-q", "--replay", tmp_path / "recorded", *here)
    assert done.returncode == 1
    assert done.stderr.startswith("hatemine: 1 of 1 sources failed: hackernews (https://hn.algolia.com/")
    assert "HTTP 404" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_setting_that_makes_no_sense_is_named(hatemine, tmp_path):
    (tmp_path / "survey.csv").write_text("text\nThey charged me twice.\n")
    arguments = ["import", tmp_path / "survey.csv", "--source", "survey", "-q", "--data", tmp_path / "data"]
    done = hatemine(*arguments, HATEMINE_SALT="short")
    assert done.returncode == 1
    assert done.stderr.startswith("hatemine: HATEMINE_SALT: expected 16 characters")

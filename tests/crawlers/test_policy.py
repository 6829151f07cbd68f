"""What holds for every spider, and for the settings they share."""

import subprocess
import sys
from pathlib import Path

import pytest
from scrapy.settings import Settings
from scrapy.spiderloader import SpiderLoader
from scrapy.utils.misc import load_object

from crawlers import watchlist
from crawlers.spider import SourceSpider

ROOT = Path(__file__).parents[2]
EXAMPLES = Path(__file__).parent / "examples"


@pytest.fixture(scope="module")
def settings() -> Settings:
    settings = Settings()
    settings.setmodule("crawlers.settings", priority="project")
    return settings


def spiders() -> list[type[SourceSpider]]:
    settings = Settings({"SPIDER_MODULES": ["crawlers.spiders"]})
    loader = SpiderLoader.from_settings(settings)
    return [loader.load(name) for name in loader.list()]


@pytest.mark.parametrize("spider", spiders(), ids=lambda spider: spider.name)
class TestEverySpider:
    def test_is_named_like_its_module(self, spider):
        assert spider.__module__ == f"crawlers.spiders.{spider.name}"
        assert spider.__name__ == f"{spider.name.capitalize()}Spider"

    def test_says_what_it_does(self, spider):
        assert spider.__doc__
        assert spider.__doc__ != SourceSpider.__doc__
        assert sys.modules[spider.__module__].__doc__

    def test_is_a_kind_of_the_watchlist(self, spider):
        assert issubclass(spider, SourceSpider)
        assert spider.name in watchlist.kinds_with_a_spider()
        assert watchlist.keys_of(spider.name) == spider.keys != {}

    def test_has_saved_replies(self, spider):
        for name in ("index.jsonl", "sources.toml", "expected.json"):
            assert (EXAMPLES / spider.name / name).exists()

    def test_is_not_ruder_than_the_settings(self, spider, settings):
        changed = Settings(dict(settings))
        spider.update_settings(changed)
        assert changed.getfloat("DOWNLOAD_DELAY") >= 1
        assert changed.getint("CONCURRENT_REQUESTS_PER_DOMAIN") == 1
        for name in ("ROBOTSTXT_OBEY", "AUTOTHROTTLE_ENABLED"):
            assert changed.getbool(name)
        assert changed["USER_AGENT"] == settings["USER_AGENT"]

    def test_expects_something_at_all(self, spider):
        assert spider.min_posts >= 1
        assert spider.overlap.days >= 1


def test_settings_are_polite_and_closed(settings):
    assert settings.getbool("ROBOTSTXT_OBEY")
    assert settings["ROBOTSTXT_USER_AGENT"] == "hatemine"
    assert settings["USER_AGENT"].startswith("hatemine/")
    assert settings.getfloat("DOWNLOAD_DELAY") >= 1
    assert settings.getint("DOWNLOAD_MAXSIZE") <= 64 * 2**20
    assert settings.getint("DOWNLOAD_TIMEOUT") <= 60
    assert settings.getbool("DOWNLOAD_VERIFY_CERTIFICATES")
    for name in ("TELNETCONSOLE_ENABLED", "REMOTE_CONTROL_ENABLED", "COOKIES_ENABLED", "HTTPCACHE_ENABLED"):
        assert not settings.getbool(name), name
    assert [scheme for scheme in ("file", "ftp", "s3", "data") if settings["DOWNLOAD_HANDLERS"][scheme]] == []


def test_settings_name_things_that_exist(settings):
    for name in ("ITEM_PIPELINES", "DOWNLOADER_MIDDLEWARES", "EXTENSIONS"):
        for path in settings[name]:
            assert load_object(path)
    stages = sorted(settings["ITEM_PIPELINES"], key=settings["ITEM_PIPELINES"].get)
    assert [path.rpartition(".")[2] for path in stages] == ["Tidy", "Redact", "Pseudonymise", "Check"]


def run(
    code: str, folder: Path, environment: dict[str, str], **more: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env={**environment, **more},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_importing_settings_does_nothing(tmp_path, environment):
    done = run("import crawlers.settings, crawlers.crawl, crawlers.importer", tmp_path, environment)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert list(tmp_path.iterdir()) == []


def test_settings_read_the_environment(tmp_path, environment):
    names = "s.USER_AGENT, s.HATEMINE_DATA, s.HATEMINE_REDDIT_CLIENT_ID"
    code = f"from crawlers import settings as s; print({names})"
    done = run(
        code,
        tmp_path,
        environment,
        HATEMINE_CONTACT="team@brand.example",
        HATEMINE_DATA="here",
        HATEMINE_REDDIT_CLIENT_ID="",
    )
    assert done.stdout.split() == ["hatemine/0.1", "(+team@brand.example)", str(tmp_path / "here"), "None"]


def test_a_contact_that_is_none_fails_at_the_start_with_its_name(tmp_path, environment):
    done = run("import crawlers.settings", tmp_path, environment, HATEMINE_CONTACT="call me")
    assert done.returncode == 1
    assert "HATEMINE_CONTACT: expected an e-mail or https:// address, found 'call me'" in done.stderr


def test_scrapy_s_own_command_knows_the_spiders(environment):
    done = subprocess.run(
        [sys.executable, "-m", "scrapy", "list"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stdout.split() == [spider.name for spider in spiders()]

"""Scrapy settings of every spider, polite by default; the only reader of crawl-time environment variables."""

import os
import re
from pathlib import Path

from crawlers.errors import Mistake


def _contact() -> str:
    contact = os.environ.get("HATEMINE_CONTACT", "")
    if contact and not re.fullmatch(r"https?://[!-~]+|[!-~]+@[!-~]+", contact):
        raise Mistake(f"HATEMINE_CONTACT: expected an e-mail or https:// address, found {contact!r}")
    return contact


def _yes_or_no(name: str) -> bool:
    value = os.environ.get(name) or "0"
    if value not in ("0", "1"):
        raise Mistake(f"{name}: expected 1 or 0, found {value!r}")
    return value == "1"


# Ours. `hatemine crawl` passes its options over the first two.
HATEMINE_DATA = str(Path(os.environ.get("HATEMINE_DATA") or "data").absolute())
HATEMINE_WATCHLIST = str(Path(os.environ.get("HATEMINE_WATCHLIST") or "watchlist.toml").absolute())
HATEMINE_SALT = os.environ.get("HATEMINE_SALT") or None
HATEMINE_CONTACT = _contact()
HATEMINE_REDDIT_CLIENT_ID = os.environ.get("HATEMINE_REDDIT_CLIENT_ID") or None
HATEMINE_REDDIT_CLIENT_SECRET = os.environ.get("HATEMINE_REDDIT_CLIENT_SECRET") or None
HATEMINE_YOUTUBE_KEY = os.environ.get("HATEMINE_YOUTUBE_KEY") or None
HATEMINE_BLUESKY_HANDLE = os.environ.get("HATEMINE_BLUESKY_HANDLE") or None
HATEMINE_BLUESKY_PASSWORD = os.environ.get("HATEMINE_BLUESKY_PASSWORD") or None
# "mastodon.social=abc other.example=def": searches of Mastodon; tags need none
HATEMINE_MASTODON_TOKENS = os.environ.get("HATEMINE_MASTODON_TOKENS") or None
HATEMINE_GITHUB_TOKEN = os.environ.get("HATEMINE_GITHUB_TOKEN") or None  # not needed; 5,000 an hour, not 60
HATEMINE_STACKEXCHANGE_KEY = os.environ.get("HATEMINE_STACKEXCHANGE_KEY") or None  # 10,000 a day, not 300
HATEMINE_ALLOW_PRIVATE = _yes_or_no("HATEMINE_ALLOW_PRIVATE")  # crawls of an intranet
HATEMINE_REPLAY = None  # the replay server's address, while there is one

BOT_NAME = "hatemine"
SPIDER_MODULES = ["crawlers.spiders"]
NEWSPIDER_MODULE = "crawlers.spiders"

# Who we are, and what we may: sites that forbid us are not crawled.
USER_AGENT = f"hatemine/0.1 (+{HATEMINE_CONTACT})" if HATEMINE_CONTACT else "hatemine/0.1"
ROBOTSTXT_OBEY = True
ROBOTSTXT_USER_AGENT = "hatemine"
COOKIES_ENABLED = False  # the cookie middleware would also download a list of public suffixes
METAREFRESH_ENABLED = False
REDIRECT_MAX_TIMES = 5
DOWNLOAD_VERIFY_CERTIFICATES = True

# One request at a time and one a second per host, fewer where it answers slowly.
DOWNLOAD_DELAY = 1
CONCURRENT_REQUESTS_PER_DOMAIN = 1
CONCURRENT_ITEMS = 1  # the pipelines never wait, and Scrapy starts a task for each of its hundred
AUTOTHROTTLE_ENABLED = True
AUTOTHROTTLE_START_DELAY = 1
AUTOTHROTTLE_MAX_DELAY = 60
DOWNLOAD_TIMEOUT = 60
DOWNLOAD_MAXSIZE = 16 * 2**20
DOWNLOAD_WARNSIZE = 0
HTTPCACHE_ENABLED = False

# Ask again with growing pauses, or when the host says (Retry-After).
RETRY_TIMES = 3
RETRY_GIVE_UP_LOG_LEVEL = "INFO"  # the spider tells it as an error

# No way in, and none out but the web.
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False
DOWNLOAD_HANDLERS = {"data": None, "file": None, "ftp": None, "s3": None}
DOWNLOADER_MIDDLEWARES = {
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    "crawlers.addresses.PublicOnly": 50,
    "crawlers.robots.ObeyRobots": 100,
    "scrapy.downloadermiddlewares.retry.RetryMiddleware": None,
    "crawlers.retry.BackOff": 550,
    "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": None,
    "crawlers.bounded.BoundedCompression": 590,
    "scrapy.downloadermiddlewares.redirect.RedirectMiddleware": None,
    "crawlers.redirects.FollowRedirects": 600,
}

ITEM_PIPELINES = {
    "crawlers.pipelines.Tidy": 100,
    "crawlers.pipelines.Redact": 200,
    "crawlers.pipelines.Pseudonymise": 300,
    "crawlers.pipelines.Check": 400,
}
FEED_STORAGES = {"landing": "crawlers.landing.LandingStorage"}
FEED_EXPORTERS = {"post": "crawlers.landing.PostExporter"}
FEEDS = {"landing:": {"format": "post", "store_empty": False}}
EXTENSIONS = {"crawlers.coverage.Account": 500}

LOG_LEVEL = "INFO"
LOG_FORMATTER = "crawlers.log.DiscreetFormatter"
STATS_DUMP = False  # DATA/coverage tells what matters

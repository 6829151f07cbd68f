"""Name the sites that close themselves to crawlers, and why, so that nobody finds out by being banned."""

from urllib.parse import urlsplit

# As of 2026-11; where robots.txt alone says no, it is asked for at every crawl and needs no line here.
CLOSED = {
    "trustpilot.com": "its terms forbid crawlers; ask for its API, or `import` your own reviews",
    "yelp.com": "its robots.txt and terms forbid crawlers; its own API gives three reviews a business",
    "play.google.com": "its terms forbid crawlers; `import` your app's reviews from the Play Console",
    "tripadvisor.com": "its terms forbid crawlers; ask for its Content API",
    "glassdoor.com": "its terms forbid crawlers, and its reviews need a login",
    "indeed.com": "its robots.txt and terms forbid crawlers",
    "facebook.com": "its robots.txt and terms forbid crawlers",
    "instagram.com": "its terms forbid crawlers",
    "linkedin.com": "its robots.txt and terms forbid crawlers",
    "twitter.com": "its terms forbid crawlers; its API is the only way",
    "x.com": "its terms forbid crawlers; its API is the only way",
    "tiktok.com": "its terms forbid crawlers",
    "amazon.com": "its terms forbid crawlers",
    "amazon.co.uk": "its terms forbid crawlers",
}


def why_closed(url: str) -> str | None:
    """Return why an address or a host is not for crawlers, if it is known to be closed."""
    host = (urlsplit(url if "//" in url else f"//{url}").hostname or "").lower()
    return next((why for site, why in CLOSED.items() if host == site or host.endswith(f".{site}")), None)

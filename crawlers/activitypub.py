"""Name the posts of the fediverse by their ActivityPub ids, without the people in them."""

import re
from urllib.parse import urlsplit

from crawlers.post import content_id

# https://hatch.example/users/ada/statuses/1 (Mastodon), https://nest.example/post/1 and /comment/1 (Lemmy).
_PAGE = re.compile(r"/(?:(?:ap/)?users/[^/]+/(?=statuses/))?((?:statuses|post|comment)/\d+)")
_PERSON = re.compile(r"/(?:ap/)?(?:users?|u|c|p|author|profile|people)/[^/?#]+|/[@~][^/?#]+")


def source_id_of(uri: str) -> str:
    """Return an id that is the same on every instance: ``hatch.example/statuses/1``, or with a hash."""
    parts = urlsplit(uri)
    if not parts.hostname:
        raise ValueError("expected an ActivityPub id that is an address")
    page = _PAGE.fullmatch(parts.path)
    return f"{parts.hostname}/{page[1] if page else content_id(_PERSON.sub('', uri))}"


def url_of(source_id: str) -> str | None:
    """Return where a post can be read on the instance it comes from, if its id tells."""
    return f"https://{source_id}" if source_id.count("/") == 2 else None

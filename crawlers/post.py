"""Define Post, the one thing every source yields."""

import hashlib
import json
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Self


@dataclass(frozen=True, kw_only=True)
class Post:
    """A post, comment, review or complaint as a source published it.

    ``(source, source_id)`` identifies it. ``author`` is the public name or id the source gives; it lives in
    memory only, until the pipelines turn it into ``author_key``. Times are aware and in UTC. ``rating`` is in
    stars, 1 to 5. ``about`` is the brand a page is about, as the watchlist or the source names it, where the
    page itself says so. A deleted post has an empty text and ``is_deleted`` set.
    """

    source: str
    source_id: str
    text: str = field(repr=False)
    fetched_at: datetime
    url: str | None = None
    title: str | None = field(default=None, repr=False)
    author: str | None = field(default=None, repr=False)
    author_key: str | None = None
    parent_id: str | None = None
    community: str | None = None
    posted_at: datetime | None = None
    edited_at: datetime | None = None
    rating: float | None = None
    score: int | None = None
    n_replies: int | None = None
    lang: str | None = None
    about: str | None = None
    is_deleted: bool = False

    def to_json(self) -> str:
        """Return the post as one line of JSON, without ``author``; times in ISO 8601."""
        row = {name: getattr(self, name) for name in _LANDED}  # asdict copies every value, and takes longer
        return json.dumps(row, ensure_ascii=False, default=datetime.isoformat)

    @classmethod
    def from_json(cls, line: str) -> Self:
        """Read a line that ``to_json`` wrote."""
        row = json.loads(line)
        for name in ("fetched_at", "posted_at", "edited_at"):
            if row[name] is not None:
                row[name] = datetime.fromisoformat(row[name])
        return cls(**row)


_LANDED = tuple(field.name for field in fields(Post) if field.name != "author")


def content_id(*parts: object) -> str:
    """Return an id for a post that has none, a hash of what it says; no key, so every data folder agrees.

    Anyone can hash a guess, so nothing that identifies a person may be among the parts.
    """
    content = "\n".join(map(str, parts))
    return hashlib.sha256(content.encode("utf-8", "replace")).hexdigest()[:32]

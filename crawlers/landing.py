"""Land posts in ``DATA/landing/<source>/<started>.jsonl``, one a line; what has no ``.part`` is complete."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Self

from scrapy import Spider
from scrapy.crawler import Crawler

from crawlers.durable import finish, open_part
from crawlers.post import Post
from crawlers.spider import spider_of


def run_id(started: datetime) -> str:
    """Return a run's name, the moment it started: sorted by name is sorted by time."""
    return started.astimezone(UTC).strftime("%Y%m%dT%H%M%S.%fZ")


def landing_path(data: Path, source: str, started: datetime) -> Path:
    """Return where a run of a source lands."""
    return data / "landing" / source / f"{run_id(started)}.jsonl"


def line(post: Post) -> bytes:
    """Return a post as it lands."""
    return post.to_json().encode("utf-8", "replace") + b"\n"


@contextmanager
def landing_file(path: Path) -> Iterator[IO[bytes]]:
    """Open a landing file; it gets its name at the end, if nothing failed and something was written."""
    part = open_part(path)
    try:
        yield part
        if part.tell():
            finish(part, path)
    finally:
        part.close()
        Path(part.name).unlink(missing_ok=True)


class LandingStorage:
    """The feed storage of every spider: Scrapy opens it with the first post and stores it after the last."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler, _uri: str, **_options: Any) -> Self:
        """Build the storage; it lands where the spider says, not at a URI."""
        return cls(crawler)

    @property
    def path(self) -> Path:
        """Where this run lands."""
        spider = spider_of(self.crawler)
        return landing_path(spider.data, spider.name, spider.started)

    def open(self, _spider: Spider) -> IO[bytes]:
        """Open the part file of this run, and clear away those of runs that died."""
        for part in self.path.parent.glob("*.part"):
            part.unlink()
        return open_part(self.path)

    def store(self, file: IO[bytes]) -> None:
        """Close the file and give it its name."""
        finish(file, self.path)


class PostExporter:
    """The feed exporter of every spider: one line a post."""

    def __init__(self, file: IO[bytes], **_options: Any) -> None:
        self.file = file

    def start_exporting(self) -> None:
        """Begin."""

    def export_item(self, item: Post) -> None:
        """Write one post."""
        self.file.write(line(item))

    def finish_exporting(self) -> None:
        """End."""

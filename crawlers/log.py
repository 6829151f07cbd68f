"""Log what happens to posts without a word of them: no author, no text."""

import logging
from typing import Any

from scrapy.logformatter import LogFormatter, LogFormatterResult

from crawlers.post import Post


class DiscreetFormatter(LogFormatter):
    """Scrapy's log messages, with the id of a post in its place."""

    def scraped(self, item: Post, *_args: Any, **_kwargs: Any) -> LogFormatterResult:
        """Tell of a post that passed."""
        return _message(logging.DEBUG, "Landed", item)

    def dropped(
        self, item: Post, exception: BaseException, *_args: Any, **_kwargs: Any
    ) -> LogFormatterResult:
        """Tell of a post that was refused, and why."""
        return _message(logging.DEBUG, f"Refused ({exception})", item)

    def item_error(self, item: Post, *_args: Any, **_kwargs: Any) -> LogFormatterResult:
        """Tell of a post that a pipeline failed on."""
        return _message(logging.ERROR, "Failed on", item)


def _message(level: int, what: str, item: Post) -> LogFormatterResult:
    return {
        "level": level,
        "msg": "%(what)s %(post)s",
        "args": {"what": what, "post": f"{item.source} {item.source_id}"},
    }

"""Threads below a video (its second page repeats the first), those of a channel, videos that a search found.

Not to be asked for by a crawl: threads and comments by id (``comment_thread_single``,
``comment_threads_multi``, ``comments_single``, ``comments_multi``), which a re-check asks for; threads of a
channel's own page (``comment_threads_by_channel``) and those with certain words
(``comment_threads_with_search``); a search's second page, since each costs as much as a hundred of
comments; the replies to Ugw5zYU6n9pmIgAZWvN4AaABAg, since its thread was recorded before they were written
and says that there are none; what an insertion answers, and the parts of answers in ``modeldata``. Not
recorded, and so told as missing: the titles of videos, the replies in two threads, the comments below the
videos that the search found.
"""

import json
from pathlib import Path
from typing import Any

WATCHLIST = """
[[source]]
kind = "youtube"
videos = ["F1UP7wRCPH8"]
channels = ["UCa-vrCLQHviTOVnEKDOdetQ"]
queries = ["surfing"]
"""
N = 34
FOLDER = "youtube/python_youtube/apidata"
CHANNEL = f"{FOLDER}/comment_threads/comment_threads_all_to_me.json"
SEARCH = f"{FOLDER}/search/search_by_keywords_p1.json"


def expected(recorded: Path) -> set[str]:
    """Return the ids that the files hold."""

    def items(name: str) -> list[dict[str, Any]]:
        return json.loads((recorded / name).read_text(encoding="utf-8"))["items"]

    pages = [f"{FOLDER}/comment_threads/comment_threads_by_video_paged_{number}.json" for number in (1, 2)]
    threads = {thread["id"] for name in (*pages, CHANNEL) for thread in items(name)}
    return threads | {result["id"]["videoId"] for result in items(SEARCH)}


def index(_recorded: Path) -> list[dict[str, object]]:
    """Return the lines: none of these stands in the recording's own index."""
    line = {"method": "GET", "host": "www.googleapis.com", "status": 200, "content_type": "application/json"}
    threads, search = "/youtube/v3/commentThreads", "/youtube/v3/search"
    channel = {"allThreadsRelatedToChannelId": "UCa-vrCLQHviTOVnEKDOdetQ"}
    return [
        {**line, "path": threads, "query": channel, "file": CHANNEL},
        {**line, "path": search, "query": {"q": "surfing", "type": "video"}, "file": SEARCH},
    ]

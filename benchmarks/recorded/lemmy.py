"""Recorded replies of Lemmy: a post and its comments, both asked for."""

import json
from pathlib import Path

WATCHLIST = """
[[source]]
kind = "lemmy"
queries = ["https://lemmy.ml/post/21018364"]
"""
N = 23


def expected(recorded: Path) -> set[str]:
    """Return the ActivityPub ids, without https://, of the post and of every comment."""
    folder = recorded / "lemmy/api_json_from_isodata"
    post = json.loads((folder / "postRes.json").read_text(encoding="utf-8"))
    comments = json.loads((folder / "commentsRes.json").read_text(encoding="utf-8"))["comments"]
    ids = [post["post_view"]["post"]["ap_id"], *(row["comment"]["ap_id"] for row in comments)]
    return {address.removeprefix("https://") for address in ids}

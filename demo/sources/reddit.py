"""Send posts as Reddit's API does: listings, searches and threads."""

from collections.abc import Iterable, Sequence

from sources.recorded import BRANDS, Recorded, Row, below, newest_first, posts_of, says, stable

HOST = "oauth.reddit.com"


def base36(number: int) -> str:
    """Write a number as Reddit writes its ids."""
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    return (base36(number // 36) if number >= 36 else "") + digits[number % 36]


def reddit_id(row: Row) -> str:
    """Return a submission's or a comment's id."""
    return base36(50_000_000_000 + 104_729 * row["n"] if row["parent"] else 3_700_000_000 + 7_919 * row["n"])


class Reddit:
    """What oauth.reddit.com answers."""

    def __init__(self, rows: list[Row]) -> None:
        self.rows = {row["id"]: row for row in rows}
        self.answers = below(rows)
        self.submissions = self.answers[None]

    def submission_of(self, row: Row) -> Row:
        """Return the submission a row is in."""
        return self.submission_of(self.rows[row["parent"]]) if row["parent"] else row

    def n_below(self, row: Row) -> int:
        """Count the comments below a row."""
        return sum(1 + self.n_below(answer) for answer in self.answers[row["id"]])

    def name(self, row: Row) -> str:
        """Return a thing's full name."""
        return f"{'t1' if row['parent'] else 't3'}_{reddit_id(row)}"

    def thing(self, row: Row, replies: object = "") -> Row:
        """Return a submission or a comment."""
        submission = self.submission_of(row)
        thread = f"/r/{row['community']}/comments/{reddit_id(submission)}/"
        shared = {
            "id": reddit_id(row),
            "name": self.name(row),
            "subreddit": row["community"],
            "subreddit_id": f"t5_{base36(stable(row['community'], 8))}",
            "author": row["author"],
            "author_fullname": f"t2_{base36(stable(row['author'], 10))}",
            "created": row["seconds"],
            "created_utc": row["seconds"],
            "score": row["score"],
            "ups": row["score"],
            "downs": 0,
            "edited": False,
            "distinguished": None,
            "stickied": False,
            "archived": False,
        }
        if row["parent"]:
            return {
                "kind": "t1",
                "data": shared
                | {
                    "body": row["text"],
                    "parent_id": self.name(self.rows[row["parent"]]),
                    "link_id": self.name(submission),
                    "link_title": submission["title"],
                    "permalink": f"{thread}_/{reddit_id(row)}/",
                    "replies": replies,
                },
            }
        return {
            "kind": "t3",
            "data": shared
            | {
                "title": row["title"],
                "selftext": row["text"],
                "is_self": True,
                "domain": f"self.{row['community']}",
                "permalink": thread,
                "url": f"https://www.reddit.com{thread}",
                "num_comments": self.n_below(row),
                "upvote_ratio": 0.9,
                "over_18": False,
                "locked": False,
                "removed_by_category": None,
            },
        }

    def tree(self, rows: Iterable[Row]) -> list[Row]:
        """Return comments with all below them, those with most points first."""
        return [
            self.thing(row, listing(self.tree(self.answers[row["id"]])) if self.answers[row["id"]] else "")
            for row in sorted(rows, key=lambda row: (-row["score"], row["n"]))
        ]


def listing(children: list[Row], after: str | None = None) -> Row:
    """Return a listing of Reddit's."""
    data = {"after": after, "dist": len(children), "modhash": None, "children": children, "before": None}
    return {"kind": "Listing", "data": data}


def record(recorded: Recorded) -> None:
    """Record log-in, listings, searches and threads; the largest hides its last comments behind "more"."""
    reddit = Reddit(posts_of("reddit"))
    token = {"access_token": "demo", "token_type": "bearer", "expires_in": 86400, "scope": "*"}
    recorded.add("reddit/token.json", token, "www.reddit.com", "/api/v1/access_token", method="POST")

    def record_listing(name: str, path: str, rows: Sequence[Row], size: int = 25, **query: str) -> None:
        after: dict[str, str] = {}
        for start in range(0, max(len(rows), 1), size):
            page = [reddit.thing(row) for row in rows[start : start + size]]
            last = page[-1]["data"]["name"] if start + size < len(rows) else None
            file = f"reddit/{name}{start // size + 1}.json"
            recorded.add(file, listing(page, last), HOST, path, **query, **after)
            after = {"after": str(last)}

    for name in sorted({row["community"] for row in reddit.submissions}):
        submissions = [row for row in reddit.submissions if row["community"] == name]
        comments = [row for row in reddit.rows.values() if row["community"] == name and row["parent"]]
        by_score = sorted(submissions, key=lambda row: (-row["score"], row["n"]))
        record_listing(f"{name}/new", f"/r/{name}/new", newest_first(submissions))
        record_listing(f"{name}/comments", f"/r/{name}/comments", newest_first(comments))
        record_listing(f"{name}/hot", f"/r/{name}/hot", newest_first(by_score[:10]))
        record_listing(f"{name}/top", f"/r/{name}/top", by_score)
        for brand in BRANDS:
            found = newest_first(row for row in submissions if says(row, brand))
            record_listing(f"{name}/search_{brand.lower()}", f"/r/{name}/search", found, q=brand)

    largest = max(reddit.submissions, key=lambda row: (reddit.n_below(row), row["n"]))
    for row in reddit.submissions:
        comments = reddit.tree(reddit.answers[row["id"]])
        if row is largest:
            hidden = [comment for comment in comments if not comment["data"]["replies"]][-2:]
            comments = [comment for comment in comments if comment not in hidden]
            ids = [comment["data"]["id"] for comment in hidden]
            more = {"id": ids[0], "name": f"t1_{ids[0]}", "parent_id": reddit.name(row), "depth": 0}
            comments.append({"kind": "more", "data": more | {"count": len(ids), "children": ids}})
            reply = {"json": {"errors": [], "data": {"things": hidden}}}
            recorded.add("reddit/morechildren.json", reply, HOST, "/api/morechildren", method="POST")
        thread = [listing([reddit.thing(row)]), listing(comments)]
        recorded.add(f"reddit/thread/{reddit_id(row)}.json", thread, HOST, f"/comments/{reddit_id(row)}")

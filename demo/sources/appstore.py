"""Send posts as the App Store's feeds of customer reviews do."""

from datetime import timedelta, timezone

from sources.recorded import Recorded, Row, newest_first, posts_of, stable

HOST = "itunes.apple.com"
APPS = ("1600000001", "1600000002", "1600000003")
PAGE_SIZE = 50
CUPERTINO = timezone(timedelta(hours=-7))


def label(value: object) -> Row:
    """Wrap a value as the feeds do."""
    return {"label": str(value)}


def entry(row: Row) -> Row:
    """Return a review."""
    author = f"https://itunes.apple.com/us/reviews/id{stable(row['author'], 9)}"
    about = f"https://itunes.apple.com/us/review?id={row['community']}&type=Purple%20Software"
    return {
        "author": {"uri": label(author), "name": label(row["author"]), "label": ""},
        "updated": label(row["at"].astimezone(CUPERTINO).isoformat()),
        "im:rating": label(row["rating"]),
        "im:version": label("6.0.1" if row["posted_at"] >= "2026-09-14" else "5.8.2"),
        "id": label(13_000_000_000 + 977 * row["n"]),
        "title": label(row["title"]),
        "content": label(row["text"]) | {"attributes": {"type": "text"}},
        "link": {"attributes": {"rel": "related", "href": about}},
        "im:voteSum": label(row["score"]),
        "im:contentType": {"attributes": {"term": "Application", "label": "Application"}},
        "im:voteCount": label(row["score"]),
    }


def record(recorded: Recorded) -> None:
    """Record each app's pages, and the empty one after them."""
    rows = newest_first(posts_of("appstore"))
    for app in APPS:
        entries = [entry(row) for row in rows if row["community"] == app]
        for start in range(0, len(entries) + PAGE_SIZE, PAGE_SIZE):
            number = start // PAGE_SIZE + 1
            path = f"/us/rss/customerreviews/page={number}/id={app}/sortby=mostrecent/json"
            feed: Row = {
                "author": {"name": label("iTunes Store"), "uri": label("http://www.apple.com/itunes/")}
            }
            if page := entries[start : start + PAGE_SIZE]:
                feed["entry"] = page if len(page) > 1 else page[0]
            feed |= {"title": label("iTunes Store: Customer Reviews"), "id": label(f"https://{HOST}{path}")}
            recorded.add(f"appstore/{app}_us_{number}.json", {"feed": feed}, HOST, path)

"""Send posts as the search of the US consumer complaint database does."""

from sources.recorded import Recorded, Row, newest_first, posts_of

HOST = "www.consumerfinance.gov"
PATH = "/data-research/consumer-complaints/search/api/v1/"
PAGE_SIZE = 100
COMPANIES = {
    "Tallow": "TALLOW FINANCIAL, INC.",
    "Brindle": "BRINDLE BANK, N.A.",
    "Ovenbird": "OVENBIRD MONEY LLC",
}


def hit(row: Row) -> Row:
    """Return a complaint; the database knows its day only, at noon in Washington."""
    issue, _, sub_issue = row["title"].partition(": ")
    day = f"{row['posted_at'][:10]}T12:00:00-05:00"
    source = {
        "product": row["community"],
        "complaint_what_happened": row["text"] or "",
        "date_sent_to_company": day,
        "issue": issue,
        "sub_product": None,
        "zip_code": "XXXXX",
        "tags": None,
        "complaint_id": str(20_000_000 + 1_117 * row["n"]),
        "timely": row["timely"],
        "company_response": row["company_response"],
        "submitted_via": "Web",
        "company": COMPANIES[row["about"]],
        "date_received": day,
        "state": row["state"],
        "company_public_response": None,
        "sub_issue": sub_issue or None,
    }
    milliseconds = row["seconds"] // 86_400 * 86_400_000 + 61_200_000
    return {
        "_index": "complaint-public-v1",
        "_id": source["complaint_id"],
        "_score": None,
        "_source": source,
        "sort": [milliseconds, source["complaint_id"]],
    }


def record(recorded: Recorded) -> None:
    """Record each company's complaints, newest first."""
    rows = newest_first(posts_of("cfpb"))
    for brand, company in COMPANIES.items():
        hits = [hit(row) for row in rows if row["about"] == brand]
        for start in range(0, len(hits), PAGE_SIZE):
            starts = range(PAGE_SIZE, len(hits), PAGE_SIZE)
            reply = {
                "took": 7,
                "timed_out": False,
                "hits": {
                    "total": {"value": len(hits), "relation": "eq"},
                    "max_score": None,
                    "hits": hits[start : start + PAGE_SIZE],
                },
                "_meta": {
                    "license": "CC0",
                    "last_updated": hits[0]["_source"]["date_received"],
                    "total_record_count": len(rows),
                    "break_points": {str(at // PAGE_SIZE + 1): hits[at - 1]["sort"] for at in starts},
                },
            }
            file = f"cfpb/{brand.lower()}{start // PAGE_SIZE + 1}.json"
            recorded.add(file, reply, HOST, PATH, company=company, frm=start)

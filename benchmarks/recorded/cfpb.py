"""Three pages of complaints about one company, as the CFPB's search gave them. All are asked for."""

from pathlib import Path

from benchmarks.recorded import body, every, lines

WATCHLIST = '[[source]]\nkind = "cfpb"\ncompanies = ["EQUIFAX, INC."]\n'
N = 75


def expected(recorded: Path) -> set[str]:
    """Return the complaints' ids."""
    replies = [body(recorded, line) for line in lines(recorded, "www.consumerfinance.gov")]
    return {row["complaint_id"] for reply in replies for row in every(reply) if "complaint_id" in row}

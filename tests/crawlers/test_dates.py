import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from crawlers.dates import in_utc, is_day_first, parse_date
from crawlers.spiders import cfpb


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-22", datetime(2026, 11, 22)),
        ("2026-11-22T14:45:00Z", datetime(2026, 11, 22, 14, 45)),
        ("2026-11-22 14:45:00.5+02:00", datetime(2026, 11, 22, 12, 45, 0, 500000)),
        ("Sun, 22 Nov 2026 14:45:00 GMT", datetime(2026, 11, 22, 14, 45)),
        ("8/21/2025 4:28:19 PM", datetime(2025, 8, 21, 16, 28, 19)),
        ("03/04/2025", datetime(2025, 3, 4)),
        ("21/08/2025", datetime(2025, 8, 21)),
        ("03.04.2025", datetime(2025, 4, 3)),
        ("2025/04/01", datetime(2025, 4, 1)),
        ("April 1, 2025", datetime(2025, 4, 1)),
        ("1732286700", datetime(2024, 11, 22, 14, 45)),
        ("1732286700000", datetime(2024, 11, 22, 14, 45)),
    ],
)
def test_usual_forms(text, expected):
    assert parse_date(text) == expected.replace(tzinfo=UTC)


def test_the_day_first_where_told():
    assert parse_date("03/04/2025", day_first=True) == datetime(2025, 4, 3, tzinfo=UTC)


@pytest.mark.parametrize("text", ["yesterday", "", "Nov 22", "12", "3 days ago", "2026-13-01"])
def test_no_date_is_an_error(text):
    with pytest.raises(ValueError, match=r"."):
        parse_date(text)


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["03/04/2025", "21/04/2025"], True),
        (["03/04/2025", "04/21/2025"], False),
        (["03.04.2025"], True),
        (["2025-04-03", "soon"], False),
        ([], False),
    ],
)
def test_a_column_tells_where_its_day_is(texts, expected):
    assert is_day_first(texts) is expected


@pytest.fixture
def far_east(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Stand where the day begins fourteen hours before UTC's."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Pacific/Kiritimati")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("far_east")
def test_a_complaint_s_day_is_the_same_on_every_machine():
    assert datetime(2026, 6, 1).astimezone(UTC).day == 31, "this machine's zone counts"
    row = {
        "complaint_what_happened": "They kept my money.",
        "complaint_id": "9",
        "product": "Loan",
        "company": "KETTLEWICK BANK",
        "date_received": "2026-06-01",
    }
    post = cfpb.to_post({"_source": row}, datetime(2026, 6, 2, tzinfo=UTC))
    assert post.posted_at == datetime(2026, 6, 1, tzinfo=UTC)
    assert in_utc(datetime.fromisoformat("2026-06-01T12:00:00-05:00")).hour == 17

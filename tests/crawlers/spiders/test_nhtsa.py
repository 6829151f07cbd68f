"""What the spider of NHTSA takes from a vehicle's complaints, and what it takes for an error."""

from datetime import UTC, datetime

import pytest
from scrapy.http import TextResponse

from crawlers.spider import BadReply
from crawlers.spiders.nhtsa import NhtsaSpider, to_post

SOURCE = 'vehicles = [{ make = "Kettle & Co", model = "K 7", year = 2024 }]'
VEHICLE = {"make": "Kettle & Co", "model": "K 7", "year": 2024}


def row(number: int = 1, filed: str = "03/04/2026", **changes: object) -> dict[str, object]:
    complaint = {
        "odiNumber": number,
        "dateComplaintFiled": filed,
        "summary": "It leaks.",
        "components": "LID",
    }
    return {**complaint, "vin": "KW1STEAM4DG", "numberOfInjuries": 1, **changes}


def reply(*rows: object, message: str = "Results returned successfully") -> dict[str, object]:
    return {"count": len(rows), "message": message, "results": list(rows)}


class TestNhtsa:
    def test_it_asks_for_all_and_keeps_what_is_new(self, make, started, follow):
        (first,) = started(make(NhtsaSpider, SOURCE))
        assert first.url.endswith("/complaintsByVehicle?make=Kettle+%26+Co&model=K+7&modelYear=2024")
        rows = [row(1, "10/09/2019"), row(2, "02/01/2026"), row(2, "02/01/2026")]
        posts, more = follow(first, reply(*rows))
        assert ({post.source_id for post in posts}, more) == ({"1", "2"}, [])
        assert first.cb_kwargs["target"].cursor == datetime(2026, 2, 1, tzinfo=UTC)
        (later,) = started(make(NhtsaSpider, SOURCE, since="2026-01-15"))
        posts, _ = follow(later, reply(*rows))
        assert {post.source_id for post in posts} == {"2"}

    def test_a_complaint_shows_up_weeks_after_it_was_filed(self):
        assert NhtsaSpider.overlap.days >= 30

    def test_the_month_comes_first_whatever_the_day(self, now):
        at = {
            filed: to_post(row(filed=filed), VEHICLE, now).posted_at for filed in ("03/04/2026", "12/31/2025")
        }
        assert list(at.values()) == [datetime(2026, 3, 4, tzinfo=UTC), datetime(2025, 12, 31, tzinfo=UTC)]
        with pytest.raises(ValueError, match="13/01/2026"):
            to_post(row(filed="13/01/2026"), VEHICLE, now)

    def test_it_keeps_nothing_of_the_vehicle_s_number(self, now):
        post = to_post(row(), {**VEHICLE, "about": "Kettlewick"}, now)
        assert "KW1STEAM4DG" not in post.to_json()
        assert (post.about, post.community, post.text) == ("Kettlewick", "Kettle & Co K 7 2024", "It leaks.")
        assert to_post(row(), VEHICLE, now).about is None

    def test_a_complaint_without_words_says_what_is_broken(self, now):
        post = to_post(row(summary=""), VEHICLE, now)
        assert (post.title, post.text) == ("LID", "")

    @pytest.mark.parametrize(
        ("status", "body", "wrong"),
        [
            (400, '{"count": 0, "message": "Results returned successfully", "results": []}', None),
            (400, '{"Count": 0, "Message": "Results returned successfully", "Results": []}', None),
            (400, '{"count": 0, "message": "Bad model year", "results": []}', "HTTP 400: Bad model year"),
            (400, '{"count": 3, "message": "Results returned successfully", "results": []}', "HTTP 400"),
            (400, "<title>Bad request</title>", "expected JSON, found .*'Bad request'"),
            (200, '{"count": 0, "message": "Results returned successfully", "results": []}', None),
        ],
    )
    def test_a_vehicle_without_complaints_is_no_error_and_all_else_is(
        self, make, started, status, body, wrong
    ):
        spider = make(NhtsaSpider, SOURCE)
        (first,) = started(spider)
        response = TextResponse(first.url, status=status, body=body.encode(), request=first)
        if wrong is None:
            assert list(first.callback(response, **first.cb_kwargs)) == []
            assert spider.errors == []
        else:
            with pytest.raises(BadReply, match=wrong):
                list(first.callback(response, **first.cb_kwargs))
        assert 400 in spider.handle_httpstatus_list

    def test_an_answer_of_another_shape_is_no_empty_one(self, make, started, follow):
        (first,) = started(make(NhtsaSpider, SOURCE))
        with pytest.raises(KeyError):
            follow(first, {"count": 0, "message": "Results returned successfully"})

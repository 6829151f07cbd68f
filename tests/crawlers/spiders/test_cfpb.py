"""How the spider of the CFPB searches and pages."""

from crawlers.spiders import cfpb


class TestCfpb:
    def test_it_searches_for_companies_by_brand_and_pages_by_the_last_hit(self, make, started, follow):
        spider = make(cfpb.CfpbSpider)
        first, second = started(spider)
        assert "search_term=Kettlewick&field=company&date_received_min=2025-11-22&" in first.url
        assert "search_term=kettlewick+inc&" in second.url
        row = {"complaint_what_happened": "x", "product": "p", "company": "c", "date_received": "2026-06-01"}
        hits = [
            {"_id": str(n), "_source": {**row, "complaint_id": str(n)}, "sort": [7, str(n)]}
            for n in range(100)
        ]
        posts, (following,) = follow(first, {"hits": {"hits": hits, "total": {"value": 101}}})
        assert len(posts) == 100
        assert "&frm=100&search_after=7_99&" in following.url
        posts, more = follow(following, {"hits": {"hits": hits[:1], "total": {"value": 101}}})
        assert (posts, more) == ([], [])

from crawlers.coverage import Coverage
from ui.commands.collect import in_a_line


def test_what_landed_is_not_called_new():
    coverage = Coverage(
        source="forum",
        run_id="r",
        started_at="",
        finished_at="",
        finish_reason="finished",
        n_seen=12,
        n_new=7,
        n_refused=2,
        is_ok=True,
    )
    assert in_a_line(coverage) == "forum: 7 landed of 12 posts seen, 2 requests refused"

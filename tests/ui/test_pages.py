from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

APP = Path(__file__).parents[2] / "ui" / "app.py"


@pytest.fixture
def open_app(monkeypatch):
    """Open the app on a data folder, with this in the address."""

    def open_app(data: Path, **address: str) -> AppTest:
        monkeypatch.setenv("HATEMINE_DATA", str(data))
        app = AppTest.from_file(str(APP), default_timeout=120)
        for key, value in address.items():
            app.query_params[key.replace("_", "-")] = value
        return run(app)

    return open_app


def run(app: AppTest) -> AppTest:
    """Run the app and expect no exception."""
    app.run()
    assert not app.exception
    return app


def heads(app: AppTest) -> list[str]:
    """Return the rows of the ranking."""
    return [theme.label.strip() for theme in app.expander]


def text_of(app: AppTest) -> str:
    """Return all that stands on the page."""
    kinds = ("title", "subheader", "caption", "info", "markdown", "html")
    return "\n".join(
        str(getattr(part, "value", None) or part.proto.body) for k in kinds for part in app.get(k)
    )


@pytest.fixture
def market(publish, crowd) -> Path:
    return publish(
        *crowd(6, "Acme", "Hello. #billing charged twice# Bye."),
        *crowd(3, "Acme", "#app it crashes#"),
        *crowd(4, "Bolt", "#app it crashes#"),
    )


def test_unpublished_folder_says_what_to_run(open_app, tmp_path):
    app = open_app(tmp_path)
    assert "hatemine refresh" in app.info[0].value


def test_empty_warehouse(open_app, publish):
    app = open_app(publish())
    assert "0 posts" in app.caption[0].value
    assert "Too few people complain" in app.info[0].value


def test_ranking_of_the_own_brand_comes_first(open_app, market):
    app = open_app(market)
    assert app.title[0].value == "What do they hate most?"
    assert app.caption[0].value == (
        "13 posts by 13 people up to 28 June 2026, published 28 June 2026 at 12:00 UTC"
    )
    first, second = heads(app)
    assert first.startswith("**1. billing** · 6 people · 18.0 (")
    assert second.startswith("**2. app** · 3 people · ")
    assert second.endswith(":gray-badge[hint]")


def test_rivals_stand_beside_it(open_app, market):
    text = text_of(open_app(market))
    assert "**Acme**\n1. billing" in text
    assert "**Bolt**\n1. app  \n:small[4 people" in text


def test_a_rival_can_be_chosen(open_app, market):
    app = open_app(market)
    app.segmented_control(key="brand").set_value("Bolt")
    assert [head.split(" · ")[:2] for head in heads(run(app))] == [["**1. app**", "4 people"]]


def test_the_address_opens_the_same_view(open_app, market):
    app = open_app(market, brand="Bolt", period="Last 4 weeks", theme_app="true")
    assert app.segmented_control(key="brand").value == "Bolt"
    assert app.selectbox(key="period").value == "Last 4 weeks"
    assert "<mark>#app it crashes#</mark>" in text_of(app)


def test_an_address_that_names_nobody_is_ignored(open_app, market):
    assert heads(open_app(market, brand="Nobody", period="Last 99 weeks"))[0].startswith("**1. billing**")


def test_a_theme_opens_onto_its_words_and_on_who_else_suffers(open_app, market):
    text = text_of(open_app(market, theme_app="true"))
    assert text.count("<mark>#app it crashes#</mark>") == 3
    assert 'href="https://forum.example/p6"' in text
    assert "Importance " in text
    assert "**Acme** 3 people, 333 (" in text
    assert "**Bolt** 4 people, 1000 (" in text


def test_a_closed_theme_asks_for_no_quotes(open_app, market):
    assert "<mark>" not in text_of(open_app(market))


def test_every_quote_of_a_large_theme_can_be_read(open_app, publish, crowd):
    app = open_app(publish(*crowd(25, "Acme", "#billing twice#")), theme_billing="true")
    assert text_of(app).count("<mark>") == 10
    app.toggle(key="every-billing").set_value(True)
    assert text_of(run(app)).count("<mark>") == 25


def test_a_long_ranking_is_cut_until_asked_for(open_app, publish, crowd):
    posts = [post for i in range(12) for post in crowd(3, "Acme", f"#theme{i} is bad#")]
    app = open_app(publish(*posts))
    assert len(heads(app)) == 10
    app.toggle(key="all").set_value(True)
    assert len(heads(run(app))) == 12


def test_a_brand_without_rivals(open_app, publish, crowd):
    app = open_app(publish(*crowd(5, "Acme", "#billing twice#"), rivals=()), theme_billing="true")
    assert len(heads(app)) == 1
    assert "Side by side" not in text_of(app)


def test_posts_without_a_date(open_app, publish, crowd):
    app = open_app(publish(*crowd(5, "Acme", "#billing twice#", posted_at=None)), period="Last 13 weeks")
    assert "5 posts by 5 people, published" in app.caption[0].value


def test_a_new_publication_is_shown_at_once(open_app, market, tmp_path):
    app = open_app(market)
    (market / "hatemine.duckdb").unlink()
    assert "Nothing is published" in run(app).info[0].value


def test_hostile_text_is_only_text(open_app, publish, crowd):
    text = '#x <script>alert(1)</script> ![i](https://x.example/i.png) <a href="javascript:alert(1)">go</a>#'
    label = "<img src=x onerror=alert(1)> [go](javascript:alert(1)) $x$ :red[red]"
    data = publish(*crowd(5, "Acme", text, url="javascript:alert(1)"), labels={"x": label})
    app = open_app(data, theme_x="true")
    html = "\n".join(part.proto.body for part in app.get("html"))
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert not any(markup in html for markup in ("<script", "<img", "<a "))
    assert r"\<img src=x onerror=alert(1)\> \[go\](" in heads(app)[0]


def test_demo(open_app, demo):
    app = open_app(demo)
    assert len(heads(app)) == 10
    for brand in ("Brindle", "Ovenbird"):
        app.segmented_control(key="brand").set_value(brand)
        assert " people · " in heads(run(app))[0]

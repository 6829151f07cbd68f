import pytest

from ui.safe import as_cell, as_label, as_link, as_markdown, printable, visible, width


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain words", "plain words"),
        ("\x1b[31mred\x1b[0m", "[31mred [0m"),
        ("\x9b2J gone", "2J gone"),
        ("two\nlines\tand more", "two lines and more"),
        ("safe\u202egpj.exe", "safegpj.exe"),
        ("Ünïcödé 漢字 🙂", "Ünïcödé 漢字 🙂"),
    ],
)
def test_printable_leaves_words_and_takes_control_of_the_terminal_away(text, expected):
    assert printable(text) == expected


def test_visible_keeps_lines_and_places():
    assert visible("a\nb\x07c ") == "a\nb c "


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1"])
def test_cell_never_starts_a_formula(text):
    assert as_cell(text) == "'" + text


def test_cell_leaves_other_text():
    assert as_cell("5 = five") == "5 = five"


@pytest.mark.parametrize("url", ["https://a.example/p?x=1#y", "http://a.example", "HTTPS://a.example/ü"])
def test_link_to_the_web(url):
    assert as_link(url) == url


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "javascript:alert(1)",
        "java\nscript:alert(1)",
        " javascript:alert(1)",
        "data:text/html,x",
        "//a.example",
        "https://",
        "https:///path",
        "https://a.example/\u202egnp.exe",
        "http://[",
        "ftp://a.example",
    ],
)
def test_no_link_to_anything_else(url):
    assert as_link(url) is None


def test_markdown_is_taken_at_its_word():
    assert as_markdown("*a* [b](c) <d> $e$ | `f`") == r"\*a\* \[b\](c) \<d\> \$e\$ \| \`f\`"


def test_label_breaks_what_streamlit_would_link_or_draw():
    label = as_label("www.a.example :smile: x@y.example https://b.example")
    for active in ("www.", ":smile", "x@y", "://"):
        assert active not in label


@pytest.mark.parametrize(("text", "columns"), [("abc", 3), ("漢字", 4), ("e\u0301", 1), ("a\u2060b", 2)])
def test_width(text, columns):
    assert width(text) == columns

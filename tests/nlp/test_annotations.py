import json
from pathlib import Path

import pytest

from nlp.annotations import AnnotationError, marked_posts, marked_rows

CORPORA = Path(__file__).parents[3] / "shared" / "corpora"

POST = {
    "text": "The app crashes. I wish it had a dark mode",
    "rating": 2,
    "is_complaint": True,
    "is_sarcastic": False,
    "intensity": 0.4,
    "grievances": [
        {"kind": "complaint", "quote": "The app crashes", "aspect": "App"},
        {"kind": "wish", "quote": "I wish it had a dark mode", "aspect": "theme"},
    ],
}


def write(folder: Path, post: dict) -> Path:
    path = folder / "posts.jsonl"
    path.write_text(json.dumps(post) + "\n")
    return path


def test_marks_have_places_in_the_text(tmp_path: Path) -> None:
    [post] = marked_posts(write(tmp_path, POST))
    assert [post.text[slice(*mark.place)] for mark in post.marks] == [
        "The app crashes",
        "I wish it had a dark mode",
    ]
    assert [mark.aspect for mark in post.marks] == [(4, 7), None]


@pytest.mark.parametrize("text", ["The app is fine", "The app crashes. The app crashes"])
def test_a_quote_that_is_not_there_once_is_named(tmp_path: Path, text: str) -> None:
    path = write(tmp_path, {**POST, "text": text})
    with pytest.raises(AnnotationError, match="'The app crashes' must be in its post exactly once"):
        list(marked_posts(path))


@pytest.mark.skipif(not CORPORA.exists(), reason="../shared/corpora is not here")
def test_marked_rows_of_the_corpora_are_the_texts_that_were_marked() -> None:
    posts = list(marked_rows(CORPORA))
    assert len(posts) == 395
    assert all(
        0 <= start < end <= len(post.text) for post in posts for start, end in [m.place for m in post.marks]
    )


def test_another_text_than_the_marked_one_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "skytrax"
    folder.mkdir()
    for name in ("seat", "lounge"):
        (folder / f"{name}.csv").write_text("content\n" + "another text\n" * 4_000)
    with pytest.raises(
        AnnotationError, match=r"skytrax/seat, row \d+: another text than the one that was marked"
    ):
        list(marked_rows(tmp_path))

"""Files of the data folder: whole or absent, and cursors that only go forward."""

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from crawlers.cursor import move_cursors, read_cursors
from crawlers.durable import make_folder, write_durably
from crawlers.errors import Mistake
from crawlers.landing import landing_file, landing_path, line
from crawlers.post import Post
from crawlers.salt import keyed_hash, load_key

NOW = datetime(2026, 11, 22, 14, 45, 0, 123456, tzinfo=UTC)
POST = Post(source="forum", source_id="1", text="line one\nline two", fetched_at=NOW)


def test_a_run_lands_under_its_start(tmp_path):
    assert (
        landing_path(tmp_path, "forum", NOW)
        == tmp_path / "landing" / "forum" / "20261122T144500.123456Z.jsonl"
    )


def test_a_post_is_one_line_and_comes_back(tmp_path):
    path = landing_path(tmp_path, "forum", NOW)
    with landing_file(path) as file:
        file.write(line(POST))
        assert not path.exists(), "a file without .part is complete"
        assert path.with_name(f"{path.name}.part").exists()
    assert [Post.from_json(text) for text in path.read_text().splitlines()] == [POST]
    assert [found.name for found in path.parent.iterdir()] == [path.name]


def test_a_failure_leaves_no_file(tmp_path):
    path = landing_path(tmp_path, "forum", NOW)

    def write() -> None:
        with landing_file(path) as file:
            file.write(line(POST))
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write()
    assert list(path.parent.iterdir()) == []


def test_nothing_written_leaves_no_file(tmp_path):
    path = landing_path(tmp_path, "forum", NOW)
    with landing_file(path):
        pass
    assert list(path.parent.iterdir()) == []


def test_cursors_move_forward_only(tmp_path):
    assert read_cursors(tmp_path, "forum") == {}
    move_cursors(tmp_path, "forum", {"a": NOW, "b": NOW})
    move_cursors(tmp_path, "forum", {"a": NOW.replace(year=2020), "b": NOW.replace(year=2027)})
    assert read_cursors(tmp_path, "forum") == {"a": NOW, "b": NOW.replace(year=2027)}
    assert [path.name for path in (tmp_path / "cursors").iterdir()] == ["forum.json"]


@pytest.mark.parametrize("content", ["[]", "{", '{"a": 3}', '{"a": "soon"}'])
def test_a_broken_cursor_file_is_named(tmp_path, content):
    write_durably(tmp_path / "cursors" / "forum.json", content)
    with pytest.raises(Mistake, match=r"cursors/forum\.json: expected .*delete it to crawl anew"):
        read_cursors(tmp_path, "forum")


def test_only_the_owner_enters_the_data_folder(tmp_path):
    write_durably(tmp_path / "data" / "coverage" / "forum" / "1.json", "{}")
    make_folder(tmp_path / "data")
    folders = [path for path in tmp_path.rglob("*") if path.is_dir()]
    assert len(folders) == 3
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in folders} == {0o700}


def test_the_salt_is_made_once_and_private(tmp_path):
    data = tmp_path / "data"
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: load_key(data), range(32)))
    assert len(keys) == 1
    assert len(keys.pop()) >= 32
    assert stat.S_IMODE((data / "salt").stat().st_mode) == 0o600
    assert [path.name for path in data.iterdir()] == ["salt"]


def test_a_given_salt_needs_no_file(tmp_path):
    assert load_key(tmp_path / "data", "sixteen letters!") == b"sixteen letters!"
    assert not (tmp_path / "data").exists()
    with pytest.raises(Mistake, match="HATEMINE_SALT: expected 16 characters or more, found 5"):
        load_key(tmp_path / "data", "short")


def test_a_truncated_salt_is_an_error(tmp_path):
    (tmp_path / "salt").write_text("")
    with pytest.raises(Mistake, match="salt: expected 16 characters or more, found 0"):
        load_key(tmp_path)


def test_a_hash_depends_on_its_key():
    assert keyed_hash(b"a", "x") != keyed_hash(b"b", "x")
    assert keyed_hash(b"a", "x") == keyed_hash(b"a", "x")


def test_posts_land_without_their_author():
    row = json.loads(line(Post(source="forum", source_id="1", text="x", author="Ada", fetched_at=NOW)))
    assert "author" not in row

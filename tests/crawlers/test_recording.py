"""Recorded replies: which answers what, over a real connection."""

import base64
import gzip
import json
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path

import pytest
import requests

from crawlers.recording import Asked, RecordingError, load_recording
from crawlers.replay import ReplayAdapter, replaying

REPLY = b'{"n": 1}'


def line(**changes: object) -> str:
    row = {
        "method": "GET",
        "host": "a.example",
        "path": "/x",
        "query": {},
        "status": 200,
        "content_type": "application/json",
        "file": "one.json",
    }
    return json.dumps({**row, **changes})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("one", "two", "three"):
        (tmp_path / f"{name}.json").write_text(json.dumps({"is": name, "list": [{"a/b": {"~": name}}]}))
    return tmp_path


def ask(folder: Path, *urls: str, method: str = "GET") -> list[tuple[int, bytes]]:
    recording = load_recording(folder)
    answers = [recording.answer(Asked.of(method, url)) for url in urls]
    return [(answer.status, answer.body) for answer in answers]


def names(folder: Path, *urls: str) -> list[str | int]:
    return [json.loads(body)["is"] if status == 200 else status for status, body in ask(folder, *urls)]


def test_the_first_line_whose_pairs_are_in_the_request_answers(folder):
    lines = [
        line(query={"page": "2", "q": "a b"}, file="two.json"),
        line(query={"q": "a b"}),
        line(file="three.json"),
    ]
    (folder / "index.jsonl").write_text("\n".join(lines))
    asked = ["?q=a+b&page=2&more=1", "?page=1&q=a%20b", "?q=c", ""]
    assert names(folder, *(f"http://a.example/x{query}" for query in asked)) == [
        "two",
        "one",
        "three",
        "three",
    ]


def test_host_path_and_method_must_be_the_same_but_for_port_case_and_last_slash(folder):
    (folder / "index.jsonl").write_text(line(path="/x/") + "\n")
    asked = ["http://A.example:443/x", "http://a.example/x/", "http://b.example/x", "http://a.example/x/y"]
    assert names(folder, *asked) == ["one", "one", 404, 404]
    assert ask(folder, asked[0], method="POST")[0][0] == 404


def test_lines_alike_answer_in_turn_and_the_last_one_for_ever(folder):
    lines = [line(), line(path="/y", file="three.json"), line(file="two.json")]
    (folder / "index.jsonl").write_text("\n".join(lines))
    assert names(folder, *["http://a.example/x"] * 4) == ["one", "two", "two", "two"]


def test_a_pointer_answers_with_a_value_in_the_file(folder):
    (folder / "index.jsonl").write_text(
        line(pointer="/list/0/a~1b/~0") + "\n" + line(path="/y", pointer="/list")
    )
    (_, value), (_, values) = ask(folder, "http://a.example/x", "http://a.example/y")
    assert json.loads(value) == "one"
    assert json.loads(values) == [{"a/b": {"~": "one"}}]


VCR = {
    "interactions": [
        {"request": {"method": "POST", "uri": "https://a.example/token", "body": None}, "response": {
            "status": {"code": 201, "message": "Created"}, "headers": {"Content-Type": ["text/plain"]},
            "body": {"string": "first"}}},
        {"request": {"method": "get", "uri": "https://a.example/x?q=1&raw_json=1"}, "response": {
            "status": {"code": 429, "message": "Slow down"},
            "headers": {"Retry-After": ["3"], "Set-Cookie": ["a=1", "b=2"], "Transfer-Encoding": ["chunked"],
                        "Content-Encoding": ["gzip"], "Content-Length": ["7"]},
            "body": {"base64_string": base64.b64encode(gzip.compress(REPLY)).decode()}}},
    ]
}  # fmt: skip
YAML = """
http_interactions:
- request:
    method: get
    uri: https://b.example/api?limit=5&only_media=FALSE
  response:
    status: {status_code: 200, category: Success}
    headers:
      content-type: application/json
      date: 2026-11-22
    body:
      string: '{"n": 1}'
- request:
    method: get
    uri: https://b.example/zip
  response:
    status: 200
    headers: {}
    body: {string: !!binary ZIPPED}
""".replace("ZIPPED", base64.b64encode(gzip.compress(REPLY)).decode())


def test_a_cassette_s_interaction_answers_with_its_status_headers_and_body(folder):
    (folder / "tape.json").write_text(json.dumps(VCR))
    (folder / "index.jsonl").write_text(line(file="tape.json", cassette=1, status=429))
    answer = load_recording(folder).answer(Asked.of("GET", "http://a.example/x"))
    assert (answer.status, answer.body) == (429, REPLY)
    assert answer.headers == (("Retry-After", "3"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"))


def test_without_an_index_cassettes_answer_for_their_own_addresses(folder):
    (folder / "deep").mkdir()
    (folder / "deep" / "tape.json").write_text(json.dumps(VCR))
    (folder / "tape.yaml").write_text(YAML)
    asked = [
        "http://a.example/x?q=1",
        "http://a.example/x?q=2",
        "http://b.example/api?limit=9",
        "http://b.example/zip",
    ]
    assert ask(folder, *asked, "http://b.example/none") == [
        (429, REPLY),
        (429, REPLY),  # another query of the same page
        (200, REPLY),
        (200, REPLY),
        (404, b"not recorded\n"),
    ]
    assert ask(folder, "http://a.example/token", method="POST") == [(201, b"first")]


@pytest.mark.parametrize(
    ("index", "expected"),
    [
        ("{", r"index\.jsonl:1: expected an object with method, host"),
        ("[]", r"index\.jsonl:1: expected an object"),
        (line() + "\n" + line(host=None), r"index\.jsonl:2: expected an object"),
        (line(status="fine"), r"index\.jsonl:1: expected an object"),
        (line(file="none.json"), r"index\.jsonl:1: expected an answer in .*none\.json"),
        (line(pointer="/nothing"), r"index\.jsonl:1: expected an answer in .*one\.json: KeyError"),
        (line(cassette=0), r"index\.jsonl:1: expected interaction 0 in .*one\.json"),
    ],
)
def test_a_mistake_in_the_index_is_named(folder, index, expected):
    (folder / "index.jsonl").write_text(index)
    with pytest.raises(RecordingError, match=expected):
        load_recording(folder)


def test_a_folder_without_recordings_is_named(tmp_path):
    with pytest.raises(RecordingError, match=r"expected index\.jsonl or cassettes, found neither"):
        load_recording(tmp_path)
    with pytest.raises(RecordingError, match="expected a folder of recorded responses, found none"):
        load_recording(tmp_path / "none")


@pytest.fixture
def get(folder: Path) -> Callable[..., requests.Response]:
    with replaying(folder) as base, requests.Session() as session:
        session.mount("https://", ReplayAdapter(base))
        yield session.get


class TestServer:
    @pytest.fixture(autouse=True)
    def index(self, folder: Path) -> None:
        headers = {"X-Ratelimit-Remaining": "0", "Retry-After": "7"}
        (folder / "index.jsonl").write_text(line(headers=headers) + "\n" + line(path="/gone", status=410))

    def test_it_answers_for_any_host_on_loopback_only(self, get):
        response = get("https://a.example/x?q=1")
        assert (response.status_code, response.json()["is"]) == (200, "one")
        assert response.url == "https://a.example/x?q=1"
        assert response.headers["Content-Type"] == "application/json"
        assert response.headers["Retry-After"] == "7"
        assert get("https://a.example/gone").status_code == 410
        assert get("https://b.example/x").status_code == 404

    def test_a_recorder_s_budget_is_not_ours(self, get):
        assert "X-Ratelimit-Remaining" not in get("https://a.example/x").headers

    def test_a_connection_is_kept_or_closed_as_asked(self, folder):
        with replaying(folder) as base:
            connection = HTTPConnection(base.removeprefix("http://"))
            for wanted in ("keep-alive", "close"):
                connection.request("GET", "/x", headers={"Host": "a.example", "Connection": wanted})
                response = connection.getresponse()
                assert json.loads(response.read())["is"] == "one"
                assert response.will_close is (wanted == "close")

    def test_it_is_gone_afterwards(self, folder):
        with replaying(folder) as base:
            pass
        with pytest.raises(ConnectionRefusedError):
            HTTPConnection(base.removeprefix("http://")).request("GET", "/x")

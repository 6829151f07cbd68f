"""Read recorded HTTP exchanges: VCR and Betamax cassettes, in JSON or YAML."""

import base64
import gzip
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

SUFFIXES = (".json", ".yaml", ".yml")
# The connection of the recording, and the encoding of a body that recorders keep decoded.
_NOT_REPLAYED = {
    "connection",
    "keep-alive",
    "transfer-encoding",
    "content-length",
    "content-encoding",
    "alt-svc",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """A recorded answer: status, headers in their order, body as sent before any encoding."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Interaction:
    """A recorded request, as method and address, and its answer."""

    method: str
    url: str
    answer: Answer


def is_cassette(document: object) -> bool:
    """Tell whether a parsed file is a cassette."""
    return isinstance(document, dict) and any(
        name in document for name in ("interactions", "http_interactions")
    )


def parse(path: Path) -> Any:
    """Return a JSON or YAML file's content."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".json":
        return json.loads(text)
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 # a safe loader


def interactions(document: Mapping[str, Any]) -> list[Interaction]:
    """Return a cassette's interactions in their order; VCR and Betamax differ in names only."""
    rows = document["interactions"] if "interactions" in document else document["http_interactions"]
    return [
        Interaction(row["request"]["method"].upper(), row["request"]["uri"], _answer(row["response"]))
        for row in rows
    ]


def _answer(response: Mapping[str, Any]) -> Answer:
    status = response["status"]
    if isinstance(status, Mapping):
        status = status["code"] if "code" in status else status["status_code"]
    headers = tuple(
        (name, str(value))
        for name, values in (response.get("headers") or {}).items()
        if name.lower() not in _NOT_REPLAYED
        for value in (values if isinstance(values, list) else [values])
    )
    return Answer(int(status), headers, _body(response["body"]))


def _body(body: Any) -> bytes:
    if isinstance(body, Mapping):
        if body.get("base64_string"):
            return _inflated(base64.b64decode(body["base64_string"]))
        body = body.get("string")
    if body is None:
        return b""
    return _inflated(body) if isinstance(body, bytes) else str(body).encode()


def _inflated(body: bytes) -> bytes:
    try:
        if body[:2] == b"\x1f\x8b":
            return gzip.decompress(body)
        if body[:1] == b"\x78":
            return zlib.decompress(body)
    except (OSError, EOFError, zlib.error):
        return body  # it only looked compressed
    return body

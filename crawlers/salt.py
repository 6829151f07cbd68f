"""Keep the key that authors are hashed with: one per data folder, or the one the environment gives."""

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from crawlers.durable import make_folder
from crawlers.errors import Mistake

MIN_LENGTH = 16


def load_key(data: Path, given: str | None = None) -> bytes:
    """Return the key: ``given`` (HATEMINE_SALT) or that of ``DATA/salt``, which is made at its first use."""
    if given is not None:
        if len(given) < MIN_LENGTH:
            raise Mistake(f"HATEMINE_SALT: expected {MIN_LENGTH} characters or more, found {len(given)}")
        return given.encode()
    path = make_folder(data) / "salt"
    if not path.exists():
        _make(path)
    key = path.read_text(encoding="ascii").strip()
    if len(key) < MIN_LENGTH:
        raise Mistake(f"{path}: expected {MIN_LENGTH} characters or more, found {len(key)}")
    return key.encode()


def keyed_hash(key: bytes, text: str) -> str:
    """Return 32 hex digits that only who has the key can connect with the text."""
    return hmac.new(key, text.encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:32]


def _make(path: Path) -> None:
    # Two first runs at once must agree on one key: linking succeeds for one of them.
    mine = path.with_name(f"salt.{secrets.token_hex(8)}.part")
    descriptor = os.open(mine, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(32) + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(mine, path)
    except FileExistsError:
        pass
    finally:
        mine.unlink()

"""Remember, per source, the newest post seen of each target, so that the next crawl asks from there on."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from crawlers.durable import write_durably
from crawlers.errors import Mistake


def cursor_path(data: Path, source: str) -> Path:
    """Return where a source's cursors lie."""
    return data / "cursors" / f"{source}.json"


def read_cursors(data: Path, source: str) -> dict[str, datetime]:
    """Return the newest post's time by target; nothing before the first complete crawl."""
    path = cursor_path(data, source)
    if not path.exists():
        return {}
    try:
        rows = json.loads(path.read_text("utf-8"))
        return {target: datetime.fromisoformat(at) for target, at in rows.items()}
    except (ValueError, AttributeError, TypeError) as error:
        raise Mistake(
            f'{path}: expected {{"target": "ISO time"}}; delete it to crawl anew: {error}'
        ) from error


def move_cursors(data: Path, source: str, newest: Mapping[str, datetime]) -> None:
    """Move targets forward, never back; call it only once the landing file is closed."""
    cursors = read_cursors(data, source)
    for target, at in newest.items():
        cursors[target] = max(at.astimezone(UTC), cursors.get(target, at))
    rows = {target: at.isoformat() for target, at in sorted(cursors.items())}
    write_durably(cursor_path(data, source), json.dumps(rows, ensure_ascii=False, indent=1) + "\n")

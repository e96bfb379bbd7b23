"""What outlives the process, in the data directory: a JSON file per session, archive, reception, storage."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)


class Store:
    """Writes are whole or not at all against a killed process (a new file takes the old one's name).
    They are not flushed to the disk: after a power cut the last second may be missing."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        for kind in ("sessions", "archives", "receptions", "storages"):
            (data_dir / kind).mkdir(parents=True, exist_ok=True)

    def media_path(self, archive_id: str, suffix: str = ".mp4") -> Path:
        return self._data_dir / "archives" / f"{archive_id}{suffix}"

    def save(self, kind: str, key: str, record: dict[str, Any]) -> None:
        path = self._data_dir / kind / f"{key}.json"
        fresh = path.with_suffix(".json.new")
        fresh.write_text(json.dumps(record))
        os.replace(fresh, path)

    def remove(self, kind: str, key: str) -> None:
        (self._data_dir / kind / f"{key}.json").unlink(missing_ok=True)

    def read(self, kind: str, key: str) -> dict[str, Any] | None:
        try:
            record: dict[str, Any] = json.loads((self._data_dir / kind / f"{key}.json").read_text())
        except FileNotFoundError:
            return None
        return record

    def load(self, kind: str) -> Iterator[dict[str, Any]]:
        for path in sorted((self._data_dir / kind).glob("*.json")):
            try:
                yield json.loads(path.read_text())
            except ValueError:
                log.error("%s is not readable and is left aside", path)

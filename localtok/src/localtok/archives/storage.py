"""A project's own storage: finished files go there in place of localtok's. Folders stand for buckets.

Layout, as https://tokbox.com/developer/guides/archiving/using-s3.html has it:
`<folder>/<bucket>/<project>/<archive>/archive.mp4`.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from localtok.archives.archive import Archive
from localtok.process.store import Store

KIND = "storages"


@dataclass(frozen=True)
class Target:
    """`kind` is s3 or azure; `bucket` is a bucket or a container. Keys are checked and not kept."""

    kind: str
    bucket: str
    # Whether a file that cannot be uploaded is offered by localtok (status available).
    fallback: bool = True


class Storages:
    """The target of each project that has set one."""

    def __init__(self, store: Store, folder: Path) -> None:
        self._store, self._folder = store, folder

    def set(self, project_key: str, target: Target) -> None:
        """A bucket is made now and not later: removing its folder makes uploads fail."""
        self.bucket(target).mkdir(parents=True, exist_ok=True)
        self._store.save(KIND, project_key, asdict(target))

    def remove(self, project_key: str) -> bool:
        """False if there was none. What was uploaded stays."""
        there = self.of(project_key) is not None
        self._store.remove(KIND, project_key)
        return there

    def of(self, project_key: str) -> Target | None:
        record = self._store.read(KIND, project_key)
        return Target(**record) if record else None

    def bucket(self, target: Target) -> Path:
        return self._folder / target.bucket

    def upload(self, target: Target, archive: Archive, path: Path) -> None:
        """Copy the file; whole or not at all. Raises OSError, also if the bucket is not there."""
        bucket = self.bucket(target)
        if not bucket.is_dir():
            raise FileNotFoundError(f"There is no bucket {target.bucket}.")
        place = bucket / archive.project_key / archive.id / f"archive{archive.suffix}"
        place.parent.mkdir(parents=True, exist_ok=True)
        part = place.with_suffix(".part")
        shutil.copyfile(path, part)
        os.replace(part, place)

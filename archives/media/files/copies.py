"""Kept files as local paths: where they lie in a folder as they are, else as copies while they are needed."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.files import File
from django.core.files.storage import Storage, storages

BLOCK = 1 << 20
# What goes wrong with a folder, and what with a bucket.
STORAGE_ERRORS = (OSError, BotoCoreError, ClientError)
# A bucket takes a file in one go and tells nothing meanwhile: whoever stores one must hold its job so long.
SLOWEST_BYTES_PER_S = 1_000_000


class SpooledFile(File):
    """A finished local file. With this method Django renames it into place instead of copying it."""

    def temporary_file_path(self) -> str:
        return str(self.name)


class Copies:
    """Local paths of stored files; `on_block` is called between the blocks of a copy and may raise."""

    def __init__(self, folder: Path, on_block: Callable[[], object]) -> None:
        self._folder = folder
        self._on_block = on_block

    def path(self, name: str) -> Path:
        """Raises FileNotFoundError where the storage has no such file."""
        storage = storages["archives"]
        if is_local(storage):
            return Path(storage.path(name))
        copy = self._folder / name.replace("/", "_")
        if not copy.exists():
            self._fetch(storage, name, copy)
        return copy

    def _fetch(self, storage: Storage, name: str, copy: Path) -> None:
        part = copy.with_suffix(".part")
        with storage.open(name) as source, part.open("wb") as target:
            while block := source.read(BLOCK):
                target.write(block)
                self._on_block()
        part.rename(copy)


@contextmanager
def local_copies(on_block: Callable[[], object] = lambda: None) -> Iterator[Copies]:
    """For as long as the block runs; what had to be copied is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="copies-", dir=work_folder()) as folder:
        yield Copies(Path(folder), on_block)


def work_folder() -> Path:
    """Beside the default storage, so that what is finished here can be renamed into it."""
    folder = Path(settings.ARCHIVES_DIR) / ".parts"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def store(path: Path, name: str) -> str:
    """Move a finished file into the storage, over what a process that died left there; gives its name."""
    storage = storages["archives"]
    if storage.exists(name):
        storage.delete(name)
    with path.open("rb") as handle:
        stored = storage.save(name, SpooledFile(handle, name=str(path)))
    path.unlink(missing_ok=True)
    return stored


def storing_s(size: int) -> float:
    """How long it may take to store so many bytes: no time where a finished file is renamed into place."""
    return 0.0 if is_local(storages["archives"]) else size / SLOWEST_BYTES_PER_S


def is_local(storage: Storage) -> bool:
    try:
        storage.path("probe")
    except NotImplementedError:
        return False
    return True

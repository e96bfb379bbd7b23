"""A file that the platform uploaded into a bucket: found in our storage, hashed and probed where it lies."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.files.storage import Storage, storages

from archives.media.files.copies import BLOCK, local_copies
from archives.media.ingest.fetch import Expected, WrongFile, as_hex
from archives.media.ingest.probe import Media, probe

NOT_EXAMINED = "not examined: the platform uploaded the file into a bucket that this system does not read"


@dataclass(frozen=True)
class Uploaded:
    """`name` in the storage, `size` in bytes, `sha256` in hex."""

    name: str
    size: int
    sha256: str
    media: Media


def examine(archive_id: str, expected: Expected, on_block: Callable[[], object]) -> Uploaded | None:
    """Read the uploaded file; None if the platform's bucket is not our storage.

    `on_block` is called between blocks and may raise. Raises WrongFile if the file is not the one that the
    platform describes, and the storage's own errors if it cannot be read. The file is never changed.
    """
    name, storage = _name(archive_id), storages["archives"]
    if not storage.exists(name):
        return None
    size = _size(storage, name, expected)
    with local_copies(on_block) as copies:
        path = copies.path(name)
        digest = _sha256(path, on_block)
        media = probe(path)
    if expected.sha256 and digest != as_hex(expected.sha256):
        raise WrongFile("The SHA-256 of the file in the bucket is not the one that the platform states.")
    return Uploaded(name, size, digest, media)


def _name(archive_id: str) -> str:
    """As in https://tokbox.com/developer/guides/archiving/using-s3.html"""
    return f"{settings.API_KEY or '-'}/{archive_id}/archive.mp4"


def _size(storage: Storage, name: str, expected: Expected) -> int:
    size = storage.size(name)
    if expected.size and size != expected.size:
        raise WrongFile(f"{size} of the {expected.size} bytes that the platform states lie in the bucket.")
    return size


def _sha256(path: Path, on_block: Callable[[], object]) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
            on_block()
    return digest.hexdigest()

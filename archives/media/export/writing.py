"""Writes the file: under a temporary name, then by its own. A kill leaves nothing that looks finished."""

import errno
import fcntl
import os
import shutil
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from archives.media.export.plan import ExportError

# Room for a little more than the media itself: the table of contents, other writers.
SPARE = 1 << 20


def partial_name(target: Path) -> Path:
    return target.with_name(f".{target.name}.part")


def spool_name(target: Path) -> Path:
    return target.with_name(f".{target.name}.spool")


@contextmanager
def partial(target: Path) -> Iterator[BinaryIO]:
    """The file to write into; it takes the name `target` only when the block ends well.

    What a killed export left under the temporary name is written over. Raises ExportError when another
    process is writing the same export now, or when the disk is full.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    name = partial_name(target)
    # Not emptied before it is locked; and the kernel copies nothing into a file that is open for appending.
    with os.fdopen(os.open(name, os.O_RDWR | os.O_CREAT, 0o666), "r+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ExportError(f"{target.name} is being exported by another process. Wait for it.") from None
        try:
            file.truncate(0)
            yield file
            file.flush()
            os.fsync(file.fileno())
            name.replace(target)
        except EOFError as error:
            raise ExportError(f"{error}. Fetch the piece again, then export.") from error
        except OSError as error:
            raise _named(error, target) from error
        finally:
            name.unlink(missing_ok=True)


def _named(error: OSError, target: Path) -> ExportError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return ExportError(f"The disk of {target.parent} is full. Make room and export again.")
    return ExportError(f"{target.name} could not be written: {error}")


def need_room(target: Path, size: int) -> None:
    """Raises ExportError before the first byte rather than after the last that fits."""
    free = shutil.disk_usage(target.parent).free
    if free < size + SPARE:
        raise ExportError(
            f"The export needs {size / 1e6:.0f} MB, but only {free / 1e6:.0f} MB are free in {target.parent}."
        )


def media_header(size: int) -> bytes:
    if size + 8 < 1 << 32:
        return struct.pack(">I4s", size + 8, b"mdat")
    return struct.pack(">I4sQ", 1, b"mdat", size + 16)

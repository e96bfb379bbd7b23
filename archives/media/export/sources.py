"""The files that bytes are copied from: the pieces, and a spool for the little that is encoded anew."""

import errno
import os
from array import array
from collections import OrderedDict
from collections.abc import Iterable
from pathlib import Path
from typing import Self

import numpy as np

from archives.media.export.packets import Ints

OPEN_FILES = 16
COPIED_AT_ONCE = 8 << 20
# Between file systems, or on one that knows no such call.
NOT_IN_THE_KERNEL = (errno.EXDEV, errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP)


class Sources:
    """Reads from many files with few open at a time; number 0 is the spool, beside the target."""

    def __init__(self, spool: Path) -> None:
        self._paths = [spool]
        self._numbers = {spool: 0}
        self._open: OrderedDict[int, int] = OrderedDict()
        self._spool = spool.open("w+b")
        self._spooled = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for descriptor in self._open.values():
            os.close(descriptor)
        self._spool.close()
        self._paths[0].unlink(missing_ok=True)

    @property
    def folder(self) -> Path:
        """Where what is needed only while exporting may lie."""
        return self._paths[0].parent

    def number(self, path: Path) -> int:
        if path not in self._numbers:
            self._numbers[path] = len(self._paths)
            self._paths.append(path)
        return self._numbers[path]

    def path(self, number: int) -> Path:
        return self._paths[number]

    def spool(self, samples: Iterable[bytes]) -> tuple[Ints, Ints]:
        """Offsets and sizes of encoded samples, kept until they are copied."""
        sizes = array("q")
        begin = self._spooled
        for sample in samples:
            self._spool.write(sample)
            self._spooled += len(sample)
            sizes.append(len(sample))
        self._spool.flush()
        found = np.array(sizes, np.int64)
        return begin + np.cumsum(found) - found, found

    def read(self, number: int, offset: int, size: int) -> bytes:
        """Raises EOFError when the file has become shorter meanwhile."""
        data = os.pread(self._descriptor(number), size, offset)
        if len(data) != size:
            raise EOFError(f"{self._paths[number]} became shorter while it was read")
        return data

    def read_into(self, number: int, offset: int, buffer: memoryview) -> None:
        """As `read`, into memory that is there already."""
        done = 0
        while done < len(buffer):
            got = os.preadv(self._descriptor(number), [buffer[done:]], offset + done)
            if not got:
                raise EOFError(f"{self._paths[number]} became shorter while it was read")
            done += got

    def copy(self, number: int, offset: int, size: int, target: int) -> None:
        """Appends a stretch of a source to a file, within the kernel where it can."""
        while size:
            done = self._copied(number, offset, min(size, COPIED_AT_ONCE), target)
            offset, size = offset + done, size - done

    def _copied(self, number: int, offset: int, size: int, target: int) -> int:
        source = self._descriptor(number)
        try:
            done = os.copy_file_range(source, target, size, offset)
        except OSError as error:
            if error.errno not in NOT_IN_THE_KERNEL:
                raise
            done = os.write(target, self.read(number, offset, size))
        if not done:
            raise EOFError(f"{self._paths[number]} became shorter while it was read")
        return done

    def _descriptor(self, number: int) -> int:
        if number in self._open:
            self._open.move_to_end(number)
        else:
            if len(self._open) >= OPEN_FILES:
                os.close(self._open.popitem(last=False)[1])
            self._open[number] = os.open(self._paths[number], os.O_RDONLY)
        return self._open[number]

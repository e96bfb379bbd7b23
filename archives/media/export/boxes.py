"""Boxes of the ISO base media file format (ISO/IEC 14496-12): a length, four letters, a payload."""

import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple

# A view, where given one: the tables of a long file are not copied at every level.
Bytes = bytes | memoryview


@dataclass(frozen=True)
class Streamed:
    """So many bytes of a box that are made only while it is written."""

    size: int
    blocks: Callable[[], Iterable[Bytes]]

    def __len__(self) -> int:
        return self.size


# What is written one after the other: big tables are not joined, and so not copied, at every level.
Parts = list[Bytes | Streamed]


class BoxError(ValueError):
    """The bytes are not a whole box."""


class Place(NamedTuple):
    kind: bytes
    start: int
    body: int
    end: int


def top_level(file: BinaryIO, size: int) -> Iterator[Place]:
    """The boxes of a whole file, without reading their bodies. The last one may be cut short."""
    return within(file, 0, size)


def within(file: BinaryIO, at: int, end: int) -> Iterator[Place]:
    """The boxes that begin between two bytes of a file, without reading their bodies."""
    while at + 8 <= end:
        file.seek(at)
        place = _place(file.read(16), at, end)
        yield place
        at = place.end


def _place(head: Bytes, at: int, size: int) -> Place:
    length, kind = struct.unpack_from(">I4s", head)
    body = at + 8
    if length == 1:
        if len(head) < 16:
            raise BoxError("a box header is cut short")
        length, body = struct.unpack_from(">Q", head, 8)[0], at + 16
    elif length == 0:
        length = size - at
    if length < body - at:
        raise BoxError(f"box {kind!r} has an impossible length {length}")
    return Place(kind, at, body, at + length)


def children(data: Bytes, start: int = 0) -> Iterator[tuple[bytes, Bytes]]:
    """(kind, body) of each box in `data` from `start` on."""
    at = start
    while at + 8 <= len(data):
        place = _place(data[at : at + 16], at, len(data))
        yield place.kind, data[place.body : min(place.end, len(data))]
        at = place.end


def find(data: Bytes, *path: bytes) -> Bytes | None:
    """The body of the first box at `path` inside `data`."""
    for kind in path:
        found = next((body for name, body in children(data) if name == kind), None)
        if found is None:
            return None
        data = found
    return data


def box(kind: bytes, *parts: Bytes | Streamed | Parts) -> Parts:
    """The box as parts to be written one after the other; boxes inside are given as their parts."""
    flat: Parts = []
    for part in parts:
        flat.extend(part if isinstance(part, list) else [part])
    return [struct.pack(">I4s", sum(map(len, flat)) + 8, kind), *flat]


def full_box(kind: bytes, version: int, flags: int, *parts: Bytes | Streamed | Parts) -> Parts:
    return box(kind, struct.pack(">I", version << 24 | flags), *parts)


def written(parts: Parts) -> Iterator[Bytes]:
    """The bytes of a box, some at a time."""
    for part in parts:
        if isinstance(part, Streamed):
            yield from part.blocks()
        else:
            yield part


def joined(parts: Parts) -> bytes:
    return b"".join(written(parts))

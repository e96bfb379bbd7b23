"""Compares a finished export with what it was copied from: the ends of every stretch, and samples between."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np

from archives.media.export.film import Film
from archives.media.export.layout import Media
from archives.media.export.packets import Ints
from archives.media.export.plan import ExportError
from archives.media.export.sources import Sources

# A long stretch is compared at every so many packets too.
EVERY = 4096


def compare(path: Path, tracks: list[Media], sources: Sources) -> int:
    """Returns how many packets were compared. `tracks`: of frames and sound, in the order of the file.

    Raises ExportError where a packet is not what it was copied from, UnreadablePiece, BoxError.
    """
    count = 0
    with closing(Film(path)) as film:
        for number, track in enumerate(tracks):
            for packet in _chosen(track):
                if film.packet(number, packet) != _wanted(track, packet, sources):
                    raise ExportError(f"Packet {packet} was not copied as it was; the file was not kept.")
                count += 1
    return count


def _chosen(track: Media) -> Iterator[int]:
    done, before = 0, -1
    for rows in track.rows.blocks():
        files = rows["file"].astype(np.int64)
        begins: Ints = np.flatnonzero(np.diff(files, prepend=before))
        ends = begins + done - 1
        found = {*(begins + done).tolist(), *ends[ends >= 0].tolist(), *range(done, done + len(rows), EVERY)}
        yield from sorted(found)
        done, before = done + len(rows), int(files[-1])
    if done:
        yield done - 1


def _wanted(track: Media, packet: int, sources: Sources) -> bytes:
    row = track.rows.part(packet, packet + 1)[0]
    prefix = track.prefixes[row["sets"]] if track.prefixes and row["key"] else b""
    return prefix + sources.read(int(row["file"]), int(row["offset"]), int(row["size"]))

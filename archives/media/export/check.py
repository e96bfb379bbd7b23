"""Looks at a finished export with another reader than the one that wrote it: libavformat."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import av
from av.error import FFmpegError

from archives.media.export.boxes import BoxError
from archives.media.export.film import STRICT, Film
from archives.media.export.packets import UnreadablePiece
from archives.media.export.plan import Cancelled, ExportCancelled, ExportError, Progress

AROUND_MS = 1000
# Beyond that (some seven hours) libavformat's own table takes more memory than an export may.
MOST_PACKETS = 2_000_000
DURATION_TOLERANCE_MS = 50
# Our tracks have one edit each: libavformat need not keep its table twice to follow it.
ONE_EDIT = {"advanced_editlist": "0"}


def check(
    path: Path,
    *,
    packets: int,
    duration_ms: float,
    seams_ms: list[float],
    progress: Progress,
    cancelled: Cancelled,
) -> list[float]:
    """The seams around which something does not decode, which may be the fault of a piece.

    Raises ExportError when the file is not what it should be in any other way.
    """
    try:
        with closing(_reader(path, packets)) as reader:
            lasts_ms = reader.length_ms()
            if abs(lasts_ms - duration_ms) > DURATION_TOLERANCE_MS:
                raise ExportError(
                    f"The file lasts {lasts_ms:.0f} ms instead of {duration_ms:.0f} ms; it was not kept."
                )
            return list(_damaged(reader, duration_ms, [0.0, *seams_ms], progress, cancelled))
    except (UnreadablePiece, BoxError, FFmpegError) as error:
        raise ExportError(f"The finished file does not play: {error}. It was not kept.") from error


def _reader(path: Path, packets: int) -> "Film | Seams":
    """Raises ExportError when time stamps do not rise."""
    film = Film(path)
    if not film.rises():
        film.close()
        raise ExportError("The time stamps of the file do not rise; it was not kept.")
    if packets > MOST_PACKETS:
        return film
    film.close()
    return Seams(path)


def _damaged(
    reader: "Film | Seams",
    duration_ms: float,
    seams_ms: list[float],
    progress: Progress,
    cancelled: Cancelled,
) -> Iterator[float]:
    for number, at_ms in enumerate(seams_ms):
        if cancelled():
            raise ExportCancelled("The export was cancelled.")
        if not reader.decodes(at_ms - AROUND_MS, min(at_ms + AROUND_MS, duration_ms)):
            yield at_ms
        progress((number + 1) / len(seams_ms))


class Seams:
    """Decodes parts of one file; it is opened once, because a long file has a long table to read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._container: Any = None

    def close(self) -> None:
        if self._container:
            self._container.close()
            self._container = None

    def length_ms(self) -> float:
        self._container = self._container or av.open(str(self.path), options=ONE_EDIT)
        return float(self._container.duration) / 1000

    def decodes(self, begin_ms: float, end_ms: float) -> bool:
        """Whether all between two instants decodes, to the end, by a decoder that hides no damage."""
        try:
            self._container = self._container or av.open(str(self.path), options=ONE_EDIT)
            return _reaches(self._container, max(0.0, begin_ms), end_ms)
        except FFmpegError:
            # A decoder that has met damage is not asked again.
            self.close()
            return False


def _reaches(container: Any, begin_ms: float, end_ms: float) -> bool:
    streams = [*container.streams.video[:1], *container.streams.audio[:1]]
    for stream in streams:
        stream.codec_context.options = dict(STRICT)
    container.seek(int(begin_ms * 1000), backward=True)
    reached = {stream.index: begin_ms for stream in streams}
    passed: set[int] = set()
    for packet in container.demux(streams):
        # Sound and picture lie up to two seconds apart in the file: one waits for the other.
        if packet.stream_index in passed:
            continue
        for frame in packet.decode():
            if frame.time is not None:
                reached[packet.stream_index] = frame.time * 1000
        if packet.pts is not None and float(packet.pts * packet.time_base) * 1000 > end_ms:
            passed.add(packet.stream_index)
        if len(passed) == len(streams):
            break
    return all(at_ms >= end_ms - AROUND_MS / 2 for at_ms in reached.values())

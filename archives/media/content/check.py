"""The content check of one segment's file: every finding in it, from one pass over its packets.

Knows nothing of Django. Key frames and sound are decoded once; thumbnails and levels need the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import av
from av.error import FFmpegError

from archives.media.content import freeze, picture, sound, tracks
from archives.media.content.findings import Finding
from archives.media.content.hearing import hear
from archives.media.content.looks import look_through
from archives.media.content.tiles import Published, tiles
from archives.media.export.index import read_piece
from archives.media.export.packets import Piece, Track


@dataclass(frozen=True)
class Expected:
    """What the platform says of the file: frames of `size` (width, height), `length_ms`; None if it does not.

    `video` and `audio`: whether it was to have any. `published`: when each stream was, by the callbacks,
    on the media clock in ms.
    """

    size: tuple[int, int] | None = None
    length_ms: float | None = None
    video: bool = True
    audio: bool = True
    published: Published | None = None


def check(
    path: Path, expected: Expected = Expected(), hold_on: Callable[[], object] = lambda: None
) -> list[Finding]:
    """Findings in order of time. `hold_on` is called now and then, and may raise to end the check.

    Raises UnreadablePiece or OSError if the file cannot be read.
    """
    piece = read_piece(path)
    begin_ms, end_ms = _bounds(piece)
    known = _known(path)
    found = tracks.length(end_ms, expected.length_ms)
    if piece.video is not None or (expected.video and "video" not in known):
        found += tracks.no_video(piece.video, begin_ms, end_ms)
    if piece.audio is not None or (expected.audio and "audio" not in known):
        found += tracks.no_audio(piece.audio, begin_ms, end_ms)
    hold_on()
    found += _seen(piece.video, expected, end_ms, hold_on) if piece.video is not None else []
    found += _heard(piece.audio, end_ms, hold_on) if piece.audio is not None else []
    return sorted(found, key=lambda each: (each.from_ms, each.until_ms, each.code))


def _seen(track: Track, expected: Expected, end_ms: float, hold_on: Callable[[], object]) -> list[Finding]:
    looks = look_through(track, hold_on)
    end_ms = min(end_ms, _end_ms(track))
    return [
        *picture.black(track, looks, end_ms),
        *picture.wrong_size(looks, expected.size, end_ms),
        *freeze.frozen(track, looks, end_ms),
        *tiles(track, looks, end_ms, expected.published),
    ]


def _heard(track: Track, end_ms: float, hold_on: Callable[[], object]) -> list[Finding]:
    hearing = hear(track, hold_on)
    last_ms = min(end_ms, _end_ms(track))
    return [
        *sound.silent(hearing, last_ms),
        *sound.clipped(hearing, last_ms),
        *tracks.skew(track, end_ms),
    ]


def _bounds(piece: Piece) -> tuple[float, float]:
    known = [track for track in (piece.video, piece.audio) if track is not None]
    begin = min(float(track.ticks.min()) * 1000 / track.rate for track in known)
    return max(0.0, begin), max(_end_ms(track) for track in known)


def _end_ms(track: Track) -> float:
    return float(track.ticks.max() + track.frame_ticks) * 1000 / track.rate


def _known(path: Path) -> set[str]:
    """Kinds of tracks in the file, including those of a codec that is not supported."""
    try:
        with av.open(str(path)) as container:
            return {stream.type for stream in container.streams}
    except (FFmpegError, OSError):
        return set()

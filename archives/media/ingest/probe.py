"""What a kept file holds: from when to when by its own clock, and whether it can be used at all."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from pathlib import Path

from archives.media.seams import Piece, UnreadableMedia

NOTE_MAX = 300


@dataclass(frozen=True)
class Media:
    """Milliseconds of the file's own clock; without an end it cannot be used, for the reason in `note`."""

    begin_ms: int | None
    end_ms: int | None
    note: str = ""


def probe(path: Path) -> Media:
    """Reads the tables of the file, not its media. A file that is no recording is an answer, not an error."""
    try:
        with Piece(path) as piece:
            note = (
                "" if piece.has_video and piece.has_sound else "no sound" if piece.has_video else "no picture"
            )
            return Media(ceil(piece.start_ms), int(piece.end_ms), note)
    except UnreadableMedia as error:
        # What the file is called here says nothing to whoever reads it.
        told = str(error).replace(str(path), "the file").replace(path.name, "the file")
        return Media(None, None, told[:NOTE_MAX])

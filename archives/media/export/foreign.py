"""Pieces with media of any codec: what is not H.264 or AAC in an MP4 is found by libavformat.

It cannot be copied, but it can be encoded again.
"""

from pathlib import Path

import av
from av.error import FFmpegError

from archives.media.export import index, walk
from archives.media.export.packets import Piece, Track, UnreadablePiece

WORDS = {"video": "picture", "audio": "sound"}


def read_any(path: Path) -> Piece:
    """Raises UnreadablePiece when there is nothing to use, OSError when the file cannot be read."""
    piece = index.read_tables(path)
    lacking = {kind for kind, track in (("video", piece.video), ("audio", piece.audio)) if track is None}
    missing = lacking & _kinds(path) if lacking else set()
    if missing:
        piece = _completed(path, piece, missing)
    if piece.video or piece.audio:
        return piece
    raise UnreadablePiece("; ".join(piece.left_out) or "the file has neither picture nor sound")


def _kinds(path: Path) -> set[str]:
    try:
        with av.open(str(path)) as container:
            return {stream.type for stream in container.streams}
    except FFmpegError:
        return set()


def _completed(path: Path, piece: Piece, missing: set[str]) -> Piece:
    with path.open("rb") as file:
        tables, _ = index.moov(file, path.stat().st_size)
    try:
        walked = walk.tracks(path, index.turns_of(tables))
    except index.DAMAGE as error:
        raise UnreadablePiece(f"the file is damaged: {error}") from error
    found = [track for track in walked if ("video" if track.width else "audio") in missing]
    left_out = [*piece.left_out]
    others = index.chosen([track for track in found if _helps(track, piece)], left_out)
    video = others.video if "video" in missing else piece.video
    audio = others.audio if "audio" in missing else piece.audio
    unread = {kind for kind, track in (("video", video), ("audio", audio)) if track is None} & missing
    if not left_out:
        left_out += [f"its {WORDS[kind]} is of a kind that cannot be read" for kind in sorted(unread)]
    return Piece(video, audio, tuple(left_out))


def _helps(track: Track, piece: Piece) -> bool:
    """H.264 and AAC that were refused before are not taken after all."""
    return not piece.left_out or track.codec not in index.CODECS.values()


class Pieces:
    """As read_any, with the last two remembered: the tables of a long piece take room."""

    def __init__(self) -> None:
        self.kept: dict[tuple[Path, int], Piece] = {}

    def __call__(self, path: Path, changed_ns: int) -> Piece:
        """`changed_ns` tells a file from a later one of its name."""
        wanted = path, changed_ns
        if wanted not in self.kept:
            # The older one goes before the new one comes, not after.
            while len(self.kept) > 1:
                del self.kept[next(iter(self.kept))]
            self.kept[wanted] = read_any(path)
        return self.kept[wanted]

    def forget(self) -> None:
        self.kept.clear()

"""What is known of the packets of a piece: plain values, independent of how they were read."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Sizes = NDArray[np.int32]
VIDEO_RATE = 90_000
# The four numbers of a display matrix that turn or mirror a frame: (a, b, c, d) of ISO/IEC 14496-12, 8.5.2.
Turn = tuple[int, int, int, int]
UPRIGHT: Turn = (1, 0, 0, 1)


class UnreadablePiece(ValueError):
    """The file holds no media that can be used; the message says why."""


@dataclass(frozen=True)
class Track:
    """Packets of one track in decoding order.

    `ticks` are presentation times on the piece's clock after its edit list, `rate` of them to the second
    (90000 for video, the sampling rate for audio): the priming of AAC lies before 0. `end` is where the last
    of them ends by the file's own word. `turn`: how its frames are turned when they are shown.
    """

    path: Path
    codec: str
    config: bytes
    rate: int
    offsets: Ints
    sizes: Sizes | Ints
    ticks: Ints
    keys: NDArray[np.bool_]
    end: int = 0
    width: int = 0
    height: int = 0
    channels: int = 0
    turn: Turn = UPRIGHT

    def __len__(self) -> int:
        return len(self.ticks)

    @property
    def frame_ticks(self) -> int:
        """The usual distance of two packets; that of 25 fps when there is only one."""
        if len(self) < 2:
            return self.rate // 25
        return max(1, int(np.median(np.diff(np.sort(self.ticks[:1000])))))

    def stands_until(self, shown: int) -> int:
        """When the frame that is shown at `shown` is replaced, or ends."""
        later = self.ticks[self.ticks > shown]
        return int(later.min()) if len(later) else max(self.end, shown)

    def decodable(self, end: int) -> int:
        """How many packets to decode so that nothing is shown of what comes at or after `end`, and nothing
        before it is left out that is shown between them.
        """
        seen = np.maximum.accumulate(self.ticks)
        coming = np.minimum.accumulate(self.ticks[::-1])[::-1]
        whole = np.flatnonzero((seen[:-1] < coming[1:]) & (seen[:-1] < end)) + 1
        if len(self) and seen[-1] < end:
            return len(self)
        return int(whole[-1]) if len(whole) else 0

    def take(self, chosen: Any) -> "Track":
        """The same track with only these packets."""
        kept = {name: getattr(self, name)[chosen] for name in ("offsets", "sizes", "ticks", "keys")}
        return replace(self, **kept)


@dataclass(frozen=True)
class Piece:
    """`left_out`: in words, which of its media is not in these tracks, and why."""

    video: Track | None
    audio: Track | None
    left_out: tuple[str, ...] = ()

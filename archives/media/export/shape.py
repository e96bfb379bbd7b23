"""What the frames of an export are like: the shape that most of the run has."""

from collections import Counter
from dataclasses import dataclass

from archives.media.export import h264
from archives.media.export.packets import UPRIGHT, Track, Turn

# For the encoder where no segment has H.264 to take after.
HIGH, LEVEL, LARGE_LEVEL = 100, 40, 52
LARGE = 1920 * 1088


@dataclass(frozen=True)
class Shape:
    """Frames of this size, turned so when they are shown; pieces of another shape are re-encoded."""

    width: int
    height: int
    sets: h264.ParameterSets
    turn: Turn = UPRIGHT

    def odd(self, track: Track) -> str:
        """Why the packets of `track` cannot be copied; empty when they can."""
        if track.codec != "h264":
            return f"{track.codec} instead of h264"
        if (track.width, track.height) != (self.width, self.height):
            return f"{track.width}x{track.height} instead of {self.width}x{self.height}"
        if track.turn != self.turn:
            return "turned otherwise than the others"
        if h264.read_avcc(track.config).nal_length != h264.NAL_LENGTH:
            return "an unusual length of NAL units"
        return ""


class CommonShape:
    """Counts how long each shape lasts, to find the one that most of the run has."""

    def __init__(self) -> None:
        self._copied: Counter[tuple[int, int, Turn]] = Counter()
        self._others: Counter[tuple[int, int, Turn]] = Counter()
        self._sets: dict[tuple[int, int, Turn], h264.ParameterSets] = {}

    def saw(self, track: Track, length_ms: float) -> None:
        shape = track.width, track.height, track.turn
        if track.codec != "h264":
            self._others[_even(track.width), _even(track.height), track.turn] += round(length_ms) + 1
            return
        self._copied[shape] += round(length_ms) + 1
        self._sets.setdefault(shape, h264.read_avcc(track.config))

    def found(self) -> Shape | None:
        """That of what can be copied, if anything can."""
        counted = self._copied or self._others
        if not counted:
            return None
        width, height, turn = counted.most_common(1)[0][0]
        sets = self._sets.get((width, height, turn)) or _usual(width * height)
        return Shape(width, height, sets, turn)


def _even(size: int) -> int:
    """Colours are stored at half the size."""
    return max(2, size // 2 * 2)


def _usual(pixels: int) -> h264.ParameterSets:
    level = LARGE_LEVEL if pixels > LARGE else LEVEL
    return h264.ParameterSets(HIGH, 0, level, h264.NAL_LENGTH, (), ())

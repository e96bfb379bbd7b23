"""The video track: copied packets, cut at key frames; a few frames encoded anew where none is at hand."""

from array import array
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import numpy as np

from archives.media.export import h264, picture, turning
from archives.media.export.packets import VIDEO_RATE, Ints, Track
from archives.media.export.placing import Placed
from archives.media.export.plan import CutMethod, SeamReport
from archives.media.export.shape import Shape
from archives.media.export.sources import Sources
from archives.media.export.table import BLOCK_ROWS, SPOOL, Table

TICKS_PER_MS = VIDEO_RATE // 1000
BLACK_FRAME_TICKS = VIDEO_RATE // 25
BLACK_FRAMES = 250
# The last picture may stand this long before it is taken for a loss and turned black.
STANDING_MS = 1000
# A piece whose first picture comes this late shows it from the start: nobody sees the difference.
LATE_START_MS = 100


def ticks_of(ms: float) -> int:
    return round(ms * TICKS_PER_MS)


@dataclass
class _Open:
    """The piece whose end is not yet known: it lasts until the next one's first picture."""

    placed: Placed
    track: Track
    begin: int
    report: SeamReport

    @property
    def add(self) -> int:
        return ticks_of(self.placed.add_to_pictures_ms)


@dataclass
class VideoTrack:
    """Takes the spans in order and fills `table`; `joined` tells which parameter sets it came to need."""

    shape: Shape
    sources: Sources
    check_cancelled: Callable[[], None] = lambda: None
    joined: h264.Joined = field(default_factory=h264.Joined)
    notes: list[str] = field(default_factory=list)
    reencoded: int = 0
    table: Table = field(init=False)
    _open: _Open | None = None
    _dark_from: int | None = None
    _black: tuple[Ints, Ints, Any, int] | None = None

    def __post_init__(self) -> None:
        self.table = Table(self.sources.folder)

    def piece(self, placed: Placed, track: Track | None, after_piece: bool) -> SeamReport:
        """Adds a piece and returns how it begins; `after_piece`: no gap lies before it."""
        method: CutMethod = "begin" if placed.begin_ms <= 0 else "after a gap"
        report = SeamReport(placed.number, placed.begin_ms, method)
        if track is None:
            report.method = "no picture"
            self.gap(placed)
            return report
        begin = ticks_of(placed.begin_ms)
        if after_piece:
            begin = self._cut(placed, track, report)
        opened = _Open(placed, track, begin, report)
        self._close(begin, opened if after_piece else None)
        self._open = opened
        report.at_ms = begin / TICKS_PER_MS
        return report

    def gap(self, placed: Placed) -> None:
        self._close(ticks_of(placed.begin_ms))
        self._dark_from = ticks_of(placed.begin_ms)

    def finish(self, end_ms: float) -> None:
        self._close(ticks_of(end_ms))

    def _cut(self, placed: Placed, track: Track, report: SeamReport) -> int:
        """The instant of the change-over: the key frame nearest to the planned one, in the window."""
        wanted = ticks_of(placed.begin_ms)
        report.method = "re-encoded"
        window = placed.window_ms or (placed.begin_ms, placed.begin_ms)
        half = track.frame_ticks // 2
        keys = track.ticks[track.keys] + ticks_of(placed.add_to_pictures_ms)
        inside = keys[(keys >= ticks_of(window[0]) - half) & (keys <= ticks_of(window[1]) + half)]
        if not len(inside) or self.shape.odd(track):
            return wanted
        report.method = "key frame"
        return int(inside[np.abs(inside - wanted).argmin()])

    def _close(self, until: int, following: _Open | None = None) -> None:
        """Writes down the piece that was open: its frames from its begin until `until`."""
        current, self._open = self._open, None
        if self._dark_from is not None:
            self._fill_black(self._dark_from, until)
            self._dark_from = None
        if current is None:
            return
        self.check_cancelled()
        end = until
        if following is not None:
            end = self._end_by_picture(current, following, until - current.track.frame_ticks // 2)
        self._write(current, end - current.add, until)
        self._fill_rest(current, until)

    def _fill_rest(self, current: _Open, until: int) -> None:
        """A frame stands as long as its file says; what comes after that is not known, and black."""
        shown = self.table.last_ticks or 0
        stands = max(
            shown + current.track.frame_ticks, current.track.stands_until(shown - current.add) + current.add
        )
        early = until - stands
        if early > ticks_of(STANDING_MS):
            self._fill_black(stands, until)
            number, early_ms = current.placed.number, early // TICKS_PER_MS
            self.notes.append(f"Span {number}: its picture ends {early_ms} ms early; black until the next.")

    def _end_by_picture(self, current: _Open, following: _Open, end: int) -> int:
        """Where the old piece stops: before the picture with which the new one begins; else `end`."""
        track, begin = following.track, following.begin - following.add
        if following.report.method != "key frame":
            begin -= track.frame_ticks // 2
        frames = picture.decoded(self.sources, track, begin, begin + 3 * track.frame_ticks, coarse=True)
        first = next(frames, None)
        if first is None:
            return end
        same = picture.find_picture(self.sources, current.track, following.begin - current.add, first[1])
        if same is None:
            return end
        following.report.matched_by_picture = True
        return same + current.add

    def _write(self, current: _Open, end: int, until: int) -> None:
        """Frames from the piece's begin to `end` (its ticks), shown before `until` (the export's).

        Encoded again is what is shown before the first key frame, and after the last packet up to which
        nothing is shown out of turn: where there are B-frames, a few of them.
        """
        track, half = current.track, current.track.frame_ticks // 2
        begin = current.begin - current.add - half
        odd = self.shape.odd(track)
        ready = np.flatnonzero(track.keys & (track.ticks >= begin) & (track.ticks < end) & (not odd))
        first = int(ready[0]) if len(ready) else len(track)
        chosen = self._copied(track, first, end)
        copied_at, copied_to = end, end
        if len(chosen):
            copied_at, copied_to = int(track.ticks[first]), int(track.ticks[chosen].max()) + 1
        self._reencode_between(current, begin, copied_at, until)
        if len(chosen):
            self._copy(current, chosen, until)
            self._reencode_between(current, copied_to, end, until)
        if odd:
            self.notes.append(f"Span {current.placed.number}: its picture is encoded anew ({odd}).")

    def _copied(self, track: Track, first: int, end: int) -> Ints:
        """The packets from key frame `first` on; those shown before it belong to what was before."""
        last = track.decodable(end) if first < len(track) else first
        chosen = np.arange(first, max(first, last))
        return chosen[track.ticks[chosen] >= track.ticks[first]] if len(chosen) else chosen

    def _reencode_between(self, current: _Open, begin: int, end: int, until: int) -> None:
        ticks = current.track.ticks
        if ((ticks >= begin) & (ticks < end)).any():
            self._reencode(current, begin, end, until)

    def _copy(self, current: _Open, chosen: Ints, until: int) -> None:
        track = current.track.take(chosen)
        sets = self.joined.add(h264.read_avcc(track.config))
        order = np.argsort(track.ticks, kind="stable")
        shown = np.empty(len(order), np.int64)
        shown[order] = self._instants(current, track.ticks[order] + current.add, until)
        file = self.sources.number(track.path)
        self.table.add(file, track.offsets, track.sizes, shown, track.keys, sets)

    def _reencode(self, current: _Open, begin: int, end: int, until: int) -> None:
        ticks = array("q")

        def frames() -> Iterable[Any]:
            for at, frame in picture.decoded(self.sources, current.track, begin, end):
                ticks.append(at + current.add)
                if len(ticks) % 100 == 0:
                    self.check_cancelled()
                yield turning.turned(frame, turn)

        turn = turning.between(current.track.turn, self.shape.turn)
        offsets, sizes, keys, sets = self._encode(frames(), 50)
        if ticks:
            instants = self._instants(current, np.array(ticks, np.int64), until)
            self.table.add(SPOOL, offsets, sizes, instants, keys, sets)
        self.reencoded += len(ticks)
        current.report.frames_reencoded += len(ticks)
        if current.report.method == "key frame" and ticks:
            current.report.method = "re-encoded"

    def _instants(self, current: _Open, ticks: Ints, until: int) -> Ints:
        """The frames' instants: the first at the piece's begin, none at or after `until`."""
        ticks = ticks.copy()
        if self._open_begins(current, ticks):
            ticks[0] = current.begin
        over = int((ticks >= until).sum())
        if over:
            before = int(ticks[-over - 1]) if over < len(ticks) else self.table.last_ticks or current.begin
            ticks[-over:] = picture.spread(before, until, over)
            current.report.frames_moved += over
        return ticks

    def _open_begins(self, current: _Open, ticks: Ints) -> bool:
        """The first frame of the piece may stand a little before or after the instant it is due."""
        written = self.table.last_ticks
        nothing_yet = written is None or written < current.begin
        near = abs(int(ticks[0]) - current.begin) <= ticks_of(LATE_START_MS)
        if nothing_yet and not near and (written is None or current.report.method == "after a gap"):
            self._fill_black(current.begin, int(ticks[0]))
            return False
        return nothing_yet and near

    def _encode(self, frames: Iterable[Any], keys_every: int) -> tuple[Ints, Ints, Any, int]:
        """Into the spool; raises nothing when there are no frames, and adds nothing then."""
        iterator = iter(frames)
        first = next(iterator, None)
        if first is None:
            return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.bool_), 0
        encoder = picture.Encoder(self.shape.width, self.shape.height, self.shape.sets)
        keys = array("b")

        def samples() -> Iterable[bytes]:
            for sample, is_key in encoder.encode(chain([first], iterator), keys_every):
                keys.append(is_key)
                yield sample

        offsets, sizes = self.sources.spool(samples())
        assert encoder.sets is not None  # noqa: S101 — set by the first picture
        return offsets, sizes, np.array(keys, np.bool_), self.joined.add(encoder.sets)

    def _fill_black(self, begin: int, end: int) -> None:
        """Black frames at 25 to the second; ten seconds are encoded once and written as often as needed."""
        count = -(-(end - begin) // BLACK_FRAME_TICKS)
        if count <= 0:
            return
        if self._black is None:
            dark = picture.black(self.shape.width, self.shape.height)
            self._black = self._encode((dark for _ in range(BLACK_FRAMES)), BLACK_FRAMES)
        offsets, sizes, keys, sets = self._black
        for low in range(0, count, BLOCK_ROWS):
            numbers = np.arange(low, min(count, low + BLOCK_ROWS))
            which, ticks = numbers % BLACK_FRAMES, begin + numbers * BLACK_FRAME_TICKS
            self.table.add(SPOOL, offsets[which], sizes[which], ticks, keys[which], sets)

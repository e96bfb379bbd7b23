"""The audio track: copied AAC packets on one grid of 1024 samples, with the joints encoded anew.

Players ignore the time stamps of AAC packets and play them one after the other, 1024 samples each. So the
track is one row of slots without a hole, and each piece takes the slots nearest to its true instant: at most
half a packet (10.7 ms) early or late, measured from the run's clock each time, so it never adds up.

A decoder makes each 1024 samples from two packets. Where two strangers meet, what it makes is neither: a
click. So the two or three packets around a joint are encoded anew from the sound of both sides, cross-faded,
each on the grid of its neighbour, where the halves fit.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Self

import numpy as np

from archives.media.export.foreign import Pieces
from archives.media.export.form import PACKET, Form
from archives.media.export.joints import WARM_UP, Group, Joint, Run, groups
from archives.media.export.packets import Ints, Piece, Track
from archives.media.export.placing import Placed
from archives.media.export.plan import SeamReport
from archives.media.export.sound import (
    Sound,
    blocks,
    decode,
    encode,
    encode_blocks,
    fade,
)
from archives.media.export.sources import Sources
from archives.media.export.stretching import stretched
from archives.media.export.table import BLOCK_ROWS, SPOOL, Aside, Table

# A piece's own time stamps may wander this far (in packets, 14.5 ms) before its sound is stretched by one.
WANDER = 0.68
# Time stamps that go this far from one packet to the next are no drift: something is missing there.
STEADY = 0.25
SILENT_PACKETS = 256


@dataclass
class AudioTrack:
    """Takes the spans in order; `finish` fills `table`. `origin`: its sample where the run begins."""

    form: Form
    sources: Sources
    pieces: Pieces
    origin: int
    table: Table = field(init=False)
    _aside: Aside = field(init=False)
    notes: list[str] = field(default_factory=list)
    _runs: list[Run] = field(default_factory=list)
    _joints: list[Joint] = field(default_factory=list)
    _silent: tuple[Ints, Ints] | None = None
    _filled: int = 0
    _copied: int = 0

    def __post_init__(self) -> None:
        self.table = Table(self.sources.folder)
        self._aside = Aside(self.sources.folder)

    @classmethod
    def starting_with(
        cls, form: Form, sources: Sources, pieces: Pieces, placed: Placed, piece: Piece | None
    ) -> Self:
        """The grid is laid so that the first piece needs no shift; a packet or two run in before."""
        origin = PACKET
        track = piece.audio if piece else None
        if track is not None and not form.odd(track):
            origin += -round(track.ticks[0] + placed.add_ms * form.rate / 1000) % PACKET
        return cls(form, sources, pieces, origin)

    def piece(
        self, placed: Placed, track: Track | None, begin_ms: float, end_ms: float, report: SeamReport
    ) -> None:
        """Adds a piece's sound between two instants of the export and notes its shift in `report`."""
        begin, end = self._slot(begin_ms), self._slot(end_ms)
        if begin_ms <= 0:
            begin = 0
        if track is None:
            return self._silence(begin, end)
        odd = self.form.odd(track)
        if odd:
            track = self._reencoded(placed, track, begin, end)
            self.notes.append(f"Span {placed.number}: its sound is encoded anew ({odd}).")
        stretches = 0
        for run, early in self._fit(placed, track, begin, end):
            self._join(run, report)
            stretches += run.continues
            if abs(early) > abs(report.shift_ms):
                report.shift_ms = early
        if stretches:
            words = "its sound drifts from its clock"
            self.notes.append(f"Span {placed.number}: {words}; stretched by a packet {stretches} times.")
        self._silence(self._filled, end)
        self._copy_runs()

    def _copy_runs(self) -> None:
        for run in self._runs[self._copied :]:
            self._copy(run)
        self._copied = len(self._runs)

    def _slot(self, ms: float) -> int:
        return self._sample(ms) // PACKET

    def _sample(self, ms: float) -> int:
        return round(ms * self.form.rate / 1000) + self.origin

    def _fit(self, placed: Placed, track: Track, begin: int, end: int) -> Iterator[tuple[Run, float]]:
        """Stretches of packets and how many ms each is shown too late (or, negative, too early)."""
        true = track.ticks + self._sample(placed.add_ms)
        again = self._reader(track)
        at, continues = 0, False
        while at < len(true):
            first = round(int(true[at]) / PACKET)
            off = true[at:] / PACKET
            off -= np.arange(first, first + len(off))
            wandered = np.flatnonzero((off > WANDER) | (off < -WANDER))
            length = int(wandered[0]) if len(wandered) else len(true) - at
            low, high = max(begin, first, self._filled), min(end, first + length)
            if low < high:
                run = Run(low, high, again, first - at, continues)
                yield run, -float(off[0]) * PACKET * 1000 / self.form.rate
            continues = low < high and 1 < length < len(off) and abs(off[length] - off[length - 1]) < STEADY
            at += max(1, length)

    def _reader(self, track: Track) -> Callable[[], Track]:
        if track.path == self.sources.path(SPOOL):
            return self._aside.keep(track)
        return partial(self._audio_of, track.path, track.path.stat().st_mtime_ns)

    def _audio_of(self, path: Path, changed_ns: int) -> Track:
        track = self.pieces(path, changed_ns).audio
        assert track is not None  # noqa: S101 — it was read before
        return track

    def _join(self, run: Run, report: SeamReport) -> None:
        if run.continues and run.first > self._filled:
            self._runs[-1] = replace(self._runs[-1], end=run.first)
        elif run.first > self._filled:
            self._silence(self._filled, run.first)
        self._runs.append(run)
        self._joints.append(Joint(run.first, report, run.continues))
        self._filled = run.end

    def _silence(self, begin: int, end: int) -> None:
        begin = max(begin, self._filled)
        if end > begin:
            self._runs.append(Run(begin, end))
            self._joints.append(Joint(begin))
            self._filled = end

    def gap(self, begin_ms: float, end_ms: float) -> None:
        self._silence(0 if begin_ms <= 0 else self._slot(begin_ms), self._slot(end_ms))

    def finish(self, end_ms: float) -> None:
        """Fills the table: the runs one after the other, then the joints over them."""
        last = -(-self._sample(end_ms) // PACKET)
        self._extend(last)
        self._copy_runs()
        for group in groups(self._joints, last):
            self._bridge(group)
            for report in group.reports:
                report.audio_packets_reencoded += group.end - group.first

    def _extend(self, last: int) -> None:
        """The last piece's sound goes on until the end where it has more, silence follows where not."""
        run = self._runs[-1] if self._runs else Run(0, 0)
        if run.track is not None:
            end = max(run.end, min(last, run.shift + len(run.track())))
            self._copy(replace(run, first=run.end, end=end))
            self._runs[-1] = replace(run, end=end)
            self._filled = end
        self._silence(self._filled, last)

    def _copy(self, run: Run) -> None:
        if run.track is not None:
            track, chosen = run.track(), slice(run.first - run.shift, run.end - run.shift)
            ticks = np.arange(run.first, run.end, dtype=np.int64) * PACKET
            number = self.sources.number(track.path)
            self.table.add(number, track.offsets[chosen], track.sizes[chosen], ticks, True)
            return
        offsets, sizes = self._silent_packets()
        for first in range(run.first, run.end, BLOCK_ROWS):
            slots = np.arange(first, min(run.end, first + BLOCK_ROWS), dtype=np.int64)
            which = (slots - run.first) % SILENT_PACKETS
            self.table.add(SPOOL, offsets[which], sizes[which], slots * PACKET, True)

    def _silent_packets(self) -> tuple[Ints, Ints]:
        if self._silent is None:
            nothing = np.zeros((self.form.channels, PACKET * 8), np.float32)
            packet = encode(self.form, nothing)[-2]
            self._silent = self.sources.spool([packet] * SILENT_PACKETS)
        return self._silent

    def _bridge(self, group: Group) -> None:
        """Encodes the packets of a group again from what both sides sound like there."""
        first, end = group.first, group.end
        low = max(0, first - WARM_UP)
        heard = self._stretched if group.stretched else self._sound
        packets = encode(self.form, heard(low, end + 1))
        chosen = packets[first - low + 1 : end - low + 1]
        offsets, sizes = self.sources.spool(chosen)
        rows = self.table.part(first, end)
        rows["file"], rows["offset"], rows["size"] = SPOOL, offsets, sizes
        self.table.write(first, rows)

    def _stretched(self, low: int, high: int) -> Sound:
        """What one track has for slots `low`..`high`, which is a packet more or less than they take."""
        before, after = (next(self._near(slot, slot + 1)) for slot in (low, high - 1))
        assert before.track is not None  # noqa: S101 — only runs of a track are stretched
        first, last = low - before.shift, high - after.shift
        parts = decode(self.sources, before.track(), max(0, first - WARM_UP), last)
        whole = np.concatenate(list(parts)[min(first, WARM_UP) :], axis=1)
        return stretched(whole, (high - low) * PACKET, self.form.rate, (WARM_UP + 2) * PACKET)

    def _sound(self, low: int, high: int) -> Sound:
        """What slots `low`..`high` shall sound like: each run in its slots, faded over at the joints."""
        sound = np.zeros((self.form.channels, (high - low) * PACKET), np.float32)
        for number, run in enumerate(self._near(low, high)):
            first = max(low, run.first if number else low)
            # A run sounds on into the slot of the next, where it is faded out.
            end = min(high, run.end + 1)
            heard = self._decoded(run, first, end)
            faded = fade(heard.shape[1], self.form.rate, into=number > 0, out_of=end > run.end)
            sound[:, (first - low) * PACKET : (end - low) * PACKET] += heard * faded
        return sound

    def _near(self, low: int, high: int) -> Iterator[Run]:
        begin = bisect_right(self._runs, low, key=lambda run: run.first) - 1
        for run in self._runs[max(0, begin) :]:
            if run.first >= high:
                return
            yield run

    def _decoded(self, run: Run, low: int, high: int) -> Sound:
        """What the run's packets for slots `low`..`high` decode to; silence where it has none."""
        sound = np.zeros((self.form.channels, (high - low) * PACKET), np.float32)
        if run.track is None:
            return sound
        track = run.track()
        first, last = max(0, low - WARM_UP - run.shift), min(len(track), high - run.shift)
        for number, part in enumerate(decode(self.sources, track, first, last)):
            at = (first + number + run.shift - low) * PACKET
            if at >= 0 and part.shape[1] == PACKET:
                sound[:, at : at + PACKET] = part
        return sound

    def _reencoded(self, placed: Placed, track: Track, begin: int, end: int) -> Track:
        """The piece's sound in the common form, laid exactly on the grid, in the spool."""
        add = placed.add_ms / 1000
        shown = track.ticks / track.rate + add
        low = (begin * PACKET - self.origin) / self.form.rate
        high = (end * PACKET - self.origin) / self.form.rate
        inside = np.flatnonzero((shown > low - 0.1) & (shown < high + 0.1))
        if not len(inside):
            return track.take(slice(0, 0))
        first = int(inside[0])
        at = round(shown[first] * self.form.rate) + self.origin
        slot = -(-at // PACKET)
        part = track.take(slice(first, int(inside[-1]) + 1))
        packets = encode_blocks(self.form, blocks(self.sources, part, self.form, slot * PACKET - at))
        next(packets, None)
        offsets, sizes = self.sources.spool(packets)
        ticks = np.arange(len(offsets)) * PACKET + slot * PACKET - self._sample(placed.add_ms)
        form, spool = self.form, self.sources.path(SPOOL)
        keys = np.ones(len(offsets), np.bool_)
        return Track(
            spool, "aac", form.config, form.rate, offsets, sizes, ticks, keys, channels=form.channels
        )

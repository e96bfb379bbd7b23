"""What became of the media of a recording, in numbers."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from localtok.recording.receive.feed import Feed
from localtok.recording.receive.playout import PlayoutCounts
from localtok.recording.receive.reception import Reception, Standstill
from localtok.recording.settings import RecordedStream


@dataclass(frozen=True)
class Received:
    """What came of one stream's pictures, whether shown or not."""

    name: str
    # When the first picture was taken, in ms of the recording; None without pictures, or without recording.
    first_ms: int | None
    pictures: int
    packets: int
    packets_lost: int
    standstills: list[Standstill]


@dataclass(frozen=True)
class RecorderStats:
    """What became of the pictures: `frames_repeated` had nothing new, `frames_dropped` were not composed."""

    frames_written: int = 0
    frames_repeated: int = 0
    frames_dropped: int = 0
    queue_depth_max: int = 0
    late_samples: int = 0
    encode_cpu_s: float = 0.0
    streams: dict[str, PlayoutCounts] = field(default_factory=dict)
    received: dict[str, Received] = field(default_factory=dict)


class Tally:
    """What each stream's feeds have counted, also after they are gone."""

    def __init__(self) -> None:
        self._counts: dict[str, list[PlayoutCounts]] = {}
        self._receptions: dict[str, list[Reception]] = {}
        self._names: dict[str, str] = {}

    def follow(self, stream: RecordedStream, feed: Feed) -> None:
        self._counts.setdefault(stream.stream_id, []).append(feed.pictures.counts)
        self._receptions.setdefault(stream.stream_id, []).append(feed.reception)
        self._names[stream.stream_id] = stream.name

    def streams(self) -> dict[str, PlayoutCounts]:
        return {stream_id: _total(counts) for stream_id, counts in list(self._counts.items())}

    def received(self, base: float | None) -> dict[str, Received]:
        """`base` is the media second at which the recording begins; None when it has not begun."""
        return {stream_id: self._received(stream_id, base) for stream_id in list(self._receptions)}

    def _received(self, stream_id: str, base: float | None) -> Received:
        receptions = self._receptions[stream_id]
        firsts = [] if base is None else [each.first_ms(base) for each in receptions]
        return Received(
            name=self._names[stream_id],
            first_ms=min((first for first in firsts if first is not None), default=None),
            pictures=sum(each.pictures for each in receptions),
            packets=sum(each.packets for each in receptions),
            packets_lost=sum(each.lost for each in receptions),
            standstills=[] if base is None else [s for each in receptions for s in each.standstills(base)],
        )


def _total(counts: list[PlayoutCounts]) -> PlayoutCounts:
    total = replace(counts[0])
    for more in counts[1:]:
        total.received += more.received
        total.shown += more.shown
        total.passed_over += more.passed_over
        total.overflowed += more.overflowed
    return total

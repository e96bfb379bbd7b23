"""One published stream as a .webm file: VP8 and Opus as they came, not decoded."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

MILLISECONDS = Fraction(1, 1000)
OPUS_RATE = 48_000
# A kill loses the cluster that is being filled, so it is kept short.
SAFE = {"cluster_time_limit": "1000", "flush_packets": "1"}


@dataclass(frozen=True)
class Encoded:
    """An encoded frame, taken at `at_ms` of the recording's time."""

    kind: str
    at_ms: int
    data: bytes

    @property
    def is_key(self) -> bool:
        return self.kind == "audio" or (len(self.data) >= 10 and not self.data[0] & 1)


class WebmFile:
    """Begins with the first key frame, or with sound when there is no picture to wait for."""

    def __init__(self, path: Path, first: Encoded, kinds: set[str]) -> None:
        self.path = path
        self.began_ms = first.at_ms
        self.ended_ms = first.at_ms
        self._container = av.open(str(path), "w", format="webm", options=SAFE)
        self._tracks: dict[str, Any] = {}
        self._last: dict[str, int] = {}
        if "video" in kinds:
            self._tracks["video"] = _video_track(self._container, first)
        if "audio" in kinds:
            self._tracks["audio"] = _audio_track(self._container)

    def add(self, frame: Encoded) -> None:
        track = self._tracks.get(frame.kind)
        if track is None or frame.at_ms < self.began_ms:
            return
        # Times go up in a file, whatever the network's clock found out meanwhile.
        pts = max(frame.at_ms - self.began_ms, self._last.get(frame.kind, -1) + 1)
        self._last[frame.kind] = pts
        packet = av.Packet(frame.data)
        packet.stream, packet.time_base = track, MILLISECONDS
        packet.pts = packet.dts = pts
        packet.is_keyframe = frame.is_key
        self._container.mux(packet)
        self.ended_ms = max(self.ended_ms, self.began_ms + pts)

    def close(self) -> None:
        self._container.close()


def _video_track(container: Any, key_frame: Encoded) -> Any:
    # The size stands in the head of a VP8 key frame (RFC 6386, section 9.1).
    width, height = struct.unpack_from("<HH", key_frame.data, 6)
    track = container.add_stream("libvpx", rate=30)
    track.width, track.height, track.pix_fmt = width & 0x3FFF, height & 0x3FFF, "yuv420p"
    return track


def _audio_track(container: Any) -> Any:
    """The encoder is opened for the head that it writes into the file, and never encodes."""
    track = container.add_stream("libopus", rate=OPUS_RATE)
    track.layout, track.format = "stereo", "s16"
    return track

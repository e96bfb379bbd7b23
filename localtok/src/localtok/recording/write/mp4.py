"""Writes a recording as a fragmented MP4, finishes it as one that starts fast, and rescues half-written ones.

The parameters are those of the vendor's composed archives: H.264 Constrained Baseline, level 4.1, yuv420p,
constant frame rate, timescale 90000; AAC-LC 48 kHz mono 128 kb/s.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.video.stream import VideoStream

from localtok.recording.compose.mixer import RATE, Samples

KEY_FRAME_S = 2
AAC_FRAME = 1024
# As ITU-T H.273 numbers them.
SMPTE_170M, LIMITED_RANGE = 6, 1
# A fragment a second: what a kill can take is what was not yet in one. The header waits for the first
# packets (delay_moov), because only then the edit list knows by how much AAC starts early.
FRAGMENTED = {
    "movflags": "frag_keyframe+delay_moov+default_base_moof",
    "frag_duration": "1000000",
    "flush_packets": "1",
    "video_track_timescale": "90000",
}
BEGAN = "began_at_ms="
FINISHED = {"movflags": "faststart", "video_track_timescale": "90000"}


@dataclass(frozen=True)
class Quality:
    """What an archive's options ask of the encoder: bits a second at most, and a constant quantizer."""

    max_bitrate: int | None = None
    quantization_parameter: int | None = None

    def options(self, width: int, height: int) -> dict[str, str]:
        """Of x264, for pictures of this size. A limit of bits rules out a constant quantizer."""
        if self.quantization_parameter is not None and self.max_bitrate is None:
            return {"qp": str(self.quantization_parameter)}
        most = self.max_bitrate or 2_500_000 * width * height // (1280 * 720) + 500_000
        quality = self.quantization_parameter or 25
        return {"crf": str(quality), "maxrate": str(most), "bufsize": str(2 * most)}


class Mp4Writer:
    """One video and one audio track, from zero on, into `path`; all pictures have one size and rate."""

    def __init__(
        self,
        path: Path,
        size: tuple[int, int] | None,
        fps: int,
        has_audio: bool,
        began_at_ms: int,
        quality: Quality = Quality(),
    ) -> None:
        self._quality = quality
        self._container: OutputContainer = av.open(str(path), "w", format="mp4", options=FRAGMENTED)
        self._container.metadata["comment"] = f"{BEGAN}{began_at_ms}"
        self._fps = fps
        self._video = self._add_video(*size) if size else None
        self._audio = self._add_audio() if has_audio else None
        self._frames = 0
        self._samples = 0
        self._rest: Samples = np.zeros(0, np.float32)

    def video(self, picture: av.VideoFrame) -> None:
        """The next picture; it may be changed again when this returns."""
        if self._video is None:
            return
        picture.pts, picture.time_base = self._frames, Fraction(1, self._fps)
        self._frames += 1
        self._container.mux(self._video.encode(picture))

    def audio(self, samples: Samples) -> None:
        """The next samples, in -1..1."""
        if self._audio is None:
            return
        self._rest = np.concatenate([self._rest, samples])
        while len(self._rest) >= AAC_FRAME:
            self._encode_audio(self._rest[:AAC_FRAME])
            self._rest = self._rest[AAC_FRAME:]

    def close(self) -> None:
        if self._audio is not None and len(self._rest):
            self._encode_audio(self._rest)
        for stream in (self._video, self._audio):
            if stream is not None:
                self._container.mux(stream.encode(None))
        self._container.close()

    def _encode_audio(self, samples: Samples) -> None:
        assert self._audio is not None  # noqa: S101 - for the type checker; callers have looked
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE, self._samples, Fraction(1, RATE)
        self._samples += len(samples)
        self._container.mux(self._audio.encode(frame))

    def _add_video(self, width: int, height: int) -> VideoStream:
        stream = self._container.add_stream("libx264", rate=self._fps)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.time_base = Fraction(1, 90_000)
        context = stream.codec_context
        context.time_base = Fraction(1, self._fps)
        context.gop_size = KEY_FRAME_S * self._fps
        context.thread_count = 1
        # WebRTC's pictures are BT.601 in limited range. Unsaid, players take it for BT.709 at this size.
        context.colorspace = context.color_primaries = context.color_trc = SMPTE_170M
        context.color_range = LIMITED_RANGE
        context.options = {
            "preset": "superfast", "profile": "baseline", "level": "4.1", "bf": "0", "tune": "zerolatency",
            **self._quality.options(width, height),
        }  # fmt: skip
        return stream

    def _add_audio(self) -> AudioStream:
        stream = self._container.add_stream("aac", rate=RATE)
        stream.codec_context.layout = "mono"
        stream.codec_context.bit_rate = 128_000
        return stream


def finish(part: Path, path: Path) -> None:
    """Turns the fragmented `part` into a `path` that starts fast; `part` is gone only when `path` is whole.

    A truncated last fragment is left out. Raises av.FFmpegError when nothing can be read from `part`.
    """
    whole = part.with_suffix(".whole")
    with av.open(str(part)) as source:
        _copy(source, whole)
    with whole.open("rb+") as file:
        os.fsync(file.fileno())
    whole.replace(path)
    part.unlink()


def duration_ms(path: Path) -> int:
    """The length of the longest track's media in milliseconds."""
    with av.open(str(path)) as container:
        return int((container.duration or 0) * 1000 // av.time_base)


def began_at_ms(path: Path) -> int | None:
    """Unix time of the first instant, as the writer noted it in the file."""
    with av.open(str(path)) as container:
        noted = container.metadata.get("comment", "").removeprefix(BEGAN)
        return int(noted) if noted.isdigit() else None


def _copy(source: InputContainer, path: Path) -> None:
    with av.open(str(path), "w", format="mp4", options=FINISHED) as target:
        target.metadata.update(source.metadata)
        copies = {stream.index: target.add_stream_from_template(stream) for stream in source.streams}
        for packet in _readable(source):
            packet.stream = copies[packet.stream.index]
            target.mux(packet)


def _readable(source: InputContainer) -> Iterator[av.Packet]:
    """Packets up to the end or to where the file was cut off."""
    packets = source.demux()
    while True:
        try:
            packet = next(packets)
        except (StopIteration, av.InvalidDataError, av.EOFError):
            return
        if packet.dts is not None and packet.size:
            yield packet

"""Sound as arrays: AAC packets decoded, brought into one form, faded over and encoded."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.error import InvalidDataError
from numpy.typing import NDArray

from archives.media.export import index
from archives.media.export.packets import Track
from archives.media.export.sources import Sources

PACKET = 1024
GLOBAL_HEADER = 1 << 22
FADE_MS = 5
Sound = NDArray[np.float32]


@dataclass(frozen=True)
class Form:
    """What most of the sound is; pieces of another form are encoded anew."""

    rate: int
    channels: int
    config: bytes

    def odd(self, track: Track) -> str:
        if not index.is_plain_aac(track.config):
            return "not plain AAC-LC"
        if (track.rate, track.channels) != (self.rate, self.channels):
            return f"{track.rate} Hz, {track.channels} channels instead of {self.rate} Hz, {self.channels}"
        return ""

    @property
    def layout(self) -> str:
        return "mono" if self.channels == 1 else "stereo"


class CommonForm:
    """Counts how long each form lasts, to find the one that most of the run has."""

    def __init__(self) -> None:
        self._lengths: Counter[tuple[int, int]] = Counter()
        self._configs: dict[tuple[int, int], bytes] = {}

    def saw(self, track: Track, length_ms: float) -> None:
        if index.is_plain_aac(track.config) and track.channels in (1, 2):
            self._lengths[track.rate, track.channels] += round(length_ms) + 1
            self._configs.setdefault((track.rate, track.channels), track.config)

    def found(self) -> Form | None:
        if not self._lengths:
            return None
        form = self._lengths.most_common(1)[0][0]
        return Form(*form, self._configs[form])


def fade(length: int, rate: int, *, into: bool, out_of: bool) -> Sound:
    """Weights: silent to full in the first slot, full to silent in the last; the two sum to one."""
    weights = np.ones(length, np.float32)
    ramp = FADE_MS * rate // 1000
    slope = 0.5 - 0.5 * np.cos(np.pi * (np.arange(ramp) + 0.5) / ramp).astype(np.float32)
    before = (PACKET - ramp) // 2
    if into:
        weights[:before] = 0
        weights[before : before + ramp] = slope
    if out_of:
        weights[length - PACKET + before : length - PACKET + before + ramp] *= slope[::-1]
        weights[length - PACKET + before + ramp :] = 0
    return weights


def decode(sources: Sources, track: Track, first: int, last: int) -> Iterator[Sound]:
    """One array (channels, 1024) for each packet; a packet that does not decode gives silence."""
    context: Any = av.CodecContext.create("aac", "r")
    context.extradata = track.config
    number = sources.number(track.path)
    for at in range(first, last):
        packet = av.Packet(sources.read(number, int(track.offsets[at]), int(track.sizes[at])))
        try:
            frames = context.decode(packet)
        except InvalidDataError:
            frames = []
        parts = [frame.to_ndarray() for frame in frames]
        yield np.concatenate(parts, axis=1) if parts else np.zeros((track.channels, PACKET), np.float32)


def blocks(sources: Sources, track: Track, form: Form, skip: int) -> Iterator[Sound]:
    """The track's sound in blocks of one packet, in the common form, without its first `skip` samples."""
    resampler = AudioResampler(format="fltp", layout=form.layout, rate=form.rate)
    held = np.zeros((form.channels, 0), np.float32)
    for part in decode(sources, track, 0, len(track)):
        frame = AudioFrame.from_ndarray(np.ascontiguousarray(part), format="fltp", layout=_layout(part))
        frame.sample_rate = track.rate
        held = np.concatenate([held, *(out.to_ndarray() for out in resampler.resample(frame))], axis=1)
        cut = min(skip, held.shape[1])
        skip, held = skip - cut, held[:, cut:]
        while held.shape[1] >= PACKET:
            yield held[:, :PACKET]
            held = held[:, PACKET:]


def _layout(part: Sound) -> str:
    return {1: "mono", 2: "stereo", 6: "5.1"}.get(part.shape[0], "stereo")


def encode(form: Form, sound: Sound) -> list[bytes]:
    """AAC packets; packet n holds the second half of block n - 1 and the first half of block n."""
    return list(encode_blocks(form, (sound[:, at : at + PACKET] for at in range(0, sound.shape[1], PACKET))))


def encode_blocks(form: Form, blocks: Iterator[Sound]) -> Iterator[bytes]:
    context: Any = av.CodecContext.create("aac", "w")
    context.sample_rate, context.layout, context.format = form.rate, form.layout, "fltp"
    context.bit_rate = 128_000 * form.channels
    context.flags |= GLOBAL_HEADER
    for number, block in enumerate(blocks):
        frame = AudioFrame.from_ndarray(np.ascontiguousarray(block), format="fltp", layout=form.layout)
        frame.sample_rate, frame.pts = form.rate, number * PACKET
        yield from map(bytes, context.encode(frame))
    yield from map(bytes, context.encode(None))

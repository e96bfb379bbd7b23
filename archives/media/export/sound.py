"""Sound as arrays: AAC packets decoded, brought into one form, faded over and encoded."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.error import InvalidDataError
from numpy.typing import NDArray

from archives.media.export.form import LAYOUTS, PACKET, Form
from archives.media.export.packets import Track
from archives.media.export.sources import Sources

FADE_MS = 5
# Samples by which packets may lie beside their time before silence is put in, or something is left out.
MAX_WANDER = 768
Sound = NDArray[np.float32]


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
    held = np.zeros((form.channels, 0), np.float32)
    for part in _in_form(sources, track, form):
        cut = min(skip, part.shape[1])
        skip, held = skip - cut, np.concatenate([held, part[:, cut:]], axis=1)
        while held.shape[1] >= PACKET:
            yield held[:, :PACKET]
            held = held[:, PACKET:]


def _in_form(sources: Sources, track: Track, form: Form) -> Iterator[Sound]:
    """All of it from the first packet on; silence where packets are missing or do not decode."""
    resampler: Any = None
    kind, made = None, 0
    for frame in _frames(sources, track):
        if kind != (frame.format.name, frame.layout.name, frame.sample_rate):
            # Parametric stereo turns up only in the first packets that have it.
            kind = frame.format.name, frame.layout.name, frame.sample_rate
            resampler = AudioResampler(format="fltp", layout=form.layout, rate=form.rate)
        due = round((frame.pts - int(track.ticks[0])) * form.rate / track.rate)
        frame.pts = None
        if due - made > MAX_WANDER:
            yield from _silence(form, due - made)
            made = due
        skip = made - due if made - due > MAX_WANDER else 0
        for part in (out.to_ndarray() for out in resampler.resample(frame)):
            cut, skip = part[:, skip:], max(0, skip - part.shape[1])
            made += cut.shape[1]
            yield cut


def _silence(form: Form, samples: int) -> Iterator[Sound]:
    """Some at a time: a hole may be long."""
    for at in range(0, samples, PACKET):
        yield np.zeros((form.channels, min(PACKET, samples - at)), np.float32)


def _frames(sources: Sources, track: Track) -> Iterator[Any]:
    """Every frame with the time of its packet."""
    context: Any = av.CodecContext.create(track.codec, "r")
    context.extradata = track.config or None
    context.sample_rate, context.layout = track.rate, LAYOUTS.get(track.channels, "stereo")
    number = sources.number(track.path)
    for at in range(len(track)):
        packet = av.Packet(sources.read(number, int(track.offsets[at]), int(track.sizes[at])))
        packet.pts = packet.dts = ticks = int(track.ticks[at])
        packet.time_base = Fraction(1, track.rate)
        try:
            for frame in context.decode(packet):
                frame.pts = ticks if frame.pts is None else frame.pts
                yield frame
        except InvalidDataError:
            continue


def encode(form: Form, sound: Sound) -> list[bytes]:
    """AAC packets; packet n holds the second half of block n - 1 and the first half of block n."""
    return list(encode_blocks(form, (sound[:, at : at + PACKET] for at in range(0, sound.shape[1], PACKET))))


def encode_blocks(form: Form, blocks: Iterator[Sound]) -> Iterator[bytes]:
    context = form.encoder()
    for number, block in enumerate(blocks):
        frame = AudioFrame.from_ndarray(np.ascontiguousarray(block), format="fltp", layout=form.layout)
        frame.sample_rate, frame.pts = form.rate, number * PACKET
        yield from map(bytes, context.encode(frame))
    yield from map(bytes, context.encode(None))

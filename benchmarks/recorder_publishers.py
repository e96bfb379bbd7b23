"""The publishers of benchmarks.recorder, a process of its own: encoded beforehand, so that they cost little.

Each sends the same ten seconds of pictures again and again over real WebRTC, and sound. Numbers are drawn as
in tests/support/media/counted_video.py, over a background that moves, at the
bit rate that a browser would send.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from aiortc import MediaStreamTrack
from av import AudioFrame, CodecContext, Packet, VideoFrame

from tests.support.media import counted_video
from tests.support.media.publisher import RATE, SAMPLES, Publisher

FPS = 25
# Each number stands for two pictures, 80 ms: what stood so long must be in the recording.
REPEAT = 2
LOOP_S = 10
NUMBERS = LOOP_S * FPS // REPEAT
# A beep comes with every 25th number.
BEEP_EVERY_S, BEEP_S = 2.0, 0.1
NUMBERS_PER_BEEP = 25
KEY_FRAME_S = 2
# About what Chromium sends of a camera at these widths.
BITS = {640: 800_000, 1280: 1_800_000, 1920: 3_000_000}
GRAIN = 12


class Clip(MediaStreamTrack):
    """Encoded frames of one length each, over and over."""

    def __init__(self, kind: str, frames: list[bytes], length: Fraction) -> None:
        super().__init__()
        self.kind = kind
        self._frames, self._length = frames, length
        self._began: float | None = None
        self._index = 0

    async def recv(self) -> Packet:
        self._began = self._began or time.monotonic()
        at = self._index * self._length
        await asyncio.sleep(max(0.0, self._began + float(at) - time.monotonic()))
        packet = Packet(self._frames[self._index % len(self._frames)])
        packet.time_base = Fraction(1, 90_000 if self.kind == "video" else RATE)
        packet.pts = round(at / packet.time_base)
        self._index += 1
        return packet


def pictures(width: int, height: int) -> Iterator[VideoFrame]:
    """The numbers, with coarse grain that moves under them."""
    chance = np.random.default_rng(1)
    coarse = chance.integers(-GRAIN, GRAIN + 1, (height // 4 + LOOP_S * FPS, width // 4), np.int16)
    grain = np.kron(coarse, np.ones((4, 4), np.int16))
    for index in range(LOOP_S * FPS):
        drawn = counted_video.draw(index // REPEAT, width, height)
        seen = np.clip(drawn + grain[4 * index : 4 * index + height], 16, 235).astype(np.uint8)
        yield VideoFrame.from_ndarray(counted_video.to_i420(seen), format="yuv420p")


def kept_film(folder: Path, width: int, height: int) -> list[bytes]:
    """Encoding takes longer than recording: it is done once for each size."""
    path = folder / f"{width}x{height}.film"
    if not path.exists():
        path.write_text("\n".join(frame.hex() for frame in film(width, height)))
    return [bytes.fromhex(line) for line in path.read_text().split()]


def film(width: int, height: int) -> list[bytes]:
    context = CodecContext.create("libvpx", "w")
    context.width, context.height, context.pix_fmt = width, height, "yuv420p"
    context.bit_rate, context.gop_size = BITS[width], KEY_FRAME_S * FPS
    context.time_base, context.framerate = Fraction(1, FPS), Fraction(FPS)
    context.options = {
        "cpu-used": "8",
        "deadline": "realtime",
        "lag-in-frames": "0",
        "noise-sensitivity": "0",
    }
    context.thread_count = 2
    packets: list[Packet] = []
    for index, frame in enumerate(pictures(width, height)):
        frame.pts, frame.time_base = index, Fraction(1, FPS)
        packets += context.encode(frame)
    packets += context.encode(None)
    assert len(packets) == LOOP_S * FPS
    return [bytes(packet) for packet in packets]


def sound(beeps: bool) -> list[bytes]:
    """A beep every two seconds, or a hum too soft to be taken for one."""
    context = CodecContext.create("libopus", "w")
    context.sample_rate, context.format, context.layout = RATE, av.AudioFormat("s16"), "stereo"
    context.bit_rate, context.options = 48_000, {"application": "voip"}
    at = np.arange(LOOP_S * RATE) / RATE
    wave = (
        0.3 * np.sin(2 * np.pi * 1000 * at) * (at % BEEP_EVERY_S < BEEP_S)
        if beeps
        else 0.005 * np.sin(500 * at)
    )
    samples = np.repeat((wave * 32767).astype(np.int16), 2)
    packets = []
    for index in range(LOOP_S * RATE // SAMPLES):
        part = samples[2 * index * SAMPLES : 2 * (index + 1) * SAMPLES]
        frame = AudioFrame.from_ndarray(part.reshape(1, -1), "s16", "stereo")
        frame.sample_rate, frame.pts, frame.time_base = RATE, index * SAMPLES, Fraction(1, RATE)
        packets += context.encode(frame)
    return [bytes(packet) for packet in packets]


async def publish(count: int, width: int, height: int, folder: Path) -> None:
    """Offers out, answers in, then media until the input ends; the first one's sound beeps."""
    shown, humming = kept_film(folder, width, height), sound(beeps=False)
    publishers = [
        Publisher(
            Clip("video", shown, Fraction(1, FPS)),
            Clip("audio", humming if index else sound(beeps=True), Fraction(SAMPLES, RATE)),
        )
        for index in range(count)
    ]
    print(json.dumps([await publisher.offer() for publisher in publishers]), flush=True)
    for publisher, answer in zip(publishers, json.loads(await _line()), strict=True):
        await publisher.accept(answer)
    await _line()
    await asyncio.gather(*(publisher.close() for publisher in publishers))


async def _line() -> str:
    return await asyncio.to_thread(sys.stdin.readline)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("count", type=int)
    parser.add_argument("width", type=int)
    parser.add_argument("height", type=int)
    parser.add_argument("folder", type=Path, help="where the film is kept")
    options = parser.parse_args()
    asyncio.run(publish(options.count, options.width, options.height, options.folder))

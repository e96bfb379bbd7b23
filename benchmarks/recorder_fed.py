"""What composing and encoding cost, faster than time passes: pictures and sound are fed to the recorder's
core as if they had just come, so that ten minutes take as long as their work and no longer.

    python -m benchmarks.recorder_fed [--publishers 1 2 4 8] [--sizes 640x480 1280x720] [--seconds 20]
        [--fps 25] [--minutes 10]

Each camera shows a flash and each microphone a beep with every second; what lies between them in the file is
the A/V offset, and how that changes is the drift. "fps" is how many frames one second of processor time
composes and encodes: below 25, one core falls behind. What decoding the same pictures costs stands beside it,
as a measure of the machine. `--minutes` records the first configuration for long, for memory and drift. The
network, and the event loop with it, are measured by benchmarks.recorder, in real time.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av import AudioFrame, VideoFrame

from localtok.recording.compose.composition import Composition
from localtok.recording.receive.feed import Feed
from localtok.recording.receive.media_clock import PeerClock, StreamClock
from localtok.recording.recorder import PLAYOUT_DELAY_S
from localtok.recording.settings import RecordedStream, RecorderSettings
from tests.support.media import counted_video

START = 1000.0
RATE, SAMPLES, VIDEO_RATE = 48_000, 960, 90_000
BEEP_S = 0.1
PAGE_MB = 4096 / 1e6
# Two wide pictures side by side leave half of the canvas black, and a flash in both is a mean of 123.
BRIGHT, LOUD = 100, 0.03


class Camera:
    """A second of pictures that differ, again and again; those of its first tenth are white."""

    def __init__(self, identity: int, size: tuple[int, int], fps: float) -> None:
        self.fps, self._loop = fps, round(fps)
        white = np.full((size[1], size[0]), 230, np.uint8)
        drawn = [
            counted_video.draw(number, *size, identity=identity % 16) // 3 for number in range(self._loop)
        ]
        planes = [white if number < BEEP_S * fps else drawn[number] for number in range(self._loop)]
        self._pictures = [
            VideoFrame.from_ndarray(counted_video.to_i420(each), format="yuv420p") for each in planes
        ]

    def picture(self, number: int) -> VideoFrame:
        return self._pictures[number % self._loop]


def tone(identity: int) -> list[AudioFrame]:
    """A second of sound: a beep, then silence."""
    at = np.arange(RATE) / RATE
    wave = 6000 * np.sin(2 * np.pi * (400 + 100 * identity) * at) * (at < BEEP_S)
    frames = []
    for start in range(0, RATE, SAMPLES):
        samples = wave[start : start + SAMPLES].astype(np.int16).reshape(1, -1)
        frame = AudioFrame.from_ndarray(samples, "s16", "mono")
        frame.sample_rate, frame.time_base = RATE, Fraction(1, RATE)
        frames.append(frame)
    return frames


class Person:
    """Feeds one stream; what was taken at an instant comes at that instant."""

    def __init__(self, composition: Composition, identity: int, size: tuple[int, int], fps: float) -> None:
        peer = PeerClock()
        self._feed = Feed(f"s{identity}", StreamClock(peer, VIDEO_RATE), StreamClock(peer, RATE))
        self._camera, self._tone = Camera(identity, size, fps), tone(identity)
        self._shown = self._said = 0
        stream = RecordedStream(f"s{identity}", f"Person {identity}", has_audio=True, has_video=True)
        composition.connect(stream, self._feed, START)

    def send(self, until_s: float) -> None:
        while (at := self._shown / self._camera.fps) < until_s:
            timestamp = round(at * VIDEO_RATE)
            self._feed.clock("video").arrived(timestamp, START + at)
            self._feed.pictures.add(timestamp, self._camera.picture(self._shown))
            self._shown += 1
        while (at := self._said * SAMPLES / RATE) < until_s:
            self._feed.clock("audio").arrived(self._said * SAMPLES, START + at)
            self._feed.add_sound(self._said * SAMPLES, self._tone[self._said % len(self._tone)])
            self._said += 1


def record(path: Path, count: int, size: tuple[int, int], seconds: float, fps: float) -> dict[str, Any]:
    """One recording on a 1280x720 canvas. CPU is that of the whole process; memory is resident, in MB."""
    composition = Composition(path, RecorderSettings(1280, 720))
    people = [Person(composition, identity, size, fps) for identity in range(1, count + 1)]
    memory: list[float] = []
    cpu, wall = time.process_time(), time.monotonic()
    for tenth in range(1, round(seconds * 10) + 1):
        for person in people:
            person.send(tenth / 10)
        while composition.step(START + tenth / 10 - PLAYOUT_DELAY_S):
            pass
        if tenth % 100 == 0:
            memory.append(resident_mb())
    composition.close()
    spent, took = time.process_time() - cpu, time.monotonic() - wall
    stats = composition.stats()
    recorded_s = composition.recorded_s
    kept = sum(counts.shown for counts in stats.streams.values())
    return {
        "publishers": count,
        "size": f"{size[0]}x{size[1]}",
        "recorded_s": round(recorded_s, 1),
        "kept": kept,
        "passed_over": sum(c.passed_over + c.overflowed for c in stats.streams.values()),
        "dropped": stats.frames_dropped,
        "cpu_s_per_s": round(spent / recorded_s, 3),
        "fps": round(stats.frames_written / spent),
        "wall_s_per_s": round(took / recorded_s, 3),
        **grown(memory),
    }


def grown(memory: list[float]) -> dict[str, Any]:
    """From the second sample, when every buffer has its size, to the last."""
    if len(memory) < 3:
        return {}
    return {"mb": round(memory[-1]), "grown_mb": round(memory[-1] - memory[1], 1)}


def resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_MB


def offsets_ms(path: Path) -> dict[str, Any]:
    """Beep minus flash, in ms: the median, the worst, and the last tenth's median less the first's."""
    began = time.process_time()
    flashes = list(starts(brightness(path)))
    decoding = time.process_time() - began
    beeps = np.array(list(starts(loudness(path))))
    found = [float(min(beeps - flash, key=abs)) for flash in flashes]
    tenth = max(1, len(found) // 10)
    drift = statistics.median(found[-tenth:]) - statistics.median(found[:tenth])
    return {
        "flashes": len(found),
        "av_ms": round(statistics.median(found), 1),
        "worst_ms": round(max(found, key=abs), 1),
        "drift_ms": round(drift, 1),
        "decode_cpu_s": round(decoding, 2),
    }


def starts(levels: Iterator[tuple[float, bool]]) -> Iterator[float]:
    """The times at which something begins, in ms."""
    before = True
    for at_ms, now in levels:
        if now and not before:
            yield at_ms
        before = now


def brightness(path: Path) -> Iterator[tuple[float, bool]]:
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            yield frame.time * 1000, float(frame.to_ndarray()[: frame.height : 16, ::16].mean()) > BRIGHT


def loudness(path: Path) -> Iterator[tuple[float, bool]]:
    """Each millisecond; a beep's own zero crossings are no silence."""
    quiet_ms = 1000
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            samples = np.abs(frame.to_ndarray()[0])
            for index in range(0, len(samples) - 47, 48):
                quiet_ms = 0 if samples[index : index + 48].max() > LOUD else quiet_ms + 1
                yield frame.time * 1000 + index / 48, quiet_ms < 50


def _size(text: str) -> tuple[int, int]:
    width, height = text.split("x")
    return int(width), int(height)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.recorder_fed")
    parser.add_argument("--publishers", type=int, nargs="+", default=[1, 2, 4, 8])
    parser.add_argument("--sizes", type=_size, nargs="+", default=[(640, 480), (1280, 720)])
    parser.add_argument("--seconds", type=float, default=20.0, help="of each recording")
    parser.add_argument("--fps", type=float, default=25.0, help="of each camera")
    parser.add_argument(
        "--minutes", type=float, default=0.0, help="instead: the first configuration, for long"
    )
    options = parser.parse_args()
    long_s = options.minutes * 60
    plans = [(count, size) for size in options.sizes for count in options.publishers]
    with tempfile.TemporaryDirectory() as folder:
        for index, (count, size) in enumerate(plans[:1] if long_s else plans):
            path = Path(folder, f"{index}.mp4")
            figures = record(path, count, size, long_s or options.seconds, options.fps)
            figures |= offsets_ms(path)
            path.unlink()
            print(*(f"{name} {value}" for name, value in figures.items()), sep="  ", flush=True)


if __name__ == "__main__":
    main()

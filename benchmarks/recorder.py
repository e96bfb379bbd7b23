"""What a recording costs in real time and whether it keeps every picture: publishers in another process
(benchmarks/recorder_publishers.py), the recorder in this one.

    python -m benchmarks.recorder [--publishers 1 2 4 8] [--sizes 640x480 1280x720 1920x1080]
        [--canvas 1280x720] [--seconds 20] [--json]

Without `--canvas` a recording has the size of its cameras. All send 25 pictures a second, each number twice.
CPU is that of this process (receiving, decoding, composing, encoding), without the publishers, in seconds for
each recorded second: "loop" is the event loop's thread, "encode" composing and x264, the rest are decoders.
"lost" are numbers that the file does not show between the first and the last one that it does; "late_s" is
how much less than it should have the recorder had written when it was told to stop. "av_ms" is beep minus
flash; a picture stands until the next frame, so it lies between 0 and -40. "drift_ms" is how that changes
from the eighth second on.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np

from benchmarks.recorder_publishers import NUMBERS, NUMBERS_PER_BEEP
from localtok.process.memory import share_arenas
from localtok.process.turns import take_short_turns
from localtok.recording.compose.layout import best_fit
from localtok.recording.recorder import (
    PLAYOUT_DELAY_S,
    RecordedStream,
    Recorder,
    RecorderSettings,
    RecordingResult,
)
from tests.support.media.counted_video import decode
from tests.support.media.recorded_sync import beep_starts_ms

LAG_EVERY_S = 0.02
RESIDENT_EVERY_S = 10.0
REPLY_TIMEOUT_S = 180.0
MEDIA_TIMEOUT_S = 20.0
PAGE_MB = 4096 / 1e6
# Until the senders have told how their clocks relate, and the recorder has followed.
SETTLED_MS = 8000

Size = tuple[int, int]


@dataclass
class Watch:
    """How late the event loop wakes up, in milliseconds, and how much memory the process has, in MB."""

    lags_ms: list[float] = field(default_factory=list)
    resident_mb: list[float] = field(default_factory=list)

    async def lag(self) -> None:
        while True:
            before = time.monotonic()
            await asyncio.sleep(LAG_EVERY_S)
            self.lags_ms.append(1000 * (time.monotonic() - before - LAG_EVERY_S))

    async def memory(self) -> None:
        while True:
            self.resident_mb.append(int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_MB)
            await asyncio.sleep(RESIDENT_EVERY_S)

    def figures(self) -> dict[str, Any]:
        # By the second sample every buffer has its size.
        grown = self.resident_mb[-1] - self.resident_mb[1] if len(self.resident_mb) > 3 else None
        return {
            "lag_mean_ms": round(statistics.fmean(self.lags_ms), 1),
            "lag_99_ms": round(float(np.percentile(self.lags_ms, 99)), 1),
            "lag_worst_ms": round(max(self.lags_ms), 1),
            "mb": round(self.resident_mb[-1]),
            **({} if grown is None else {"grown_mb": round(grown, 1)}),
        }


class Publishers:
    """The other process, spoken to in lines of JSON."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, count: int, size: Size, folder: Path) -> Publishers:
        command = ["-m", "benchmarks.recorder_publishers", str(count), *map(str, size), str(folder)]
        pipes = {"stdin": asyncio.subprocess.PIPE, "stdout": asyncio.subprocess.PIPE, "limit": 1 << 20}
        return cls(await asyncio.create_subprocess_exec(sys.executable, *command, **pipes))

    async def offers(self) -> list[str]:
        assert self._process.stdout
        line = await asyncio.wait_for(self._process.stdout.readline(), REPLY_TIMEOUT_S)
        return json.loads(line)

    async def answer(self, answers: list[str]) -> None:
        assert self._process.stdin
        self._process.stdin.write(json.dumps(answers).encode() + b"\n")
        await self._process.stdin.drain()

    async def end(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        await asyncio.wait_for(self._process.wait(), REPLY_TIMEOUT_S)


async def measure(path: Path, count: int, size: Size, canvas: Size, seconds: float) -> dict[str, Any]:
    others = await Publishers.start(count, size, path.parent)
    offers = await others.offers()
    recorder = Recorder(path, RecorderSettings(*canvas))
    await recorder.start()
    streams = [RecordedStream(f"s{i}", f"Person {i}", has_audio=True, has_video=True) for i in range(count)]
    answers = [await recorder.attach(stream, offer) for stream, offer in zip(streams, offers, strict=True)]
    await others.answer(answers)
    delivering = await recorder.wait_for_media([stream.stream_id for stream in streams], MEDIA_TIMEOUT_S)
    spent, watch = await _watched(recorder, seconds)
    assert recorder.began_at_ms
    late_s = time.time() - PLAYOUT_DELAY_S - recorder.began_at_ms / 1000 - recorder.recorded_ms / 1000
    result = await recorder.stop()
    await others.end()
    return {
        "publishers": count,
        "size": "{}x{}".format(*size),
        "canvas": "{}x{}".format(*canvas),
        "delivering": len(delivering),
        **spent,
        "late_s": round(late_s, 2),
        **watch.figures(),
        **_frames(result),
        **await asyncio.to_thread(seen, path, count, canvas),
    }


async def _watched(recorder: Recorder, seconds: float) -> tuple[dict[str, float], Watch]:
    watch = Watch()
    watching = [asyncio.create_task(watch.lag()), asyncio.create_task(watch.memory())]
    began, before = time.monotonic(), (_cpu_s(), time.thread_time(), recorder.stats().encode_cpu_s)
    await asyncio.sleep(seconds)
    after = _cpu_s(), time.thread_time(), recorder.stats().encode_cpu_s
    wall_s = time.monotonic() - began
    for task in watching:
        task.cancel()
    spent = [(late - early) / wall_s for early, late in zip(before, after, strict=True)]
    return dict(zip(("cpu", "loop", "encode"), (round(each, 3) for each in spent), strict=True)), watch


def _frames(result: RecordingResult) -> dict[str, Any]:
    streams = result.stats.streams.values()
    return {
        "recorded_s": round(result.duration_ms / 1000, 1),
        "dropped": result.stats.frames_dropped,
        "passed_over": sum(counts.passed_over + counts.overflowed for counts in streams),
        "queue": result.stats.queue_depth_max,
        "late_ms": result.stats.late_samples // 48,
        "kB_per_s": round(result.size / result.duration_ms),
    }


def seen(path: Path, count: int, canvas: Size) -> dict[str, Any]:
    """What the file shows in each tile, and how far apart sound and picture of the first are."""
    shown: list[list[tuple[int, int]]] = [[] for _ in range(count)]
    for at_ms, tiles in _tiles(path, count, canvas):
        for changes, tile in zip(shown, tiles, strict=True):
            found = decode(tile)
            if found is not None and (not changes or changes[-1][1] != found.number):
                changes.append((at_ms, found.number))
    steps = [(b - a) % NUMBERS for each in shown for (_, a), (_, b) in pairwise(each)]
    return {"kept": sum(map(len, shown)), "lost": sum(steps) - len(steps), **_apart(path, shown[0])}


def _tiles(path: Path, count: int, canvas: Size) -> Iterator[tuple[int, list[np.ndarray]]]:
    places = best_fit(count, *canvas)
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            picture = frame.to_ndarray()[: frame.height]
            tiles = [picture[t.y : t.y + t.height, t.x : t.x + t.width] for t in places]
            yield round(1000 * frame.time), tiles


def _apart(path: Path, changes: list[tuple[int, int]]) -> dict[str, Any]:
    beeps = beep_starts_ms(path)
    flashes = [at for at, number in changes if number % NUMBERS_PER_BEEP == 0]
    apart = [float(min(beeps - at, key=abs)) for at in flashes if len(beeps)]
    if not apart:
        return {"av_ms": None}
    settled = [each for each, at in zip(apart, flashes, strict=True) if at > SETTLED_MS]
    few = max(1, len(settled) // 5)
    drift = statistics.median(settled[-few:]) - statistics.median(settled[:few]) if settled else 0.0
    worst = max(apart, key=lambda each: abs(each + 20))
    return {"av_ms": round(statistics.median(apart)), "av_worst_ms": round(worst), "drift_ms": round(drift)}


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _size(text: str) -> Size:
    width, height = text.split("x")
    return int(width), int(height)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.recorder", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--publishers", type=int, nargs="+", default=[1, 2, 4, 8], help="counts to measure")
    parser.add_argument("--sizes", type=_size, nargs="+", default=[(640, 480), (1280, 720), (1920, 1080)])
    parser.add_argument("--canvas", type=_size, help="of the recording; without it, as the cameras")
    parser.add_argument("--seconds", type=float, default=20.0, help="length of each recording")
    parser.add_argument("--json", action="store_true", help="one JSON object a line instead of a table")
    return parser.parse_args()


def main() -> None:
    options = _options()
    share_arenas()
    take_short_turns()
    head = ""
    with tempfile.TemporaryDirectory() as folder:
        for size in options.sizes:
            for count in options.publishers:
                path = Path(folder, "recording.mp4")
                work = measure(path, count, size, options.canvas or size, options.seconds)
                figures = asyncio.run(work)
                path.unlink()
                if options.json:
                    print(json.dumps(figures), flush=True)
                    continue
                if head != (head := "  ".join(figures)):
                    print(head)
                row = (str(value).rjust(len(name)) for name, value in figures.items())
                print("  ".join(row), flush=True)


if __name__ == "__main__":
    main()

"""What a recording costs and whether it keeps every picture: publishers in a process of their own, the
recorder in this one.

    python -m benchmarks.recorder [--publishers 1 2 4 8] [--seconds 10] [--width 640 --height 480]
        [--canvas-width 1280 --canvas-height 720] [--fps 12.5] [--json]

CPU is that of this process (receiving, decoding, composing, encoding), without the publishers. "lost" are
numbers that the publishers sent between the first and the last recorded one and that the file does not show.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localtok.recorder import RecordedStream, Recorder, RecorderSettings, RecordingResult
from tests.media.publisher import CountedTrack, Publisher, ToneTrack
from tests.media.reading import missing, read_file

LAG_EVERY_S = 0.02
REPLY_TIMEOUT_S = 30.0


@dataclass
class Lag:
    """How late the event loop wakes up, in milliseconds."""

    worst_ms: float = 0.0
    total_ms: float = 0.0
    count: int = 0

    async def watch(self) -> None:
        while True:
            before = time.monotonic()
            await asyncio.sleep(LAG_EVERY_S)
            late_ms = 1000 * (time.monotonic() - before - LAG_EVERY_S)
            self.worst_ms = max(self.worst_ms, late_ms)
            self.total_ms += late_ms
            self.count += 1


class Publishers:
    """The other process, spoken to in lines of JSON."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, options: argparse.Namespace, count: int) -> Publishers:
        command = ["-m", "benchmarks.recorder", "--publish", str(count), "--fps", str(options.fps)]
        size = ["--width", str(options.width), "--height", str(options.height)]
        pipes = {"stdin": asyncio.subprocess.PIPE, "stdout": asyncio.subprocess.PIPE, "limit": 1 << 20}
        return cls(await asyncio.create_subprocess_exec(sys.executable, *command, *size, **pipes))

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


async def publish(options: argparse.Namespace) -> None:
    """The publishing process: offers out, answers in, then media until its input ends."""
    size = options.width, options.height
    publishers = [
        Publisher(CountedTrack(index + 1, size, options.fps), ToneTrack(300 + 100 * index))
        for index in range(options.publish)
    ]
    print(json.dumps([await publisher.offer() for publisher in publishers]), flush=True)
    for publisher, answer in zip(publishers, json.loads(await _line()), strict=True):
        await publisher.accept(answer)
    await _line()
    await asyncio.gather(*(publisher.close() for publisher in publishers))


async def _line() -> str:
    return await asyncio.to_thread(sys.stdin.readline)


async def measure(options: argparse.Namespace, count: int, path: Path) -> dict[str, Any]:
    recorder = Recorder(path, RecorderSettings(options.canvas_width, options.canvas_height))
    others = await Publishers.start(options, count)
    await recorder.start()
    offers = await others.offers()
    streams = [RecordedStream(f"s{i}", f"Person {i}", has_audio=True, has_video=True) for i in range(count)]
    answers = [await recorder.attach(stream, offer) for stream, offer in zip(streams, offers, strict=True)]
    await others.answer(answers)
    delivered = await recorder.wait_for_media([stream.stream_id for stream in streams], REPLY_TIMEOUT_S)
    lag, before = Lag(), _cpu_s()
    watching = asyncio.create_task(lag.watch())
    began = time.monotonic()
    await asyncio.sleep(options.seconds)
    spent_s = (_cpu_s() - before) / (time.monotonic() - began)
    watching.cancel()
    stopping = time.monotonic()
    result = await recorder.stop()
    stop_s = time.monotonic() - stopping
    await others.end()
    figures = await asyncio.to_thread(_judge, result, count)
    return {
        "publishers": count,
        "delivering": len(delivered),
        **figures,
        "cpu_s_per_s": round(spent_s, 3),
        "encode_cpu_s_per_s": round(result.stats.encode_cpu_s / (result.duration_ms / 1000), 3),
        "lag_mean_ms": round(lag.total_ms / max(1, lag.count), 1),
        "lag_worst_ms": round(lag.worst_ms, 1),
        "stop_s": round(stop_s, 2),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def _judge(result: RecordingResult, count: int) -> dict[str, Any]:
    reading = read_file(result.path)
    streams = result.stats.streams.values()
    return {
        "numbers": sum(len(reading.numbers(identity)) for identity in range(1, count + 1)),
        "lost": sum(len(missing([reading], identity)) for identity in range(1, count + 1)),
        "received": sum(counts.received for counts in streams),
        "passed_over": sum(counts.passed_over + counts.overflowed for counts in streams),
        "frames": result.stats.frames_written,
        "repeated": result.stats.frames_repeated,
        "dropped": result.stats.frames_dropped,
        "queue": result.stats.queue_depth_max,
        "late_ms": result.stats.late_samples // 48,
        "kB_per_s": round(result.size / result.duration_ms),
    }


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.recorder", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--publishers", type=int, nargs="+", default=[1, 2, 4, 8], help="counts to measure")
    parser.add_argument("--seconds", type=float, default=10.0, help="length of each recording")
    parser.add_argument("--width", type=int, default=640, help="of each camera")
    parser.add_argument("--height", type=int, default=480)
    parser.add_argument("--canvas-width", type=int, default=1280, help="of the recording")
    parser.add_argument("--canvas-height", type=int, default=720)
    parser.add_argument(
        "--fps", type=float, default=12.5, help="of each camera; every picture has a new number"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a line instead of a table")
    parser.add_argument("--publish", type=int, help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> None:
    options = _options()
    if options.publish:
        asyncio.run(publish(options))
        return
    with tempfile.TemporaryDirectory() as folder:
        for index, count in enumerate(options.publishers):
            figures = asyncio.run(measure(options, count, Path(folder, f"{count}.mp4")))
            if options.json:
                print(json.dumps(figures), flush=True)
                continue
            if index == 0:
                print("  ".join(figures))
            print("  ".join(str(value).rjust(len(name)) for name, value in figures.items()), flush=True)


if __name__ == "__main__":
    main()

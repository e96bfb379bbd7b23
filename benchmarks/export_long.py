"""Exports of hours, days, a week beside `ffmpeg -f concat -c copy`: peak memory, time, every picture counted.

    python benchmarks/export_long.py [--hours 4 24 48 168] [--even] [--skip-ffmpeg]

Pieces of four hours (160x120, 25 fps; AAC 48 kHz mono) that overlap by 8 s. They are eight seconds of encoded
call written over and over into one file with as many names: memory depends on the number of packets, not on
their size. Each picture carries its number in a message of its own (SEI), read from the bytes of the output.
Without `--even` no two neighbouring pictures last equally long, which takes the longest tables.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

FRAME_MS = 40
LOOP_FRAMES = 200
LOOP_PACKETS = 375
PIECE_LOOPS = 1800
PIECE_FRAMES = PIECE_LOOPS * LOOP_FRAMES
STEP_FRAMES = PIECE_FRAMES - LOOP_FRAMES
# Ticks of 1/90000 s by which pictures are early or late, so that all lengths differ from their neighbours'.
UNEVEN = (0, 17, -31, 44, -8, 25, -40)
MARK = b"counted picture "


@dataclass(frozen=True)
class Cost:
    seconds: float
    peak_mb: float


class Counted(NamedTuple):
    pictures: int
    missing: int
    repeated: int


def main() -> None:
    options = _options()
    if options.alone:
        return _alone(*map(Path, options.alone))
    if options.make:
        return _make(Path(options.make), even=options.even)
    folder = Path(tempfile.gettempdir()) / "export-benchmark" / ("even" if options.even else "uneven")
    folder.mkdir(parents=True, exist_ok=True)
    piece = folder / "piece.mp4"
    if not piece.exists():
        subprocess.run([*_self(), "--make", str(piece), *(["--even"] if options.even else [])], check=True)
    print("| hours | pieces | | s | peak MB | size MB | pictures, missing, repeated |")
    print("|---|---|---|---|---|---|---|")
    for hours in options.hours:
        _compare(folder, piece, -(-hours // 4), options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=int, nargs="+", default=[4, 24, 48, 168])
    parser.add_argument("--even", action="store_true")
    parser.add_argument("--skip-ffmpeg", action="store_true")
    parser.add_argument("--alone", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--make", help=argparse.SUPPRESS)
    return parser.parse_args()


def _self() -> list[str]:
    return [sys.executable, __file__]


def _make(path: Path, *, even: bool) -> None:
    """Four hours: eight encoded seconds again and again, by libavformat."""
    import av

    from tests.support.media.segment_files import Recipe, make

    loop = make(path.with_name("loop.mp4"), Recipe(0, LOOP_FRAMES, gop=50, size=(160, 120)))
    part = path.with_suffix(".part")
    with av.open(str(loop)) as source, av.open(str(part), "w", format="mp4") as target:
        streams = [target.add_stream_from_template(stream) for stream in source.streams]
        packets = [[bytes(packet) for packet in _packets(loop, number)] for number in range(2)]
        keys = [packet.is_keyframe for packet in _packets(loop, 0)]
        for turn in range(PIECE_LOOPS):
            for packet in _turn(turn, packets, keys, streams, even=even):
                target.mux(packet)
    part.replace(path)


def _packets(path: Path, number: int) -> list[Any]:
    import av

    with av.open(str(path)) as container:
        packets = [packet for packet in container.demux(container.streams[number]) if packet.size]
    return packets[: (LOOP_FRAMES, LOOP_PACKETS)[number]]


def _turn(
    turn: int, packets: list[list[bytes]], keys: list[bool], streams: list[Any], *, even: bool
) -> Iterator[Any]:
    for at, data in enumerate(packets[0]):
        number = turn * LOOP_FRAMES + at
        late = 0 if even or not number else UNEVEN[number % len(UNEVEN)]
        yield _packet(_numbered(number) + data, number * FRAME_MS * 90 + late, 90_000, streams[0], keys[at])
    for at, data in enumerate(packets[1]):
        yield _packet(data, (turn * LOOP_PACKETS + at) * 1024, 48_000, streams[1], True)


def _packet(data: bytes, pts: int, rate: int, stream: Any, key: bool) -> Any:
    import av

    packet = av.Packet(data)
    packet.pts = packet.dts = pts
    packet.time_base, packet.stream, packet.is_keyframe = Fraction(1, rate), stream, key
    return packet


def _numbered(number: int) -> bytes:
    """A message beside the picture: unregistered user data (ISO/IEC 14496-10, D.1.6)."""
    message = MARK + b"%08x" % number
    nal = bytes([6, 5, len(message)]) + message + b"\x80"
    return len(nal).to_bytes(4, "big") + nal


def _compare(folder: Path, piece: Path, count: int, options: argparse.Namespace) -> None:
    paths = [folder / f"piece{number}.mp4" for number in range(count)]
    for path in paths:
        if not path.exists():
            path.hardlink_to(piece)
    plan = folder / "plan.json"
    plan.write_text(json.dumps(list(_spans(paths))))
    runs = {"archives.media.export": [*_self(), "--alone", str(plan)]}
    if shutil.which("ffmpeg") and not options.skip_ffmpeg:
        listing = folder / "list.txt"
        listing.write_text("".join(f"file '{path}'\n" for path in paths))
        runs["ffmpeg -f concat -c copy"] = _ffmpeg(listing)
    for name, command in runs.items():
        target = folder / "film.mp4"
        cost = _run([*command, str(target)])
        counted = _count(target, STEP_FRAMES * count + LOOP_FRAMES)
        size = target.stat().st_size / 1e6
        row = f"{cost.seconds:.1f} | {cost.peak_mb:.0f} | {size:.0f} | {', '.join(map(str, counted))}"
        print(f"| {count * 4} | {count} | {name} | {row} |", flush=True)
        target.unlink()


def _spans(paths: list[Path]) -> Iterator[dict[str, Any]]:
    """Each seam in the middle of its overlap; the cut may move within it, a second from its ends."""
    overlap_ms, step_ms = LOOP_FRAMES * FRAME_MS, STEP_FRAMES * FRAME_MS
    for number, path in enumerate(paths):
        own = number * step_ms
        start = own + overlap_ms / 2 if number else 0.0
        end = own + step_ms + (overlap_ms / 2 if number < len(paths) - 1 else overlap_ms)
        span = {"path": str(path), "start_ms": start, "in_ms": start - own, "out_ms": end - own}
        if number:
            span |= {"cut_earliest_ms": own + 1000, "cut_latest_ms": own + overlap_ms - 1000}
        yield span


def _alone(plan: Path, target: Path) -> None:
    from archives.media.export import ExportPlan, PieceSpan, export

    spans = [PieceSpan(**row | {"path": Path(row["path"])}) for row in json.loads(plan.read_text())]
    export(ExportPlan("Benchmark", datetime(2026, 1, 1, tzinfo=UTC), tuple(spans)), target)


def _ffmpeg(listing: Path) -> list[str]:
    options = ["-v", "error", "-y", "-f", "concat", "-safe", "0", "-i", str(listing), "-c", "copy"]
    return ["ffmpeg", *options]


def _run(command: list[str]) -> Cost:
    """The whole process. This one is small: what a child is charged for begins with its parent's size."""
    begin = time.monotonic()
    process = subprocess.Popen(command)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command[0]} failed with {process.returncode}")
    return Cost(time.monotonic() - begin, usage.ru_maxrss / 1024)


def _count(path: Path, frames: int) -> Counted:
    """Numbers begin anew with each piece: the next picture is one on, or the one that the overlap says."""
    pictures = missing = repeated = 0
    expected = 0
    for number in _numbers(path):
        # A piece's own number, or the same picture as the piece before knew it.
        ahead = min((number - expected, number + STEP_FRAMES - expected), key=abs)
        missing, repeated = missing + max(0, ahead), repeated + max(0, -ahead)
        pictures, expected = pictures + 1, number + 1
    return Counted(pictures, missing + max(0, frames - pictures - missing + repeated), repeated)


def _numbers(path: Path) -> Iterator[int]:
    pattern = re.compile(MARK + rb"([0-9a-f]{8})")
    rest = b""
    with path.open("rb") as file:
        while block := file.read(1 << 22):
            data = rest + block
            end = 0
            for found in pattern.finditer(data):
                yield int(found[1], 16)
                end = found.end()
            rest = data[max(end, len(data) - len(MARK) - 8) :]


if __name__ == "__main__":
    main()

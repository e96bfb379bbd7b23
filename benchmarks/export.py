"""Ten pieces of ten minutes into one file: beside `ffmpeg -f concat -c copy` and `cat` of the same.

    python benchmarks/export.py [--minutes 10] [--pieces 10] [--rounds 3] [--skip-count]
    python benchmarks/export.py --minutes 15 --pieces 96 --same    # a day

Prints a Markdown table: wall time, CPU time, peak memory, and what the counted pictures say. The pieces
(640x360, 25 fps, 1 Mb/s; AAC 48 kHz mono) overlap by 10 s, differ in key frames, phase and quality, and are
kept in a temporary folder for the next time.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from archives.media.export import ExportPlan, PieceSpan, export

# What only makes and counts the media is imported there: the export that is measured starts without it.
if TYPE_CHECKING:
    from tests.support.media.segment_files import Recipe

FRAME_MS = 40

OURS, COPY = "archives.media.export", "cat (a plain copy)"
OVERLAP_FRAMES = 250
# A constant megabit, filled up where the picture needs less: the size of a real archive at little cost.
BIT_RATE = {"b": "1000k", "crf": "-1"}
FILL = "nal-hrd=cbr:filler=1:vbv-maxrate=1000:vbv-bufsize=1000:bitrate=1000"


@dataclass(frozen=True)
class Cost:
    seconds: float
    cpu_seconds: float
    peak_mb: float


def main() -> None:
    options = _options()
    if "plan" in options:
        return _export_alone(Path(options.plan), Path(options.target))
    folder = Path(tempfile.gettempdir()) / "export-benchmark" / f"{options.pieces}x{options.minutes:g}"
    recipes = list(_recipes(options.pieces, round(options.minutes * 1500)))
    paths = _linked(folder, recipes) if options.same else _pieces(folder, recipes)
    size = sum(path.stat().st_size for path in paths) / 1e6
    print(f"{len(paths)} pieces, {size:.0f} MB, {os.cpu_count()} cores\n")
    plan = folder / "plan.json"
    plan.write_text(json.dumps(list(_spans(paths, recipes))))
    ours, theirs = folder / "ours.mp4", folder / "ffmpeg.mp4"
    runs = {
        OURS: (
            [sys.executable, __file__, "--plan", str(plan), "--target", str(ours)],
            ours,
        )
    }
    plain = folder / "cat.mp4"
    runs[COPY] = (["sh", "-c", 'exec cat "$@" > "$0"', str(plain), *map(str, paths)], plain)
    if shutil.which("ffmpeg"):
        runs["ffmpeg -f concat -c copy"] = (_ffmpeg(folder, paths, theirs), theirs)
    else:
        print("ffmpeg is not installed: nothing to compare with.\n")
    _compare(runs, options, recipes[-1].end)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pieces", type=int, default=10)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--skip-count", action="store_true")
    parser.add_argument("--same", action="store_true", help="every piece is the first once more; not counted")
    parser.add_argument("--plan", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    parser.add_argument("--target", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    return parser.parse_args()


def _recipes(pieces: int, frames: int) -> "Iterator[Recipe]":
    from tests.support.media.segment_files import Recipe

    for number in range(pieces):
        first = number * (frames - OVERLAP_FRAMES)
        gop = (50, 60, 48, 75, 100)[number % 5]
        late_ms = (0, 13, 31, 7, 22)[number % 5]
        params = f"bframes=0:scenecut=0:keyint={gop}:min-keyint={gop}:{FILL}"
        options = BIT_RATE | {"x264-params": params}
        yield Recipe(first, first + frames, gop, late_ms, (640, 360), options=options)


def _pieces(folder: Path, recipes: "list[Recipe]") -> list[Path]:
    from concurrent.futures import ProcessPoolExecutor

    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"piece{number}.mp4" for number in range(len(recipes))]
    missing = [pair for pair in zip(paths, recipes, strict=True) if not pair[0].exists()]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for _ in pool.map(_make_whole, *zip(*missing, strict=True)) if missing else ():
            pass
    return paths


def _linked(folder: Path, recipes: "list[Recipe]") -> list[Path]:
    """For days of recording, which would take hours to encode: every piece another name of the first."""
    (first,) = _pieces(folder, recipes[:1])
    paths = [folder / f"same{number}.mp4" for number in range(len(recipes))]
    for path in paths:
        path.unlink(missing_ok=True)
        path.hardlink_to(first)
    return paths


def _make_whole(path: Path, recipe: "Recipe") -> None:
    from tests.support.media.segment_files import make

    make(path.with_suffix(".part"), recipe).replace(path)


def _spans(paths: list[Path], recipes: "list[Recipe]") -> Iterator[dict[str, object]]:
    """Each seam in the middle of its overlap; the cut may move within it, a second from its ends."""
    starts = [0.0, *(recipe.begin_ms + OVERLAP_FRAMES * FRAME_MS / 2 for recipe in recipes[1:])]
    ends = [*starts[1:], float(recipes[-1].end * FRAME_MS)]
    for path, recipe, start, end in zip(paths, recipes, starts, ends, strict=True):
        window = (recipe.begin_ms + 1000, recipe.begin_ms + OVERLAP_FRAMES * FRAME_MS - 1000)
        yield {
            "path": str(path),
            "start_ms": start,
            "in_ms": start - recipe.begin_ms,
            "out_ms": end - recipe.begin_ms,
            "cut_earliest_ms": window[0] if start else None,
            "cut_latest_ms": window[1] if start else None,
        }


def _export_alone(plan: Path, target: Path) -> None:
    """Without a plan only what every export loads."""
    if not plan.name:
        return
    spans = [PieceSpan(**row | {"path": Path(row["path"])}) for row in json.loads(plan.read_text())]
    report = export(ExportPlan("Benchmark", datetime.now(UTC), tuple(spans)), target)
    print(json.dumps({"reencoded": report.frames_reencoded, "sets": report.parameter_sets}))


def _ffmpeg(folder: Path, paths: list[Path], target: Path) -> list[str]:
    listing = folder / "list.txt"
    listing.write_text("".join(f"file '{path}'\n" for path in paths))
    return [
        "ffmpeg",
        "-v",
        "error",
        "-y",
        "-f",
        "concat",
        "-safe",
        "0",
        "-i",
        str(listing),
        "-c",
        "copy",
        str(target),
    ]


def _compare(runs: dict[str, tuple[list[str], Path]], options: argparse.Namespace, frames: int) -> None:
    costs: dict[str, list[Cost]] = {name: [] for name in runs}
    said, starts = dict[str, str](), []
    for number in range(options.rounds):
        for name, (command, target) in runs.items():
            costs[name].append(_run(command))
            if number == options.rounds - 1:
                uncounted = options.skip_count or options.same or name == COPY
                count = "not counted" if uncounted else _count(target, frames)
                said[name] = f"{target.stat().st_size / 1e6:.0f} | {count}"
            # A day of recording is large: there is never more than one copy of it.
            target.unlink()
        starts.append(_run([sys.executable, __file__, "--plan", "", "--target", ""]))
    print("| | best s | median s | CPU s | peak MB | size MB | pictures, missing, repeated, other order |")
    print("|---|---|---|---|---|---|---|")
    for name in runs:
        print(f"| {name} | {_figures(costs[name])} | {said[name]} |")
    print(f"\n{_beside_a_copy(costs[OURS], costs[COPY], starts, options.pieces - 1)}")


def _beside_a_copy(ours: list[Cost], copies: list[Cost], starts: list[Cost], seams: int) -> str:
    """Processor time beyond three plain copies is for the seams."""
    own, copy, start = (min(cost.cpu_seconds for cost in costs) for costs in (ours, copies, starts))
    rest = own - start - 3 * copy
    return (
        f"Start of Python {start:.2f} CPU s; without it {(own - start) / copy:.1f} times a plain copy; "
        f"beyond three of them {rest:.2f} CPU s, {rest / max(1, seams):.3f} a seam"
    )


def _figures(costs: list[Cost]) -> str:
    costs = sorted(costs, key=lambda cost: cost.seconds)
    best, middle = costs[0], costs[len(costs) // 2]
    peak = max(cost.peak_mb for cost in costs)
    return f"{best.seconds:.2f} | {middle.seconds:.2f} | {best.cpu_seconds:.2f} | {peak:.0f}"


def _run(command: list[str]) -> Cost:
    """The whole process: start of Python, export and check."""
    begin = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command[0]} failed with {process.returncode}")
    seconds = time.monotonic() - begin
    return Cost(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def _count(path: Path, frames: int) -> str:
    import av

    from tests.support.media.segment_files import number_in

    seen = []
    with av.open(str(path)) as container:
        container.streams.video[0].thread_type = "AUTO"
        for frame in container.decode(video=0):
            seen.append(number_in(frame))
    known = [number for number in seen if number is not None]
    missing = len(set(range(frames)) - set(known))
    repeated = len(known) - len(set(known))
    unordered = sum(after < before for before, after in pairwise(known))
    return f"{len(seen)}, {missing}, {repeated}, {unordered}"


if __name__ == "__main__":
    main()

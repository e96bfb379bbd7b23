"""How exactly, how surely and how fast seams are measured, on generated pairs whose truth is known.

    python benchmarks/seams.py [--quick] [--seed N] [--peer-python PATH] [--json FILE]

`--peer-python` names a Python in which requirements-bench.txt is installed; BBC's audio-offset-finder then
runs on the same files, one pair after the other. `--quick` makes one pair of each row; another `--seed` makes
them of another call than that on which the thresholds were set. Times are processor time, of our process and
of theirs with the programs that it runs.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from archives.media.seams import SeamMeasure, measure
from benchmarks.seam_pairs import Made, Pair, make

SHORT_TO_LONG = (0.3, 0.5, 0.8, 1.2, 2, 3, 5, 8, 12, 20)
LONG = (2, 3, 4, 5, 8, 12, 20)
# The score from which audio-offset-finder's own documentation calls a result good.
PEER_GOOD = 10
FOUND = ("audio", "video")
SILENT = ("none", "silence")


@dataclass(frozen=True)
class Result:
    pair: Pair
    method: str
    confidence: float
    sure: bool
    error_ms: float | None
    residual_error_ms: float | None
    seconds: float
    seconds_with_av: float
    peer_error_ms: float | None = None
    peer_score: float = 0
    peer_seconds: float | None = None


def pairs(seed: int) -> list[Pair]:
    """The matrix; every second pair of a row comes with a hint that is wrong by up to a second."""
    rows: list[tuple[str, Iterable[float], int, dict]] = [
        ("speech", SHORT_TO_LONG, 2, {}),
        ("music", SHORT_TO_LONG, 2, {"sound": "music"}),
        ("static picture, speech", SHORT_TO_LONG, 2, {"motion": False}),
        ("motion, silence", SHORT_TO_LONG, 1, {"sound": "silence"}),
        ("motion, no track", SHORT_TO_LONG, 1, {"sound": "none"}),
        ("black head 1.2 s", LONG, 2, {"black_head_s": 1.2}),
        ("glitch", LONG, 2, {"glitch": True}),
        ("gain -20 dB", SHORT_TO_LONG, 1, {"gain": 0.1}),
        ("gain +6 dB, clipping", SHORT_TO_LONG, 1, {"gain": 2}),
        ("one missing", SHORT_TO_LONG, 2, {"missing": True}),
        ("32 kb/s, 160x120", SHORT_TO_LONG, 2, {"poor": True}),
        ("drift +50 ppm", SHORT_TO_LONG, 1, {"drift_ppm": 50}),
        ("drift -50 ppm", SHORT_TO_LONG, 1, {"drift_ppm": -50}),
        ("sound 60 ms late", LONG, 1, {"sound_late_ms": 60}),
        ("jitter 40 ms", LONG, 1, {"jitter_ms": 40}),
        ("loop of 2 s", (1, 3, 6, 12), 2, {"sound": "loop"}),
        ("loop, static", (1, 3, 6, 12), 2, {"sound": "loop", "motion": False}),
    ]
    gaps = (-0.05, -0.3, -1, -4, -9)
    rows += [
        ("no overlap: speech", gaps, 2, {}),
        ("no overlap: music", gaps, 2, {"sound": "music"}),
        ("no overlap: motion", gaps, 2, {"sound": "none"}),
        ("no overlap: static", gaps, 2, {"sound": "silence", "motion": False}),
        ("no overlap: loop", gaps, 2, {"sound": "loop"}),
    ]
    made = [
        Pair(row, 0, overlap, **what)
        for row, overlaps, times, what in rows
        for overlap in overlaps
        for _ in range(times)
    ]
    hints = np.random.default_rng(5 + seed).uniform(-1000, 1000, len(made))
    return [
        replace(
            pair,
            seed=100 + 1000 * seed + number,
            call=seed,
            hint_error_ms=float(hints[number]) if number % 2 else None,
        )
        for number, pair in enumerate(made)
    ]


def quick(seed: int) -> list[Pair]:
    """One pair of each row, of middling length."""
    every = {}
    for pair in pairs(seed):
        every.setdefault(pair.row, []).append(pair)
    return [row[len(row) // 2] for row in every.values()]


def look(made: Made) -> Result:
    hint = None if made.pair.hint_error_ms is None else made.true_offset_ms + made.pair.hint_error_ms
    begin = time.process_time()
    found = measure(made.earlier, made.later, hint_offset_ms=hint, check_av=False)
    between = time.process_time()
    whole = measure(made.earlier, made.later, hint_offset_ms=hint)
    end = time.process_time()
    error, residual = _errors(made, whole)
    return Result(
        made.pair, found.method, found.confidence, found.sure, error, residual, between - begin, end - between
    )


def _errors(made: Made, found: SeamMeasure) -> tuple[float | None, float | None]:
    """Late sound moves what the sound says by itself; the pictures then jump back by as much."""
    if found.offset_ms is None or found.method not in FOUND:
        return None, None
    late = made.pair.sound_late_ms
    truth = made.true_offset_ms - (late if found.method == "audio" else 0)
    residual = None if found.residual_av_ms is None else found.residual_av_ms - late
    return found.offset_ms - truth, residual


@contextmanager
def peer(python: str | None) -> Iterator[subprocess.Popen[str] | None]:
    if python is None:
        yield None
        return
    script = str(Path(__file__).with_name("seams_peer.py"))
    process = subprocess.Popen([python, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.stdin.close()
        process.wait(timeout=30)


def ask(process: subprocess.Popen[str], made: Made, result: Result) -> Result:
    process.stdin.write(json.dumps([str(made.earlier), str(made.later)]) + "\n")
    process.stdin.flush()
    answer = json.loads(process.stdout.readline())
    truth = made.true_offset_ms - made.pair.sound_late_ms
    error = None if answer["offset_ms"] is None else answer["offset_ms"] - truth
    return replace(result, peer_error_ms=error, peer_score=answer["score"], peer_seconds=answer["seconds"])


def run(chosen: list[Pair], python: str | None, folder: Path) -> list[Result]:
    results = []
    with peer(python) as process:
        for number, pair in enumerate(chosen):
            made = make(pair, folder)
            if number == 0:
                look(made)  # The first call of each pays for imports and tables.
            result = look(made)
            if process is not None and pair.sound not in SILENT:
                if number == 0:
                    ask(process, made, result)
                result = ask(process, made, result)
            results.append(result)
            made.earlier.unlink()
            made.later.unlink()
            print(f"\r{number + 1}/{len(chosen)} {pair.row:30}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return results


def report(results: list[Result]) -> str:
    lines = [
        f"{'row':24}{'pairs':>6}{'found':>6}{'sure':>5}  {'median':>7}{'p95':>8}{'max':>8}"
        f"  {'ms':>5}{'+av':>5}"
        f"  | {'median':>8}{'p95':>9}{'max':>10}{'>=10':>5}  {'ms':>6}  {'times':>6}"
    ]
    for row in dict.fromkeys(result.pair.row for result in results):
        lines.append(_line(row, [result for result in results if result.pair.row == row]))
    overlapping = [result for result in results if result.pair.overlap_s > 0]
    for method in FOUND:
        lines.append(_line(f"all by {method}", [result for result in overlapping if result.method == method]))
    return "\n".join([*lines, "", *_verdicts(results)])


def _line(row: str, results: list[Result]) -> str:
    found = [result for result in results if result.method in FOUND]
    ours = _spread([abs(result.error_ms) for result in found if result.error_ms is not None], 3)
    took, took_av = (
        1000 * np.median([getattr(result, name) for result in results] or [0])
        for name in ("seconds", "seconds_with_av")
    )
    counts = f"{len(results):6}{len(found):6}{sum(result.sure for result in results):5}"
    line = f"{row:24}{counts}  {ours}  {took:5.0f}{took_av:5.0f}"
    asked = [result for result in results if result.peer_seconds is not None]
    if not asked:
        return line
    theirs = _spread(
        [abs(result.peer_error_ms) for result in asked if result.peer_error_ms is not None], 1, 2
    )
    good = sum(result.peer_score >= PEER_GOOD for result in asked)
    ratio = np.median([result.peer_seconds / result.seconds for result in asked])
    return (
        f"{line}  | {theirs}{good:5}  {1000 * np.median([r.peer_seconds for r in asked]):6.0f}  {ratio:6.1f}"
    )


def _spread(errors: list[float], digits: int, wider: int = 0) -> str:
    values = (np.median(errors), np.quantile(errors, 0.95), max(errors)) if errors else ("-",) * 3
    widths = (7, 8, 8) if not wider else (8, 9, 10)
    return "".join(
        f"{value:>{width}}" if value == "-" else f"{value:{width}.{digits}f}"
        for value, width in zip(values, widths, strict=True)
    )


def _verdicts(results: list[Result]) -> list[str]:
    overlapping = [result for result in results if result.pair.overlap_s > 0]
    apart = [result for result in results if result.pair.overlap_s <= 0]
    by = {method: [abs(r.error_ms) for r in overlapping if r.method == method] for method in FOUND}
    limits = {"audio": 20, "video": 40}
    wrong = [r for r in overlapping if r.sure and abs(r.error_ms) > limits[r.method]]
    heard = [abs(r.error_ms) for r in overlapping if r.pair.sound not in SILENT and r.method in FOUND]
    residuals = [abs(r.residual_error_ms) for r in overlapping if r.residual_error_ms is not None]
    lines = [
        f"pairs: {len(results)}, overlapping {len(overlapping)}, apart {len(apart)}",
        f"with sound, whatever decides: p95 {np.quantile(heard, 0.95):.3f} ms (bar 2),"
        f" max {max(heard):.3f} ms (bar 20), of {len(heard)}",
        f"by sound: p95 {np.quantile(by['audio'], 0.95):.3f} ms, max {max(by['audio']):.3f} ms",
        f"by pictures: max {max(by['video'], default=0):.1f} ms (bar 40)",
        f"reported as sure and off by more: {len(wrong)} (bar 0)",
        f"found where nothing overlaps: {sum(r.method in FOUND for r in apart)} (bar 0)",
        f"overlapping and not found: {_missed(overlapping)}",
        f"sound against pictures: {len(residuals)} measured, error median {np.median(residuals or [0]):.1f},"
        f" max {max(residuals, default=0):.1f} ms",
    ]
    asked = [r for r in overlapping if r.peer_seconds is not None]
    if asked:
        lines += _against(asked, [r for r in apart if r.peer_seconds is not None])
    return lines


def _missed(overlapping: list[Result]) -> str:
    missed = [f"{r.pair.row} {r.pair.overlap_s} s" for r in overlapping if r.method not in FOUND]
    return ", ".join(missed) or "none"


def _against(asked: list[Result], apart: list[Result]) -> list[str]:
    rows = dict.fromkeys(r.pair.row for r in asked)
    worse = [row for row in rows if not _as_accurate([r for r in asked if r.pair.row == row])]
    total, total_av, theirs = (
        sum(getattr(r, name) for r in asked + apart)
        for name in ("seconds", "seconds_with_av", "peer_seconds")
    )
    return [
        f"audio-offset-finder: rows where it is more accurate: {', '.join(worse) or 'none'} (bar none);"
        f" good score where nothing overlaps: {sum(r.peer_score >= PEER_GOOD for r in apart)}",
        f"time of all pairs: theirs / ours = {theirs / total:.1f} (bar 5), with the check of the pictures"
        f" {theirs / total_av:.1f}; where the sound decides {_ratio(asked, 'audio'):.1f}",
    ]


def _ratio(asked: list[Result], method: str) -> float:
    decided = [r for r in asked if r.method == method and not r.pair.sound.startswith("loop")]
    return sum(r.peer_seconds for r in decided) / sum(r.seconds for r in decided)


def _as_accurate(results: list[Result]) -> bool:
    """Ours against theirs on a row. A pair not found, or off by a second, is missed: infinitely wrong."""
    ours = [_missed_or(r.error_ms) for r in results]
    theirs = [_missed_or(r.peer_error_ms) for r in results]
    return all(float(of(ours)) <= float(of(theirs)) for of in (np.mean, np.median, max))


def _missed_or(error_ms: float | None) -> float:
    return abs(error_ms) if error_ms is not None and abs(error_ms) < 1000 else np.inf


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--peer-python")
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    made = (quick if chosen.quick else pairs)(chosen.seed)
    with tempfile.TemporaryDirectory() as folder:
        results = run(made, chosen.peer_python, Path(folder))
    print(report(results))
    if chosen.json:
        chosen.json.write_text(json.dumps([asdict(result) for result in results], indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())

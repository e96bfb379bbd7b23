"""CPU time of the content check for a recorded minute, beside that of thumbnails and sound levels.

    PYTHONPATH=. python benchmarks/content.py [--minutes 2]

Prints a line for each size of picture: key frames every 2 s, a camera with noise, somebody who speaks.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path

from archives.media.content.check import check
from archives.media.export.plan import PieceSpan
from archives.media.previews import thumbnails
from tests.support.media.call_files import write
from tests.support.media.call_kinds import KINDS, instants
from tests.support.media.call_scenes import FPS

SIZES = ((320, 240), (640, 480), (1280, 720), (1920, 1080))
BAR_S = 0.15
RUNS = 3


def cpu_s(work: Callable[[], object]) -> float:
    """The least of some runs: what the machine does besides only adds to it."""
    taken = []
    for _ in range(RUNS):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return min(taken)


def measure(folder: Path, size: tuple[int, int], minutes: float) -> str:
    frames = round(minutes * 60 * FPS)
    path = write(folder / "segment.mp4", islice(instants(KINDS[0], 1, size), frames), size)
    spans = [PieceSpan(path, 0, 0, minutes * 60_000)]
    pictures = cpu_s(lambda: thumbnails.sprite(spans, folder / "s.jpg", folder / "s.vtt")) / minutes
    levels = cpu_s(lambda: thumbnails.sound_levels(spans, folder / "l.json")) / minutes
    content = cpu_s(lambda: check(path)) / minutes
    verdict = "within" if content <= BAR_S else "ABOVE"
    return (
        f"{size[0]:>4} x {size[1]:<4}  thumbnails {pictures:.3f}  levels {levels:.3f}  content {content:.3f} "
        f"CPU s a minute: {verdict} {BAR_S}, {content / (pictures + levels):.1f} times the preview"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=2)
    minutes = parser.parse_args().minutes
    with tempfile.TemporaryDirectory() as folder:
        for size in SIZES:
            print(measure(Path(folder), size, minutes), flush=True)


if __name__ == "__main__":
    main()

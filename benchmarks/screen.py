"""What an X server really shows of a browser's window, which no clock of the browser has a say in.

Needs Xvfb (Debian: xvfb); the screen is read with PyAV's x11grab, 120 times a second.
"""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import av
import numpy as np
from numpy.typing import NDArray

SIZE = (1024, 768)
LOOKS_PER_SECOND = 120
JOIN_S = 10.0


def is_there() -> bool:
    return shutil.which("Xvfb") is not None


@contextmanager
def display() -> Iterator[str]:
    """The name of a screen of its own, as ":7"."""
    geometry = f"{SIZE[0]}x{SIZE[1]}x24"
    command = ["Xvfb", "-displayfd", "1", "-screen", "0", geometry, "-nolisten", "tcp"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert server.stdout is not None
        yield f":{server.stdout.readline().strip()}"
    finally:
        server.terminate()
        server.wait(JOIN_S)


class Eye:
    """Looks at a part of a screen until closed; `seen`: (seconds of the clock, picture) of each change."""

    def __init__(self, name: str, left: int, top: int, width: int, height: int) -> None:
        options = {"video_size": f"{width}x{height}", "framerate": str(LOOKS_PER_SECOND), "draw_mouse": "0"}
        self._screen = av.open(f"{name}.0+{left},{top}", format="x11grab", options=options)
        self._closed = threading.Event()
        self.seen: list[tuple[float, NDArray[np.uint8]]] = []
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._closed.set()
        self._thread.join(JOIN_S)
        self._screen.close()

    def _look(self) -> None:
        for frame in self._screen.decode(video=0):
            plane = frame.planes[0]
            picture = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)
            green = picture[:, 1 : 4 * plane.width : 4]
            if not self.seen or not np.array_equal(green, self.seen[-1][1]):
                self.seen.append((float(frame.pts * frame.time_base), green.copy()))
            if self._closed.is_set():
                return

"""The encode thread: everything that scales, mixes, encodes or writes runs here, never on the event loop."""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import av

from localtok.process import memory
from localtok.recording.compose.composition import Composition
from localtok.recording.settings import RecorderSettings
from localtok.recording.statistics import RecorderStats
from localtok.recording.write import courtesy, mp4

log = logging.getLogger(__name__)

Command = Callable[[Composition], None]

# A stop writes what is left of the playout delay, or of a backlog; longer than this means it hangs.
FINISH_TIMEOUT_S = 120.0


@dataclass(frozen=True)
class RecordingResult:
    """`began_at_ms` is the unix time of the first recorded instant; without media all is empty."""

    path: Path
    duration_ms: int
    size: int
    began_at_ms: int | None
    stats: RecorderStats


class EncodeThread:
    """Owns a Composition. `unix_offset_s` is unix time minus media time."""

    def __init__(
        self,
        path: Path,
        settings: RecorderSettings,
        unix_offset_s: float,
        on_failure: Callable[[Exception], None],
        give_way: courtesy.Courtesy = courtesy.SHARED,
    ) -> None:
        self._path = path
        self._courtesy = give_way
        self._paused_s = 0.0
        self._fps = settings.fps
        self._composition = Composition(part_of(path), settings, unix_offset_s)
        self._on_failure = on_failure
        self._inbox: queue.SimpleQueue[Command | None] = queue.SimpleQueue()
        self._until = float("-inf")
        self._finishing = False
        self._cpu_s = 0.0
        self.failure: Exception | None = None
        self._thread = threading.Thread(target=self._run, name=f"encode {path.name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def post(self, command: Command) -> None:
        """Runs `command` on the thread before the next frame is written."""
        if self.failure is None:
            self._inbox.put(command)

    def write_until(self, media_s: float) -> None:
        """Lets the recording grow up to this media time."""
        self._until = max(self._until, media_s)
        self._inbox.put(None)

    def finish(self, media_s: float) -> None:
        """Writes up to `media_s`, completes the file and waits for it. Raises TimeoutError."""
        # One frame more, or a picture that was taken since the last one would not be in the file.
        self._until = max(self._until, media_s + 1 / self._fps)
        # A command like the others: wherever the thread takes it in, all that was posted before still counts.
        self._inbox.put(self._end)
        self._thread.join(FINISH_TIMEOUT_S)
        if self._thread.is_alive():
            raise TimeoutError(f"{self._path.name} was not finished within {FINISH_TIMEOUT_S:.0f} s")

    @property
    def recorded_ms(self) -> int:
        return round(self._composition.recorded_s * 1000)

    @property
    def began_at_ms(self) -> int | None:
        return self._composition.began_at_ms

    def stats(self) -> RecorderStats:
        return replace(self._composition.stats(), encode_cpu_s=self._cpu_s)

    def result(self) -> RecordingResult:
        size = self._path.stat().st_size
        length_ms = mp4.duration_ms(self._path) if size else 0
        return RecordingResult(self._path, length_ms, size, self.began_at_ms, self.stats())

    def _run(self) -> None:
        try:
            self._write_all()
            self._complete()
        except Exception as error:
            self.failure = error
            log.exception("recording %s failed", self._path.name)
            with contextlib.suppress(Exception):
                self._composition.close()
            self._on_failure(error)
        finally:
            self._courtesy.leave(self)
            memory.give_back()

    def _write_all(self) -> None:
        while not self._finishing:
            self._do(self._inbox.get())
            self._take_in()
            while self._step():
                self._cpu_s = time.thread_time()
                self._take_in()

    def _step(self) -> bool:
        began = time.monotonic()
        more = self._composition.step(self._until)
        if self._finishing:
            self._give_way(time.monotonic() - began)
        else:
            self._courtesy.report(self, self._composition.behind_s(self._until))
        return more

    def _give_way(self, worked_s: float) -> None:
        self._courtesy.leave(self)
        pause_s = self._courtesy.pause_s(worked_s, self._paused_s)
        if pause_s:
            self._paused_s += pause_s
            time.sleep(pause_s)

    def _take_in(self) -> None:
        while not self._inbox.empty():
            self._do(self._inbox.get())

    def _do(self, command: Command | None) -> None:
        if command is not None:
            command(self._composition)

    def _end(self, _composition: Composition) -> None:
        self._finishing = True

    def _complete(self) -> None:
        self._composition.close()
        part = part_of(self._path)
        if part.exists():
            mp4.finish(part, self._path)
        else:
            self._path.write_bytes(b"")
        self._cpu_s = time.thread_time()


def part_of(path: Path) -> Path:
    """Where a recording grows before it is whole."""
    return path.with_suffix(".part.mp4")


def recover(path: Path) -> RecordingResult | None:
    """Finishes the file that a kill left half-written; `path` is the recording's own, not the part's.

    None when nothing of it can be played. A file that is whole already is left as it is.
    """
    part = part_of(path)
    try:
        if part.exists() and not path.exists():
            mp4.finish(part, path)
        part.unlink(missing_ok=True)
        if not path.exists() or not path.stat().st_size:
            return None
        return RecordingResult(
            path, mp4.duration_ms(path), path.stat().st_size, mp4.began_at_ms(path), RecorderStats()
        )
    except (av.FFmpegError, OSError) as error:
        log.warning("recording %s cannot be recovered: %s", path.name, error)
        return None

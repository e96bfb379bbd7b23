"""Archives with outputMode individual: each stream in a file of its own, all in a ZIP with a manifest."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av

from localtok.recording.receive.encoded_peer import EncodedPeer
from localtok.recording.receive.flow import Flow
from localtok.recording.recorder import (
    RecordedStream,
    RecorderError,
    RecorderSettings,
    RecorderStats,
    RecordingResult,
)
from localtok.recording.write.bundle import folder_of, note, put_together
from localtok.recording.write.webm import Encoded, WebmFile

log = logging.getLogger(__name__)

# Frames wait until their clock has settled and the other kind's of the same time have come.
HOLD_S = 1.0
# A stream whose picture does not come is kept with its sound alone.
PICTURE_TIMEOUT_S = 5.0
# Looks without a packet, five a second, after which a stream counts as silent.
SILENT_LOOKS = 6


@dataclass(frozen=True)
class IndividualStream(RecordedStream):
    """`kinds` are recorded if the publisher sends them, muted or not."""

    connection_data: str = ""
    kinds: frozenset[str] = frozenset({"audio", "video"})


@dataclass
class Piece:
    """One file: a stream from when it was connected until it ended or its connection was lost."""

    stream: RecordedStream
    path: Path
    kinds: set[str]
    peer: EncodedPeer | None = None
    held: deque[tuple[float, str, Callable[[], float], bytes]] = field(default_factory=deque)
    file: WebmFile | None = None
    waiting_since: float | None = None

    def entry(self) -> dict[str, Any]:
        """The manifest's entry of this file (guide on individual stream archives)."""
        assert self.file is not None  # noqa: S101 - only pieces with a file have an entry
        return {
            "connectionData": getattr(self.stream, "connection_data", ""),
            "filename": self.path.name,
            "size": self.path.stat().st_size,
            "startTimeOffset": self.file.began_ms,
            "stopTimeOffset": self.file.ended_ms,
            "streamId": self.stream.stream_id,
            "videoType": self.stream.video_type,
        }


class IndividualRecorder:
    """Used as `Recorder` is. `about` is what the manifest says of the archive. Packets are copied, so this
    costs next to nothing; files are written on a thread of their own."""

    def __init__(
        self,
        path: Path,
        settings: RecorderSettings,
        on_failure: Callable[[Exception], None] | None = None,
        about: dict[str, Any] | None = None,
    ) -> None:
        self._path = path
        self._folder = folder_of(path)
        self._settings = settings
        self._on_failure = on_failure
        self._about = about or {}
        self._pieces: dict[str, Piece] = {}
        self._done: list[Piece] = []
        self._delivered: set[str] = set()
        self._flow = Flow(SILENT_LOOKS)
        self._news = asyncio.Event()
        self._writer = ThreadPoolExecutor(1, thread_name_prefix=f"write {path.name}")
        self._paused = False
        self._failed = False
        # Known exactly once the clock of the first stream has settled, which is when it is first written.
        self._began_s: float | None = None
        self._settled = False
        self._ended_ms = 0
        self._stopping: asyncio.Future[RecordingResult] | None = None
        self._beats: asyncio.Task[None] | None = None

    async def start(self) -> None:
        await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True)
        (self._folder / "about.json").write_text(json.dumps(self._about))
        self._beats = asyncio.create_task(self._beat(), name=f"beats of {self._path.name}")

    async def attach(self, stream: RecordedStream, offer_sdp: str) -> str:
        """Raises RecorderError when the offer is unusable or the recorder has ended."""
        if self._stopping is not None or self._failed:
            raise RecorderError("the recorder does not run: it has ended or failed")
        await self.detach(stream.stream_id)
        kinds = self._kinds(stream)
        piece = Piece(stream, self._folder / self._name(stream.stream_id), kinds)
        piece.peer = EncodedPeer(kinds, lambda kind, at, data: self._take(piece, kind, at, data))
        self._pieces[stream.stream_id] = piece
        try:
            async with asyncio.timeout(10):
                return await piece.peer.answer(offer_sdp)
        except Exception as error:
            await self.detach(stream.stream_id)
            raise RecorderError(f"stream {stream.stream_id} cannot be received: {error!r}") from error

    async def detach(self, stream_id: str) -> None:
        piece = self._pieces.pop(stream_id, None)
        if piece is None or piece.peer is None:
            return
        await piece.peer.close()
        await self._write(piece, float("inf"))
        if piece.file is not None:
            self._done.append(piece)
            await self._on_thread(piece.file.close)
            await self._on_thread(note, self._folder, piece.entry())

    def update(self, stream: RecordedStream) -> None:
        """A muted stream goes on as silence and black, which is what its publisher sends."""

    async def wait_for_media(self, stream_ids: Iterable[str], timeout_s: float) -> set[str]:
        wanted = set(stream_ids)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while not wanted <= self._delivered:
                    self._news.clear()
                    await self._news.wait()
        return wanted & self._delivered

    async def pause(self) -> None:
        self._paused = True

    async def resume(self) -> None:
        self._paused = False

    async def stop(self) -> RecordingResult:
        if self._stopping is None:
            self._stopping = asyncio.ensure_future(self._stop())
        return await asyncio.shield(self._stopping)

    @property
    def heard(self) -> set[str]:
        """The streams from which media has come, and comes still."""
        return {stream_id for stream_id in self._delivered if self._flow.arrives(stream_id)}

    def stats(self) -> RecorderStats:
        return RecorderStats()

    @property
    def recorded_ms(self) -> int:
        return self._ended_ms

    @property
    def began_at_ms(self) -> int | None:
        """Unix time of the first frame."""
        if self._began_s is None:
            return None
        return round((self._began_s + time.time() - time.monotonic()) * 1000)

    def _kinds(self, stream: RecordedStream) -> set[str]:
        wanted = {"audio"} if self._settings.has_audio else set()
        wanted |= {"video"} if self._settings.has_video else set()
        return wanted & stream.kinds if isinstance(stream, IndividualStream) else wanted

    def _name(self, stream_id: str) -> str:
        earlier = sum(1 for piece in self._done if piece.stream.stream_id == stream_id)
        return f"{stream_id}-{earlier + 1}.webm" if earlier else f"{stream_id}.webm"

    def _take(self, piece: Piece, kind: str, at: Callable[[], float], data: bytes) -> None:
        if self._paused:
            return
        if self._began_s is None:
            self._began_s = at()
        if piece.stream.stream_id not in self._delivered:
            self._delivered.add(piece.stream.stream_id)
            self._look()
        self._news.set()
        piece.held.append((time.monotonic(), kind, at, data))

    def _look(self) -> None:
        pieces = self._pieces.items()
        self._flow.look({stream_id: piece.peer.packets for stream_id, piece in pieces if piece.peer})

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(0.2)
            self._look()
            for piece in list(self._pieces.values()):
                try:
                    await self._write(piece, time.monotonic() - HOLD_S)
                except (OSError, av.FFmpegError) as error:
                    self._fail(error)
                    return

    def _fail(self, error: Exception) -> None:
        log.error("recording %s failed", self._path.name, exc_info=error)
        self._failed = True
        if self._on_failure is not None:
            self._on_failure(error)

    async def _write(self, piece: Piece, arrived_before: float) -> None:
        due: list[Encoded] = []
        if piece.held and piece.held[0][0] <= arrived_before:
            self._settle([piece, *self._pieces.values()])
        while piece.held and piece.held[0][0] <= arrived_before:
            _, kind, at, data = piece.held.popleft()
            due.append(Encoded(kind, max(0, round((at() - (self._began_s or 0.0)) * 1000)), data))
        if due:
            await self._on_thread(_add_all, piece, sorted(due, key=lambda frame: frame.at_ms))
            self._ended_ms = max(self._ended_ms, due[-1].at_ms)

    def _settle(self, pieces: list[Piece]) -> None:
        if not self._settled:
            self._settled = True
            self._began_s = min(at() for piece in pieces for _, _, at, _ in piece.held)

    async def _on_thread(self, work: Callable[..., None], *arguments: Any) -> None:
        await asyncio.get_running_loop().run_in_executor(self._writer, work, *arguments)

    async def _stop(self) -> RecordingResult:
        if self._beats is not None:
            self._beats.cancel()
            await asyncio.gather(self._beats, return_exceptions=True)
        for stream_id in list(self._pieces):
            await self.detach(stream_id)
        await self._on_thread(put_together, self._path, self._folder)
        self._writer.shutdown(wait=False)
        size = self._path.stat().st_size
        return RecordingResult(self._path, self._ended_ms, size, self.began_at_ms, self.stats())


def _add_all(piece: Piece, frames: list[Encoded]) -> None:
    for frame in frames:
        if piece.file is None:
            piece.file = _begin(piece, frame)
        if piece.file is not None:
            piece.file.add(frame)


def _begin(piece: Piece, frame: Encoded) -> WebmFile | None:
    """The file, when this frame is one to begin with."""
    if piece.waiting_since is None:
        piece.waiting_since = frame.at_ms / 1000
    if frame.kind == "video":
        return WebmFile(piece.path, frame, piece.kinds) if frame.is_key else None
    waited_s = frame.at_ms / 1000 - piece.waiting_since
    if "video" not in piece.kinds or waited_s > PICTURE_TIMEOUT_S:
        return WebmFile(piece.path, frame, {"audio"})
    return None

"""How archives end: files are finished, or saved from what broke, and rows say what became of them."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import logging
from dataclasses import asdict
from pathlib import Path
from typing import Any

from localtok.archives.archive import Archive, Archives, Status
from localtok.archives.limits import FAILURE, SESSION_ENDED
from localtok.archives.recording import Recording
from localtok.archives.storage import Storages
from localtok.errors import NotFound
from localtok.process.apart import apart
from localtok.process.store import Store
from localtok.process.tasks import Tasks
from localtok.recording.recorder import RecordingResult, recover
from localtok.recording.write.bundle import recover_individual

log = logging.getLogger(__name__)

SHUTDOWN_TIMEOUT_S = 30.0


class Endings:
    """`recordings` are those of live archives, by id; one that has ended is taken out."""

    def __init__(
        self,
        archives: Archives,
        store: Store,
        storages: Storages,
        tasks: Tasks,
        recordings: dict[str, Recording],
    ) -> None:
        self._storages = storages
        self._archives = archives
        self._store = store
        self._tasks = tasks
        self._recordings = recordings
        self._finishing: set[asyncio.Task[None]] = set()

    def end(self, archive: Archive, reason: str) -> None:
        self._archives.set_status(archive, Status.STOPPED, reason)
        task = self._tasks.spawn(self._finish(archive), f"finish archive {archive.id}")
        self._finishing.add(task)
        task.add_done_callback(self._finishing.discard)

    def fail(self, archive: Archive, error: Exception) -> None:
        log.error("archive %s failed", archive.id, exc_info=error)
        if not archive.live:
            return
        self._archives.set_status(archive, Status.FAILED, FAILURE)
        self._tasks.spawn(self._finish(archive), f"close failed archive {archive.id}")

    async def end_every(self) -> None:
        """Ends whatever records, and waits for the files."""
        for archive in self._archives:
            if archive.live:
                self.end(archive, SESSION_ENDED)
        await self._finished()

    def take_up(self) -> None:
        """Finishes what an earlier process left half-done."""
        interrupted = [
            archive for archive in self._archives if archive.live or archive.status == Status.STOPPED
        ]
        for archive in interrupted:
            if archive.live:
                self._archives.set_status(archive, Status.STOPPED, SESSION_ENDED)
        self._tasks.spawn(self._recover(interrupted), "recover archives")

    def drop_file(self, archive: Archive, status: Status) -> None:
        self._store.media_path(archive.id, archive.suffix).unlink(missing_ok=True)
        self._store.remove("receptions", archive.id)
        self._archives.set_status(archive, status)

    def reception(self, archive: Archive) -> dict[str, Any]:
        """RecorderStats of a finished archive: what of each stream arrived, and what became of it."""
        found = self._store.read("receptions", archive.id)
        if found is None:
            raise NotFound(f"Nothing is known of what the archive received: it is {archive.status.value}.")
        return found

    async def _finish(self, archive: Archive) -> None:
        recording = self._recordings[archive.id]
        try:
            result: RecordingResult | None = await recording.close()
        except Exception:
            log.exception("archive %s could not be finished; keeping what can be played of it", archive.id)
            result = await self._recovered(archive)
        del self._recordings[archive.id]
        await self._settle(archive, result)

    async def _settle(self, archive: Archive, result: RecordingResult | None) -> None:
        if archive.status != Status.STOPPED:
            return
        digest = await self._digest(archive, result)
        if result is None or digest is None:
            self._archives.set_status(archive, Status.FAILED, FAILURE)
            return
        archive.duration_s = round(result.duration_ms / 1000)
        archive.size = result.size
        if result.stats.received:
            self._store.save("receptions", archive.id, asdict(result.stats))
        archive.began_ms = result.began_at_ms or archive.began_ms
        archive.sha256sum = digest
        await self._place(archive, result.path)

    async def _place(self, archive: Archive, path: Path) -> None:
        """Into the project's own storage if it has one, and no file is left here then."""
        target = self._storages.of(archive.project_key)
        if target is None:
            self._archives.set_status(archive, Status.AVAILABLE)
            return
        try:
            await apart(self._storages.upload, target, archive, path)
        except OSError:
            log.exception("archive %s was not uploaded to %s", archive.id, target.bucket)
            status, reason = (Status.AVAILABLE, None) if target.fallback else (Status.FAILED, FAILURE)
            self._archives.set_status(archive, status, reason)
            return
        self._archives.set_status(archive, Status.UPLOADED)
        path.unlink(missing_ok=True)

    async def _digest(self, archive: Archive, result: RecordingResult | None) -> str | None:
        try:
            return await apart(_sha256, result.path) if result else None
        except OSError:
            log.exception("archive %s: its file cannot be read", archive.id)
            return None

    async def _recover(self, interrupted: list[Archive]) -> None:
        for archive in interrupted:
            await self._settle(archive, await self._recovered(archive))

    async def _recovered(self, archive: Archive) -> RecordingResult | None:
        try:
            path = self._store.media_path(archive.id, archive.suffix)
            work = recover if archive.output_mode == "composed" else recover_individual
            return await apart(work, path)
        except Exception:
            log.exception("archive %s could not be recovered", archive.id)
            return None

    async def _finished(self) -> None:
        if self._finishing:
            _, late = await asyncio.wait(self._finishing, timeout=SHUTDOWN_TIMEOUT_S)
            if late:
                log.error("%d archives not finished in time; the next start recovers them", len(late))


def _sha256(path: Path) -> str:
    """The file's SHA-256 in base64, as the vendor reports it."""
    with path.open("rb") as file:
        return base64.b64encode(hashlib.file_digest(file, "sha256").digest()).decode()

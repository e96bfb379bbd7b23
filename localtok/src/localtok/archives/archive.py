"""Archives: what each was asked for, its status, and the rules by which time changes it. No media."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from localtok.process.clock import Clock
from localtok.process.store import Store

log = logging.getLogger(__name__)


class Status(StrEnum):
    STARTED = "started"
    PAUSED = "paused"
    STOPPED = "stopped"
    AVAILABLE = "available"
    UPLOADED = "uploaded"
    EXPIRED = "expired"
    FAILED = "failed"
    DELETED = "deleted"


LIVE = frozenset({Status.STARTED, Status.PAUSED})
DELETABLE = frozenset({Status.AVAILABLE, Status.UPLOADED, Status.DELETED})


@dataclass
class Archive:
    id: str
    session_id: str
    project_key: str
    called_ms: int
    name: str | None = None
    has_audio: bool = True
    has_video: bool = True
    output_mode: str = "composed"
    stream_mode: str = "auto"
    resolution: str = "640x480"
    layout: str = "bestFit"
    # The layout while somebody shares a screen; "" is the same one.
    screenshare_layout: str = ""
    # Of layout `custom`.
    stylesheet: str = ""
    multi_archive_tag: str | None = None
    max_bitrate: int | None = None
    quantization_parameter: int | None = None
    has_transcription: bool = False
    unified: bool = False
    # Started by localtok itself, for a session with archiveMode always.
    automatic: bool = False
    # In manual stream mode: which streams are recorded, each with [sound, picture].
    selection: dict[str, list[bool]] = field(default_factory=dict)
    status: Status = Status.STARTED
    reason: str = ""
    # When recording truly began, as against when the start was called.
    began_ms: int | None = None
    updated_ms: int = 0
    duration_s: int = 0
    size: int = 0
    # Base64, once there is a file.
    sha256sum: str = ""
    published: bool = False
    # The recorded time is what was counted before the present stretch, plus that stretch.
    counted_ms: int = 0
    running_since_ms: int | None = None
    paused_since_ms: int | None = None
    available_ms: int | None = None

    @property
    def live(self) -> bool:
        return self.status in LIVE

    @property
    def suffix(self) -> str:
        return ".zip" if self.output_mode == "individual" else ".mp4"

    def records(self, stream_id: str) -> list[bool] | None:
        """Whether the stream's sound and picture are recorded; None when it is not at all."""
        if self.stream_mode == "auto":
            return [True, True]
        return self.selection.get(stream_id)

    def recorded_ms(self, now_ms: int) -> int:
        running_ms = now_ms - self.running_since_ms if self.running_since_ms is not None else 0
        return self.counted_ms + running_ms

    def for_rest(self, url: str | None) -> dict[str, Any]:
        """The archive object of the vendor's REST answers."""
        return {
            "id": self.id,
            "status": self.status.value,
            "name": self.name,
            "reason": self.reason,
            "sessionId": self.session_id,
            **self._project(),
            "createdAt": self.began_ms or self.called_ms,
            "updatedAt": self.updated_ms,
            "size": self.size,
            "duration": self.duration_s,
            "outputMode": self.output_mode,
            "streamMode": self.stream_mode,
            "hasAudio": self.has_audio,
            "hasVideo": self.has_video,
            "hasTranscription": self.has_transcription,
            "sha256sum": self.sha256sum,
            "password": "",
            "url": url,
            "event": "archive",
            **self._chosen(),
        }

    def _project(self) -> dict[str, Any]:
        if self.unified:
            return {"applicationId": self.project_key}
        number = int(self.project_key) if self.project_key.isdigit() else self.project_key
        return {"projectId": number, "partnerId": number}

    def _chosen(self) -> dict[str, Any]:
        """What the vendor reports only of archives that have it: the resolution of composed ones, the options
        of a start that were given, and the streams of a manual one while its status is started."""
        options: dict[str, Any] = {
            "resolution": self.resolution if self.output_mode == "composed" else None,
            "multiArchiveTag": self.multi_archive_tag,
            "maxBitrate": self.max_bitrate,
            "quantizationParameter": self.quantization_parameter,
        }
        if self.stream_mode == "manual" and self.status == Status.STARTED:
            options["streams"] = self._selected()
        return {name: value for name, value in options.items() if value is not None}

    def _selected(self) -> list[dict[str, Any]]:
        return [
            {"streamId": stream_id, "hasAudio": sound, "hasVideo": picture}
            for stream_id, (sound, picture) in self.selection.items()
        ]

    def manifest(self) -> dict[str, Any]:
        """What the manifest of an individual archive says of the archive."""
        project = {name: value for name, value in self._project().items() if name != "projectId"}
        about = {"createdAt": self.called_ms, "id": self.id, "name": self.name, "sessionId": self.session_id}
        return {**about, **project}

    def for_callback(self, url: str | None) -> dict[str, Any]:
        """As in REST, but `createdAt` is the time of the start call, rounded to a second."""
        return {**self.for_rest(url), "createdAt": round(self.called_ms / 1000) * 1000}


class Archives:
    """Every archive of the project, oldest first. `on_change` hears each change of status."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self.on_change: list[Callable[[Archive], None]] = []
        loaded = [_from_record(record) for record in store.load("archives")]
        self._archives = {a.id: a for a in sorted(loaded, key=lambda archive: archive.called_ms)}

    def __iter__(self) -> Iterator[Archive]:
        return iter(list(self._archives.values()))

    def add(self, archive: Archive) -> None:
        """Take in a newly started archive and report its status."""
        self._take_in(archive)
        archive.running_since_ms = archive.updated_ms
        self._changed(archive)

    def add_waiting(self, archive: Archive) -> None:
        """Take in a new archive that records nothing yet: paused, and no callback until that is settled."""
        archive.status = Status.PAUSED
        self._take_in(archive)
        archive.paused_since_ms = archive.updated_ms
        self.save(archive)

    def _take_in(self, archive: Archive) -> None:
        archive.updated_ms = self._clock.now_ms()
        self._archives[archive.id] = archive
        log.info("archive %s: new → %s", archive.id, archive.status.value)

    def find(self, archive_id: str) -> Archive | None:
        return self._archives.get(archive_id)

    def live_in(self, session_id: str) -> list[Archive]:
        return [a for a in self._archives.values() if a.session_id == session_id and a.live]

    def page(
        self, project_key: str, offset: int, count: int, session_id: str | None
    ) -> tuple[int, list[Archive]]:
        """How many there are, and `count` of them from `offset`, newest first; deleted ones are left out."""
        listed = [
            a
            for a in reversed(self._archives.values())
            if a.status != Status.DELETED
            and a.project_key == project_key
            and session_id in (None, a.session_id)
        ]
        return len(listed), listed[offset : offset + count]

    def save(self, archive: Archive) -> None:
        self._store.save("archives", archive.id, asdict(archive))

    def forget_all(self) -> None:
        for archive in self:
            self._store.media_path(archive.id, archive.suffix).unlink(missing_ok=True)
            self._store.remove("archives", archive.id)
            self._store.remove("receptions", archive.id)
        self._archives.clear()

    def set_status(self, archive: Archive, status: Status, reason: str | None = None) -> None:
        """The only place where a status changes."""
        now_ms = self._clock.now_ms()
        log.info("archive %s: %s → %s %s", archive.id, archive.status.value, status.value, reason or "")
        archive.counted_ms = archive.recorded_ms(now_ms)
        archive.running_since_ms = now_ms if status == Status.STARTED else None
        archive.paused_since_ms = now_ms if status == Status.PAUSED else None
        if status == Status.AVAILABLE:
            archive.available_ms = now_ms
        archive.status = status
        archive.reason = archive.reason if reason is None else reason
        archive.updated_ms = now_ms
        self._changed(archive)

    def _changed(self, archive: Archive) -> None:
        self.save(archive)
        for listener in self.on_change:
            listener(archive)


def _from_record(record: dict[str, Any]) -> Archive:
    return Archive(**{**record, "status": Status(record["status"])})

"""The ZIP of an individual archive: the files of its streams, and a manifest made of a note on each.

Notes are written when a file is whole, so that what a kill leaves behind can still be put together.
"""

from __future__ import annotations

import json
import logging
import shutil
import zipfile
from pathlib import Path
from typing import Any

import av

from localtok.recording.statistics import RecorderStats
from localtok.recording.write.encoder import RecordingResult

log = logging.getLogger(__name__)

MANIFEST = "manifest.json"


def folder_of(path: Path) -> Path:
    """Where the files grow that the ZIP will contain."""
    return path.with_suffix(".streams")


def recover_individual(path: Path) -> RecordingResult | None:
    """Makes the ZIP of what a kill left behind; None when there is nothing in it."""
    folder = folder_of(path)
    if folder.exists():
        for file in sorted(folder.glob("*.webm")):
            _note_unfinished(folder, file)
        put_together(path, folder)
    if not path.exists():
        return None
    with zipfile.ZipFile(path) as archive:
        files = json.loads(archive.read(MANIFEST))["files"]
    if not files:
        return None
    length_ms = max(entry["stopTimeOffset"] for entry in files)
    return RecordingResult(path, length_ms, path.stat().st_size, None, RecorderStats())


def note(folder: Path, entry: dict[str, Any]) -> None:
    (folder / f"{entry['filename']}.json").write_text(json.dumps(entry))


def _note_unfinished(folder: Path, file: Path) -> None:
    if (folder / f"{file.name}.json").exists():
        return
    try:
        with av.open(str(file)) as media:
            last = max((p.pts * p.time_base for p in media.demux() if p.pts is not None), default=0)
    except av.FFmpegError as error:
        log.warning("%s cannot be read and is left out: %s", file.name, error)
        return
    length_ms = round(float(last) * 1000)
    stream_id = file.stem[:36]
    media_entry = {"filename": file.name, "size": file.stat().st_size, "streamId": stream_id}
    # Nobody is left who knows its beginning or its publisher.
    unknown = {"connectionData": "", "startTimeOffset": 0, "videoType": "camera"}
    note(folder, {**unknown, **media_entry, "stopTimeOffset": length_ms})


def put_together(path: Path, folder: Path) -> None:
    """Writes the ZIP whole or not at all, and clears the folder. Video is not compressed a second time."""
    entries = [json.loads(note.read_text()) for note in sorted(folder.glob("*.webm.json"))]
    about = json.loads((folder / "about.json").read_text())
    fresh = path.with_suffix(".zip.new")
    with zipfile.ZipFile(fresh, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(MANIFEST, json.dumps({**about, "files": entries}, indent=2))
        for entry in entries:
            archive.write(folder / entry["filename"], entry["filename"])
    fresh.replace(path)
    shutil.rmtree(folder)

"""What a new process finds of an old one: sessions, archives, and files that a kill left half-written."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from localtok.archives import finishing
from localtok.archives.archive import Archive, Archives, Status
from localtok.process.clock import Clock
from localtok.process.store import Store
from localtok.recording.recorder import RecorderStats, RecordingResult
from localtok.server import Localtok, Settings
from localtok_tests.conftest import KEY, SECRET, Sdk, StubRecorder, until


async def test_a_restart_keeps_sessions_and_finishes_recordings(
    data_dir: Path, serve: Any, pages: Any
) -> None:
    async with Localtok(Settings(KEY, SECRET, data_dir), recorder_factory=StubRecorder) as first:
        sdk = Sdk(first.url)
        session_id = await sdk.routed_session()
        await pages(first, session_id)
        started = await sdk.start_archive(session_id, name="hearing", multi_archive_tag="a")
    second = await serve()
    await pages(second, session_id)
    archive = await Sdk(second.url).get_archive(started.id)
    assert (archive.status, archive.name, archive.duration) == ("available", "hearing", 4)
    assert second.archiving.get(started.id).multi_archive_tag == "a"


@pytest.mark.parametrize("whole", [True, False])
async def test_it_recovers_what_a_kill_left(
    data_dir: Path, serve: Any, monkeypatch: pytest.MonkeyPatch, whole: bool
) -> None:
    store = Store(data_dir)
    Archives(store, Clock()).add(Archive("killed", "2_gone", KEY, 1000))

    def recover(path: Path) -> RecordingResult | None:
        assert path == store.media_path("killed")
        path.write_bytes(b"saved")
        return RecordingResult(path, 9000, 77, 2000, RecorderStats()) if whole else None

    monkeypatch.setattr(finishing, "recover", recover)
    server = await serve()
    archive = server.archiving.get("killed")
    await until(lambda: archive.status in (Status.AVAILABLE, Status.FAILED))
    expected = (Status.AVAILABLE, 9, 77, 2000) if whole else (Status.FAILED, 0, 0, None)
    assert (archive.status, archive.duration_s, archive.size, archive.began_ms) == expected


async def test_an_unreadable_record_does_not_stop_the_others(data_dir: Path) -> None:
    store = Store(data_dir)
    Archives(store, Clock()).add(Archive("good", "2_gone", KEY, 1000))
    (data_dir / "archives" / "bad.json").write_text("{")
    assert [archive.id for archive in Archives(Store(data_dir), Clock())] == ["good"]


async def test_the_command_serves_until_it_is_told_to_end(data_dir: Path) -> None:
    command = [sys.executable, "-m", "localtok", "--port", "0", "--api-key", KEY, "--api-secret", SECRET]
    process = await asyncio.create_subprocess_exec(
        *command, "--data-dir", str(data_dir), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    async with asyncio.timeout(60):
        words = (await process.stdout.readline()).decode().split()
        assert words[:2] == ["localtok", "ready"]
        async with aiohttp.ClientSession() as http, http.get(f"{words[2]}/healthz") as response:
            assert (response.status, await response.json()) == (200, {"status": "ok"})
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0

"""Recordings that are being finished keep neither those that run nor those that begin waiting."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from threading import Event

import pytest

from localtok.recording.recorder import Recorder
from localtok.recording.settings import RecorderSettings
from localtok.recording.write import courtesy
from localtok.recording.write.courtesy import LONGEST_S, PAUSES, Courtesy
from localtok.recording.write.encoder import EncodeThread

MANY = 80


def test_a_finishing_recording_pauses_only_while_a_running_one_is_behind() -> None:
    shared = Courtesy()
    assert shared.pause_s(0.01, 0) == 0
    shared.report("ann", 0.1)
    assert shared.pause_s(0.01, 0) == 0
    shared.report("ben", 2.0)
    assert shared.pause_s(0.01, 0) == 0.01 * PAUSES
    shared.leave("ben")
    assert shared.pause_s(0.01, 0) == 0


def test_it_gives_way_for_a_limited_time_in_all() -> None:
    shared = Courtesy()
    shared.report("ann", 99.0)
    assert shared.pause_s(1.0, LONGEST_S - 1) == 1
    assert shared.pause_s(1.0, LONGEST_S) == 0


def test_a_thread_gives_way_once_it_finishes_and_is_not_waited_for(tmp_path: Path) -> None:
    asked: list[float] = []

    class Watched(Courtesy):
        def pause_s(self, worked_s: float, paused_s: float) -> float:
            asked.append(worked_s)
            return super().pause_s(worked_s, paused_s)

    shared = Watched()
    thread = EncodeThread(tmp_path / "a.mp4", RecorderSettings(), 0.0, lambda error: None, shared)
    thread.start()
    thread.write_until(5.0)
    written = Event()
    thread.post(lambda _composition: written.set())
    assert written.wait(5)
    assert asked == []
    thread.finish(6.0)
    assert asked
    assert shared._behind_s == {}


async def test_a_recorder_reports_how_late_the_event_loop_is_and_not_for_longer_than_it_runs(
    tmp_path: Path,
) -> None:
    recorder = Recorder(tmp_path / "a.mp4", RecorderSettings())
    await recorder.start()
    await asyncio.sleep(0.1)
    time.sleep(0.5)
    await asyncio.sleep(0.01)
    assert courtesy.SHARED._behind_s[recorder] > 0.3
    await recorder.stop()
    assert recorder not in courtesy.SHARED._behind_s


async def test_a_recorder_starts_while_many_are_being_finished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = Event()
    monkeypatch.setattr(EncodeThread, "finish", lambda self, media_s: over.wait(30))
    finishing: list[asyncio.Task[object]] = []
    new = Recorder(tmp_path / "new.mp4", RecorderSettings())
    try:
        async with asyncio.timeout(10):
            for number in range(MANY):
                recorder = Recorder(tmp_path / f"{number}.mp4", RecorderSettings())
                await recorder.start()
                finishing.append(asyncio.create_task(recorder.stop()))
                await asyncio.sleep(0.01)
            await new.start()
        assert not any(task.done() for task in finishing)
    finally:
        over.set()
        for task in finishing:
            task.cancel()
        await asyncio.gather(*finishing, return_exceptions=True)
        if new._beats:
            new._beats.cancel()


def test_all_threads_of_a_process_share_one_courtesy(tmp_path: Path) -> None:
    thread = EncodeThread(tmp_path / "a.mp4", RecorderSettings(), 0.0, lambda error: None)
    assert thread._courtesy is courtesy.SHARED

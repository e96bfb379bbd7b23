import os
import subprocess
import sys
from pathlib import Path

import pytest

from localtok.recording.compose.layout import Tile
from localtok.recording.recorder import Recorder, RecorderError, RecorderSettings
from localtok.recording.write.encoder import EncodeThread, part_of, recover
from localtok_tests.recording.test_recorder_composition import START, Person, numbers

SETTINGS = RecorderSettings(640, 360)
WHOLE = Tile(0, 0, 640, 360)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "archive.mp4"


def kill_while_recording(path: Path) -> int:
    """The number of frames that were handed to the encoder before SIGKILL."""
    command = [sys.executable, "-m", "localtok_tests.recording.recorder_victim", str(path)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as victim:
        assert victim.stdout is not None
        written = 0
        while written < 180:
            written = int(victim.stdout.readline())
        victim.kill()
    return written


@pytest.mark.media
@pytest.mark.realtime
def test_a_killed_recording_is_finished_into_a_playable_file(path: Path) -> None:
    written = kill_while_recording(path)
    assert not path.exists()
    result = recover(path)
    assert result is not None
    assert result.began_at_ms == START * 1000
    assert result.size == path.stat().st_size
    assert not part_of(path).exists()
    # A fragment holds a second, and another may have been on its way.
    seen = numbers(path, WHOLE)
    assert len(seen) >= written - 55
    assert result.duration_ms == pytest.approx(len(seen) * 40, abs=60)
    assert seen == [index // 2 for index in range(len(seen))]


def record(path: Path, seconds: float) -> EncodeThread:
    thread = EncodeThread(path, SETTINGS, 0.0, pytest.fail)
    thread.start()

    def send(composition) -> None:
        person = Person(composition, 1).connect()
        person.send(0, seconds)
        person.speak(0, seconds)

    thread.post(send)
    thread.finish(START + seconds)
    return thread


@pytest.mark.media
@pytest.mark.realtime
def test_a_truncated_last_fragment_is_left_out(path: Path) -> None:
    kill_while_recording(path)
    part = part_of(path)
    part.write_bytes(part.read_bytes()[:-5000])
    assert recover(path) is not None
    seen = numbers(path, WHOLE)
    assert len(seen) >= 100
    assert seen == [index // 2 for index in range(len(seen))]


def test_a_file_without_its_header_cannot_be_recovered(path: Path) -> None:
    part_of(path).write_bytes(b"\0\0\0\x1cftypisom")
    assert recover(path) is None


def test_nothing_is_recovered_from_nothing(path: Path) -> None:
    assert recover(path) is None


def test_a_whole_file_is_left_as_it_is(path: Path) -> None:
    written = record(path, 1).result()
    before = path.read_bytes()
    part_of(path).write_bytes(b"left over after the rename")
    result = recover(path)
    assert result is not None
    assert (path.read_bytes(), part_of(path).exists()) == (before, False)
    assert (result.began_at_ms, result.duration_ms) == (written.began_at_ms, written.duration_ms)


def test_a_finished_file_starts_fast(path: Path) -> None:
    record(path, 1)
    content = path.read_bytes()
    assert 0 < content.index(b"moov") < content.index(b"mdat")
    assert b"moof" not in content


async def test_a_recording_without_media_is_an_empty_file(path: Path) -> None:
    recorder = Recorder(path, SETTINGS)
    await recorder.start()
    result = await recorder.stop()
    assert (result.size, result.duration_ms, result.began_at_ms) == (0, 0, None)
    assert path.read_bytes() == b""


async def test_a_write_error_is_told_and_what_was_written_is_kept(path: Path) -> None:
    told: list[Exception] = []
    recorder = Recorder(path, SETTINGS, told.append)
    await recorder.start()

    def fail(_composition) -> None:
        raise OSError("no space left on device")

    recorder._tell(fail)
    with pytest.raises(RecorderError, match="no space left"):
        await recorder.stop()
    assert [str(error) for error in told] == ["no space left on device"]

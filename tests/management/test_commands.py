"""The operators' commands: what they print, what they change, and how they end."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from archives import clock
from archives.models import Callback, Room, StreamPresence
from archives.web import access

pytestmark = pytest.mark.django_db
KEY, SECRET = "100", "localtok-secret"


def run(*words: str) -> str:
    out = io.StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


# --- create_room -------------------------------------------------------------------------------------
def test_it_creates_a_room_and_tells_its_links() -> None:
    told = run("create_room", "court-3", "--name", "Court 3", "--access", "login", "--restart-after", "600")
    assert "/rooms/court-3/\n" in told
    assert "/rooms/court-3/host/" in told
    room = Room.objects.get(slug="court-3")
    assert (room.name, room.access, room.restart_after) == ("Court 3", "login", 600)


def test_a_room_by_invitation_comes_with_one() -> None:
    told = run("create_room", "court-3", "--access", "invite")
    (invitation,) = Room.objects.get(slug="court-3").invitations.all()
    assert f"?invite={access.link_text(invitation)}\n" in told


@pytest.mark.parametrize("slug", ["main", "two words", "", "x" * 81])
def test_it_refuses_a_bad_or_taken_slug(slug: str) -> None:
    with pytest.raises(CommandError, match="slug"):
        run("create_room", slug)
    assert Room.objects.count() == 1


@pytest.mark.parametrize("seconds", ["0", "9", "86401"])
def test_it_refuses_an_impossible_age_for_restarts(seconds: str) -> None:
    with pytest.raises(CommandError, match="10 to 86400"):
        run("create_room", "court-3", "--restart-after", seconds)
    assert Room.objects.count() == 1


# --- cleanup -----------------------------------------------------------------------------------------
@pytest.fixture
def leftovers(settings: Any, tmp_path: Path) -> Path:
    settings.ARCHIVES_DIR = str(tmp_path)
    for number, age in enumerate([1, 40]):
        at = clock.now() - timedelta(days=age)
        Callback.objects.create(source="archive", body="{}", digest=str(number), received_at=at)
        StreamPresence.objects.create(
            room=Room.objects.get(), session="primary", stream_id=str(number), destroyed_at=at
        )
    parts = tmp_path / ".parts"
    parts.mkdir()
    for name, age in (("new", 1), ("old", 10)):
        path = parts / f"{name}.part"
        path.write_bytes(b"12345")
        os.utime(path, (time.time() - age * 86_400,) * 2)
    (tmp_path / "recording.mp4").write_bytes(b"a recording of any age")
    return tmp_path


def test_it_removes_what_is_old_and_no_recording(leftovers: Path) -> None:
    told = run("cleanup")
    assert "1 callbacks removed" in told
    assert "1 broken-off transfers (5 bytes) removed" in told
    assert (Callback.objects.count(), StreamPresence.objects.count()) == (1, 1)
    assert {path.name for path in leftovers.rglob("*.*")} >= {"new.part", "recording.mp4"}
    assert not (leftovers / ".parts/old.part").exists()


def test_it_removes_what_killed_exports_and_previews_left(leftovers: Path) -> None:
    parts = leftovers / ".parts"
    for name in (".1.mp4.part", ".1.mp4.spool", "1.mp4", "copies-x/0001.mp4", "preview-y/thumbnails.jpg"):
        (parts / name).parent.mkdir(exist_ok=True)
        (parts / name).write_bytes(b"12")
        os.utime(parts / name, (time.time() - 10 * 86_400,) * 2)
    (parts / "copies-new").mkdir()
    (parts / "copies-new/0001.mp4").write_bytes(b"12")
    assert "6 broken-off transfers (15 bytes) removed" in run("cleanup")
    assert {path.relative_to(parts).as_posix() for path in parts.rglob("*")} == {
        "new.part", "copies-new", "copies-new/0001.mp4",
    }  # fmt: skip


def test_a_dry_run_says_the_same_and_removes_nothing(leftovers: Path) -> None:
    assert "1 callbacks would be removed" in run("cleanup", "--dry-run")
    assert Callback.objects.count() == 2
    assert (leftovers / ".parts/old.part").exists()


def test_a_transfer_that_goes_meanwhile_does_not_end_it(
    leftovers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = leftovers / ".parts/old.part"

    def another_cleans_up(*_: object) -> Iterator[Path]:
        yield old
        old.unlink()

    monkeypatch.setattr(Path, "rglob", another_cleans_up)
    assert "0 broken-off transfers" in run("cleanup"), "the other one counts it"


def test_it_keeps_for_as_long_as_it_is_told(leftovers: Path) -> None:
    assert "0 callbacks" in run("cleanup", "--older-than", "50", "--dry-run")
    assert "2 callbacks" in run("cleanup", "--older-than", "0.5", "--dry-run")
    with pytest.raises(CommandError, match="days"):
        run("cleanup", "--older-than", "-1")


# --- check_platform, against localtok ----------------------------------------------------------------
@pytest.fixture(scope="module")
def localtok(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = str(tmp_path_factory.mktemp("localtok"))
    command = [sys.executable, "-m", "localtok", "--port", "0", "--api-key", KEY, "--api-secret", SECRET]
    with subprocess.Popen([*command, "--data-dir", folder], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("localtok ready "), line
        yield line.split()[-1]
        process.terminate()


@pytest.fixture
def connected(localtok: str, settings: Any, tmp_path: Path) -> Any:
    settings.API_KEY, settings.API_SECRET = KEY, SECRET
    settings.OPENTOK_API_URL, settings.OPENTOK_SCRIPT_URL = localtok, f"{localtok}/v2/js/opentok.min.js"
    settings.ARCHIVES_DIR = str(tmp_path)
    settings.STORAGES = {
        **settings.STORAGES,
        "archives": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(tmp_path)},
        },
    }
    return settings


def test_all_is_well_with_the_embedded_platform(connected: Any, tmp_path: Path) -> None:
    told = run("check_platform")
    assert "WRONG" not in told
    assert [line.split()[1] for line in told.splitlines()] == [
        "settings", "platform", "clock", "sessions", "script", "storage", "callbacks",
    ]  # fmt: skip
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "value", "wrong"),
    [
        ("API_SECRET", "another-secret", "platform"),
        ("OPENTOK_SCRIPT_URL", "http://127.0.0.1:9/opentok.js", "script"),
        ("SESSION_JOIN_DELAY", -1, "settings"),
    ],
)
def test_it_says_what_is_wrong(connected: Any, name: str, value: Any, wrong: str) -> None:
    setattr(connected, name, value)
    out = io.StringIO()
    with pytest.raises(CommandError, match=wrong):
        call_command("check_platform", stdout=out)
    assert f"WRONG  {wrong}" in out.getvalue()

"""The example of docs/client.py does what it says: its own requests, answered by the site in this process."""

import runpy
import time
from pathlib import Path

import pytest
import requests
from django.contrib.auth.models import User
from rest_framework.test import RequestsClient

from archives.models import ArchiveRun
from tests.support.recording.world import World

CLIENT = Path(__file__).resolve().parents[2] / "docs/client.py"
PASSWORD = "a password of the example's test"


@pytest.fixture
def example(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the script waits, the worker works."""
    User.objects.create_superuser("script", password=PASSWORD)
    monkeypatch.setattr(requests, "Session", RequestsClient)
    monkeypatch.setattr(time, "sleep", world.tick)
    for name, value in {"URL": "http://testserver", "USER": "script", "PASSWORD": PASSWORD}.items():
        monkeypatch.setenv(f"ARCHIVE_{name}", value)


def test_it_records_changes_over_and_prints_the_pieces(
    example: None, capsys: pytest.CaptureFixture[str]
) -> None:
    runpy.run_path(str(CLIENT))
    recorded = ArchiveRun.objects.get(name="Made by a script")
    assert (recorded.status, recorded.segments.count()) == ("complete", 3)
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [line[0] for line in lines] == ["segment"] * 3
    assert [line[3] for line in lines] == [
        f"/media/segments/{s.pk}/" for s in recorded.segments.order_by("ordinal")
    ]


def test_it_says_what_is_wrong(example: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARCHIVE_ROOM", "nowhere")
    with pytest.raises(SystemExit, match=r"^unknown_room: There is no such room"):
        runpy.run_path(str(CLIENT))


def test_it_is_short() -> None:
    lines = [
        line for line in CLIENT.read_text().splitlines() if line and not line.startswith(('"', "import"))
    ]
    assert len(lines) <= 20

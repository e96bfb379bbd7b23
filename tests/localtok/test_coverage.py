"""The page that says what is covered is what the code says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from localtok import coverage
from localtok.archives import Status
from localtok.errors import BadRequest, NotBuilt
from localtok.options import archive_options, session_options
from localtok.server import Localtok
from tests.localtok.conftest import KEY, call

PAGE = Path(__file__).parents[2] / "docs" / "localtok-coverage.md"


def test_the_page_is_made_from_the_code() -> None:
    assert PAGE.read_text() == coverage.table(), (
        "run: python -m localtok.coverage > docs/localtok-coverage.md"
    )


def test_it_finds_the_methods_and_events_that_pages_use() -> None:
    assert {"initSession", "initPublisher", "getDevices"} <= set(coverage.methods("OT"))
    assert {"connect", "publish", "signal", "forceMuteAll"} <= set(coverage.methods("Session"))
    assert {"sessionReconnecting", "archiveStarted", "muteForced"} <= set(coverage.events("Session"))
    assert {"accessDenied", "streamDestroyed", "mediaStopped"} <= set(coverage.events("Publisher"))
    assert "videoDimensionsChanged" in coverage.events("Subscriber")
    assert coverage.events("OT") == ["exception"]


def test_every_callback_is_in_it() -> None:
    listed = coverage.table()
    for name in ("sessionDestroyed", "streamCreated"):
        assert f"| `{name}` | done |" in listed
    for status in Status:
        assert f"| archive, `{status.value}` | {'refused' if status == Status.UPLOADED else 'done'}" in listed


def test_it_speaks_of_nothing_that_is_not_there() -> None:
    for name in coverage.DIFFERS:
        owner, method = name.split(".")
        assert method in coverage.methods(owner)
    for owner, refused in coverage.REFUSED_METHODS.items():
        assert not set(refused.split(", ")) & set(coverage.methods(owner))


def options(described: dict[str, str]) -> list[str]:
    return [option for line in described for option in line.split(", ") if option != "sessionId"]


@pytest.mark.parametrize("option", options(coverage.START_OPTIONS))
def test_every_option_of_a_start_is_checked(option: str) -> None:
    with pytest.raises((BadRequest, NotBuilt), match=option):
        archive_options({option: ["wrong"]})


@pytest.mark.parametrize("option", ["p2p.preference", "archiveMode", "archiveName", "archiveResolution"])
def test_every_option_of_a_session_is_checked(option: str) -> None:
    with pytest.raises(BadRequest, match=option):
        session_options({"archiveMode": "always", option: "x" * 100})


@pytest.mark.parametrize("part", coverage.REFUSED)
async def test_what_is_refused_is_named(server: Localtok, part: str) -> None:
    answer: Any = await call(server, "POST", f"/v2/project/{KEY}{part}")
    assert answer.status_code == 501
    assert re.search(r"Missing: \w+", answer.json()["message"])

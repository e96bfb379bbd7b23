"""The page that says what is covered is what the code says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from localtok.archives.archive import Status
from localtok.errors import BadRequest, NotBuilt
from localtok.http import coverage
from localtok.http.options import archive_options, session_options
from localtok.server import Localtok
from localtok_tests.conftest import KEY, call
from localtok_tests.types.comparison import compared, listed
from localtok_tests.types.evidence import differing, in_page_tests, probed
from localtok_tests.types.page import page, state

PAGE = Path(__file__).parents[3] / "docs" / "localtok-coverage.md"


def test_the_page_is_made_from_the_code() -> None:
    assert PAGE.read_text() == page(), "python -m localtok_tests.types.page > docs/localtok-coverage.md"


def test_done_is_claimed_only_with_evidence() -> None:
    for each in compared().members:
        if state(each) == "done":
            assert not each.differs or each.key in listed()["alike"]
            assert probed(each) or in_page_tests(each)
            assert not differing(each)


def test_a_probe_of_a_member_is_found_by_its_name() -> None:
    members = {each.key: each for each in compared().members}
    assert len(probed(members["OT.initPublisher"])) > 10
    assert probed(members["Publisher.cycleVideo"])
    # Probes keep logs, and `log` is a method of OT, too.
    assert len(probed(members["OT.log"])) < 10


def test_every_callback_is_in_it() -> None:
    listed = coverage.table()
    for name in ("sessionDestroyed", "streamCreated"):
        assert f"| `{name}` | done |" in listed
    for status in Status:
        assert f"| archive, `{status.value}` | {'partly' if status == Status.UPLOADED else 'done'}" in listed


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

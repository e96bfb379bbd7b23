"""The fixtures that localtok has for the tests of others, and its own page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import opentok
import pytest
import requests

from localtok.server import Localtok
from localtok.testing import RunningLocaltok
from localtok_tests.conftest import KEY, Sdk, call
from localtok_tests.faults.test_faults import control


def test_a_running_localtok_is_there_for_a_test(tmp_path: Path) -> None:
    running = RunningLocaltok(tmp_path / "data")
    try:
        client = opentok.Client(running.api_key, running.api_secret, api_url=running.url, timeout=10)
        assert client.create_session().session_id
        running.fault(call="listArchives", status=503)
        with pytest.raises(opentok.exceptions.RequestError):
            client.get_archives()
        assert client.get_archives().count == 0
        running.advance(60)
        running.reset()
        assert requests.get(running.script_url, timeout=10).status_code == 200
    finally:
        running.stop()


def test_one_that_cannot_start_says_so(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="did not become ready"):
        RunningLocaltok(tmp_path / "data", "--no-such-option")


async def test_its_page_shows_all_that_is_there(
    server: Localtok, sdk: Sdk, session_id: str, ann: Any
) -> None:
    await ann.publish("camera", media=False)
    archive = await sdk.start_archive(session_id, name="hearing")
    state = (await control(server, "GET", "state")).json()
    [session] = state["sessions"]
    assert session["connections"][0]["data"] == "Ann"
    assert session["connections"][0]["streams"][0]["name"] == "camera"
    assert [(each["id"], each["status"], each["file"]) for each in state["archives"]] == [
        (archive.id, "started", None)
    ]
    assert [entry["call"] for entry in state["log"]] == ["createSession", "startArchive"]
    last = state["log"][-1]["n"]
    assert (await control(server, "GET", f"state?after={last}")).json()["log"] == []


async def test_what_is_not_built_is_in_the_log_and_no_fault_strikes_it(server: Localtok) -> None:
    await control(server, "POST", "faults", {"call": "*", "status": 503, "share": 1})
    assert (await call(server, "POST", f"/v2/project/{KEY}/broadcast")).status_code == 501
    [entry] = (await control(server, "GET", "state")).json()["log"]
    assert (entry["call"], entry["outcome"]) == ("notBuilt", "501")


async def test_its_page_may_watch_and_no_more(server: Localtok, session_id: str, pages: Any) -> None:
    watching = (await control(server, "POST", "token", {"session": session_id})).json()
    page = await pages(server)
    welcome = await page.connect(session_id, watching["token"])
    assert welcome["may"] == ["subscribe", "signal"]


@pytest.mark.parametrize("path", ["/", "/_localtok/console.css", "/_localtok/console.js"])
async def test_its_page_is_served_only_where_controls_are(serve: Any, path: str) -> None:
    for allowed, status in ((True, 200), (False, 403)):
        server = await serve(test_controls=allowed)
        assert (await control(server, "GET", f"..{path}")).status_code == status

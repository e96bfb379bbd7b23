"""What the vendor's documentation refuses is refused, and what its SDKs send is taken."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest

from localtok.archives.archive import Status
from localtok.server import Localtok
from localtok_tests.conftest import KEY, Sdk, call, until

ARCHIVES = f"/v2/project/{KEY}/archive"
DATA = {"sessionType": "secondary", "sessionId": "2_é"}


def signals(session_id: str) -> str:
    return f"/v2/project/{KEY}/session/{session_id}/signal"


@pytest.mark.parametrize(
    ("options", "refused"),
    [
        ({"outputMode": "individual", "maxBitrate": 500_000}, "maxBitrate"),
        ({"outputMode": "individual", "quantizationParameter": 20}, "quantizationParameter"),
        ({"outputMode": "individual", "resolution": "640x480"}, "resolution"),
        ({"outputMode": "individual", "layout": {"type": "pip"}}, "layout"),
        ({"maxBitrate": 500_000, "quantizationParameter": 20}, "exclude"),
        ({"maxBitrate": 99_999}, "maxBitrate"),
        ({"maxBitrate": 6_000_001}, "maxBitrate"),
        ({"quantizationParameter": 14}, "quantizationParameter"),
        ({"quantizationParameter": 41}, "quantizationParameter"),
        ({"layout": {"type": "pip", "screenshareType": "pip"}}, "bestFit"),
        ({"layout": {"type": "custom"}}, "stylesheet"),
        ({"layout": {"type": "bestFit", "stylesheet": "stream { left: 0 }"}}, "stylesheet"),
    ],
)
async def test_options_that_do_not_go_together(
    server: Localtok, session_id: str, ann: Any, options: dict[str, Any], refused: str
) -> None:
    answer = await call(server, "POST", ARCHIVES, json={"sessionId": session_id, **options})
    assert answer.status_code == 400
    assert refused in answer.json()["message"]


@pytest.mark.parametrize(
    "options",
    [
        {"maxBitrate": 100_000},
        {"maxBitrate": 6_000_000},
        {"quantizationParameter": 15},
        {"quantizationParameter": 40},
        {"outputMode": "individual", "maxBitrate": None, "resolution": None, "layout": None},
    ],
)
async def test_options_at_their_bounds(
    server: Localtok, session_id: str, ann: Any, options: dict[str, Any]
) -> None:
    answer = await call(server, "POST", ARCHIVES, json={"sessionId": session_id, **options})
    assert answer.status_code == 200


async def test_a_second_archive_has_the_vendors_code(server: Localtok, session_id: str, ann: Any) -> None:
    await call(server, "POST", ARCHIVES, json={"sessionId": session_id, "multiArchiveTag": "a"})
    for tag, code in ((None, 15001), ("a", 409)):
        body = {"sessionId": session_id, "multiArchiveTag": tag}
        answer = await call(server, "POST", ARCHIVES, json=body)
        assert (answer.status_code, answer.json()["code"]) == (409, code)


async def test_a_finished_file_has_its_hash(server: Localtok, sdk: Sdk, session_id: str, ann: Any) -> None:
    archive = await sdk.start_archive(session_id)
    stopped = (await call(server, "POST", f"{ARCHIVES}/{archive.id}/stop")).json()
    await until(lambda: server.archiving.get(archive.id).status == Status.AVAILABLE)
    done = (await call(server, "GET", f"{ARCHIVES}/{archive.id}")).json()
    file = server.store.media_path(archive.id).read_bytes()
    assert (stopped["sha256sum"], base64.b64decode(done["sha256sum"])) == ("", hashlib.sha256(file).digest())


# --- sessions ---


@pytest.mark.parametrize(
    ("preference", "mode"), [("enabled", "enabled"), ("always", "enabled"), (None, "disabled")]
)
async def test_both_words_for_relayed_are_taken(server: Localtok, preference: str | None, mode: str) -> None:
    form = {"p2p.preference": preference} if preference else {}
    made = await call(server, "POST", "/session/create", data=form)
    assert server.sessions.find(made.json()[0]["session_id"]).media_mode == mode  # type: ignore[union-attr]


async def test_a_form_is_read_whatever_it_is_called(server: Localtok) -> None:
    headers = {"Content-Type": "application/json"}
    made = await call(server, "POST", "/session/create", data={"p2p.preference": "enabled"}, headers=headers)
    assert server.sessions.find(made.json()[0]["session_id"]).media_mode == "enabled"  # type: ignore[union-attr]
    parts = await call(server, "POST", "/session/create", files={"p2p.preference": (None, "enabled")})
    assert server.sessions.find(parts.json()[0]["session_id"]).media_mode == "enabled"  # type: ignore[union-attr]


async def test_options_of_a_session_as_json_are_refused(server: Localtok) -> None:
    answer = await call(server, "POST", "/session/create", json={"p2p.preference": "enabled"})
    assert answer.status_code == 400
    assert "form" in answer.json()["message"]


# --- signals ---


async def test_a_signal_needs_data(server: Localtok, session_id: str, ann: Any) -> None:
    answer = await call(server, "POST", signals(session_id), json={"type": "a"})
    assert (answer.status_code, answer.json()["code"]) == (400, 15202)
    assert (await call(server, "POST", signals(session_id), json={"data": ""})).status_code == 204


async def test_a_signal_needs_somebody(server: Localtok, session_id: str) -> None:
    answer = await call(server, "POST", signals(session_id), json={"type": "a", "data": "b"})
    assert answer.status_code == 404
    assert "No clients are actively connected" in answer.json()["message"]


async def test_an_object_reaches_pages_as_an_object(server: Localtok, session_id: str, ann: Any) -> None:
    for path in (signals(session_id), signals(f"{session_id}/connection/{ann.id}")):
        assert (await call(server, "POST", path, json={"type": "join", "data": DATA})).status_code == 204
        assert (await ann.event("signal"))["data"] == DATA


@pytest.mark.parametrize(
    ("data", "status"),
    [
        ({"text": "x" * 8200}, 413),
        ({"text": "é" * 4100}, 413),
        ({"text": "é" * 4000}, 204),
        ({"text": "\ud83d"}, 400),
        ([1], 400),
        (7, 400),
        (None, 400),
    ],
)
async def test_what_is_no_object_of_a_signals_size(
    server: Localtok, session_id: str, ann: Any, data: Any, status: int
) -> None:
    answer = await call(server, "POST", signals(session_id), json={"type": "join", "data": data})
    assert answer.status_code == status


@pytest.mark.parametrize("data", ['{"x": NaN}', '{"x": -Infinity}', "[" * 100_000, '{"x":' * 100_000])
async def test_what_no_browser_could_read_is_refused(
    server: Localtok, session_id: str, ann: Any, data: str
) -> None:
    body = f'{{"type": "a", "data": {data}}}'
    assert (await call(server, "POST", signals(session_id), data=body)).status_code == 400


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"type": "join", "data": DATA}, 400),
        ({"data": "b"}, 400),
        ({"type": "join", "data": json.dumps(DATA)}, 204),
    ],
)
async def test_strict_takes_two_strings_alone(
    serve: Any, pages: Any, body: dict[str, Any], status: int
) -> None:
    server = await serve(strict=True)
    session_id = await Sdk(server.url).routed_session()
    await pages(server, session_id)
    assert (await call(server, "POST", signals(session_id), json=body)).status_code == status

"""The Unified platform's credentials, through the SDK in its Vonage mode."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import opentok
import pytest
from opentok.endpoints import Endpoints
from opentok.exceptions import AuthError, NotFoundError

from localtok.server import Localtok
from localtok_tests.conftest import KEY, Sdk
from tests.support.platform.unified_key import APPLICATION, new_key


class UnifiedSdk(Sdk):
    def __init__(self, url: str, key_file: Path) -> None:
        self.client = opentok.Client(APPLICATION, str(key_file), timeout=10)
        self.client.endpoints = Endpoints(url, APPLICATION)


@pytest.fixture
async def unified(serve: Any, tmp_path: Path) -> tuple[Localtok, UnifiedSdk]:
    public = new_key(tmp_path / "private.key")
    server = await serve(application_id=APPLICATION, public_key=public)
    return server, UnifiedSdk(server.url, tmp_path / "private.key")


async def test_an_application_records(unified: Any, pages: Any) -> None:
    server, sdk = unified
    session_id = await sdk.routed_session()
    page = await pages(server)
    token = sdk.token(session_id, data="Ann")
    welcome = await page.request("connect", apiKey=APPLICATION, sessionId=session_id, token=token)
    assert welcome["connection"]["data"] == "Ann"
    archive = await sdk.start_archive(session_id)
    body = server.archiving.get(archive.id).for_rest(None)
    assert body["applicationId"] == APPLICATION
    assert not {"projectId", "partnerId"} & set(body)
    assert [each.id for each in await sdk.get_archives()] == [archive.id]
    assert len(await Sdk(server.url).get_archives()) == 0
    assert (await sdk.stop_archive(archive.id)).status == "stopped"


async def test_both_ways_of_calling_stay_apart(unified: Any) -> None:
    server, sdk = unified
    classic = Sdk(server.url)
    session_id = await classic.routed_session()
    assert server.sessions.find(session_id).project_key == KEY
    with pytest.raises(NotFoundError):
        await sdk.start_archive(session_id)


async def test_another_key_is_refused(unified: Any, tmp_path: Path) -> None:
    server, _ = unified
    new_key(tmp_path / "other.key")
    with pytest.raises(AuthError):
        await UnifiedSdk(server.url, tmp_path / "other.key").get_archives()


async def test_without_an_application_there_is_none(server: Localtok, tmp_path: Path) -> None:
    await asyncio.to_thread(new_key, tmp_path / "private.key")
    with pytest.raises(AuthError):
        await UnifiedSdk(server.url, tmp_path / "private.key").get_archives()

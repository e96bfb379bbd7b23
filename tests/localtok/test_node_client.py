"""The `opentok` npm package over real HTTP: results by its own classes, errors by its own types."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Mapping
from pathlib import Path

from localtok.auth import read_client_token
from localtok.clock import wall_s
from localtok.publishing.page import SyntheticPage
from localtok.server import Localtok
from tests.localtok.conftest import KEY, SECRET, Sdk
from tests.support.npm import MODULES, package_file, require_node

SCRIPT = Path(__file__).with_name("node_client.cjs")


async def run(*command: str, folder: Path, env: Mapping[str, str]) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, env=env, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output, _ = await asyncio.wait_for(process.communicate(), 180)
    return process.returncode, output.decode()


async def test_the_npm_package_finds_its_platform(
    server: Localtok, sdk: Sdk, session_id: str, tmp_path: Path
) -> None:
    require_node()
    package_file("opentok/package.json")
    environment = os.environ | {"NODE_PATH": str(MODULES)}
    async with SyntheticPage(server.url, KEY, session_id, sdk.token(session_id)) as ann:
        stream_id = await ann.publish("Ann [1]")
        arguments = [server.url, KEY, SECRET, session_id, ann.connection_id, stream_id]
        code, output = await run("node", str(SCRIPT), *arguments, folder=tmp_path, env=environment)
    assert code == 0, output
    results = json.loads(output.splitlines()[-1])
    for name in ("token", "t1"):
        token = read_client_token(server.project, results.pop(name), results["session"], wall_s())
        assert (token.role, token.data) == ("moderator", "Cy")
    archive_id = results.pop("id")
    assert results.pop("session").startswith("2_")
    assert results == {
        "started": {"name": "hearing", "status": "started", "resolution": "1280x720"},
        "twice": "RequestError",
        "empty": "RequestError",
        "got": True,
        "listed": [archive_id],
        "layout": "set",
        "undeletable": "RequestError",
        "stopped": "stopped",
        "nothing": "NotFoundError",
        "streams": ["Ann [1]"],
        "signal": {},
        "signalOne": {},
        "signalNobody": "SignalError",
        "mute": "muted",
        "muteAll": "muted",
        "unmute": "muted no more",
        "classes": ["focus"],
        "disconnect": {},
        "disconnectNobody": "ForceDisconnectError",
        "stranger": "AuthError",
    }

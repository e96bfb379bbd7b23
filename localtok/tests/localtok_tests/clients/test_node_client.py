"""The vendor's npm packages over real HTTP: results by their own classes, errors by their own types."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from localtok.http.auth import read_client_token
from localtok.process.clock import wall_s
from localtok_tests.conftest import KEY, SECRET
from localtok_tests.recording.scene import LEFT_OUT, Scene, open_scene
from tests.support.npm import MODULES, package_file, require_node
from tests.support.platform.unified_key import new_key

FOLDER = Path(__file__).parent
PARSED_TWICE = {"getStream": "this version of the package fails on any answer to it"}


async def run(*command: str, folder: Path, env: Mapping[str, str]) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, env=env, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output, _ = await asyncio.wait_for(process.communicate(), 180)
    return process.returncode, output.decode()


async def printed(script: str, scene: Scene, folder: Path) -> dict[str, Any]:
    """What the script printed last: an object."""
    require_node()
    arguments = [
        scene.server.url,
        *scene.credentials,
        scene.session,
        scene.ann.id,
        scene.stream,
        other_secret(scene, folder),
    ]
    environment = os.environ | {"NODE_PATH": str(MODULES)}
    code, output = await run("node", str(FOLDER / script), *arguments, folder=folder, env=environment)
    assert code == 0, output
    results: dict[str, Any] = json.loads(output.splitlines()[-1])
    return results


def other_secret(scene: Scene, folder: Path) -> str:
    if scene.credentials == (KEY, SECRET):
        return f"{SECRET} but another"
    new_key(folder / "other.key")
    return (folder / "other.key").read_text()


@pytest.mark.parametrize("unified", [False, True], ids=["opentok", "unified"])
async def test_opentok_makes_every_call(serve: Any, pages: Any, tmp_path: Path, unified: bool) -> None:
    package_file("opentok/package.json")
    scene = await open_scene(serve, pages, tmp_path, unified)
    results = await printed("node_client.cjs", scene, tmp_path)
    session = results.pop("session")
    assert session.startswith("2_")
    tokens = [results.pop(name) for name in ("token", "t1")]
    for token in tokens[: 1 if unified else 2]:  # An application has no secret to sign the older form with.
        read = read_client_token(scene.server.project, token, session, wall_s())
        assert (read.role, read.data) == ("moderator", "Cy")
    assert results == {
        "empty": "RequestError",
        "started": {"name": "hearing", "status": "started", "resolution": "1280x720"},
        "twice": "RequestError",
        "got": True,
        "listed": 1,
        "layout": "set",
        "automatic": "ArgumentError" if unified else "ArchiveError",
        "undeletable": "RequestError",
        "stopped": "stopped",
        "deleted": "deleted",
        "nothing": "NotFoundError",
        "added": "added",
        "chosen": [[False, True]],
        "removed": "removed",
        "streams": ["Ann [1]"],
        "signal": {},
        "signalOne": {},
        "signalObject": {},
        "signalNobody": "SignalError",
        "mute": "muted",
        "muteAll": "muted",
        "unmute": "muted no more",
        "classes": ["focus"],
        "disconnect": {},
        "disconnectNobody": "ForceDisconnectError",
        "stranger": "AuthError",
    }
    assert scene.calls_left_out(LEFT_OUT | PARSED_TWICE) == set()


async def test_vonage_video_makes_every_call(serve: Any, pages: Any, tmp_path: Path) -> None:
    package_file("@vonage/video/package.json")
    scene = await open_scene(serve, pages, tmp_path, unified=True)
    results = await printed("vonage_client.cjs", scene, tmp_path)
    mode, relayed = results.pop("relayed")
    assert mode == "enabled"
    assert not scene.server.sessions.find(relayed).routed  # type: ignore[union-attr]
    token = read_client_token(scene.server.project, results.pop("token"), scene.session, wall_s())
    assert (token.role, token.data) == ("moderator", "Cy")
    assert results == {
        "started": ["hearing", "started", "manual"],
        "twice": ["VetchError", 409, 15001],
        "chosen": [[False, True]],
        "undeletable": ["VetchError", 409, 15004],
        "stopped": "stopped",
        "over": ["VetchError", 409, 15002],
        "listed": [1, 1],
        "nothing": ["VetchError", 404, 404],
        "streams": ["Ann [1]"],
        "classes": ["focus"],
        "signalNobody": ["VetchError", 404, 404],
        "mute": "ACTIVE",
        "muteAll": "ACTIVE",
        "unmute": "ACTIVE",
        "disconnectNobody": ["VetchError", 404, 404],
        "stranger": ["VetchError", 403, 403],
    }
    assert scene.calls_left_out(LEFT_OUT) == set()

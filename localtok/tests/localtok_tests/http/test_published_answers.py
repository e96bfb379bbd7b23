"""localtok's REST answers, key by key, against what the vendor publishes of its own.

Every call of localtok's table is made in both modes. A key that is missing, one that nobody publishes, and a
type that is not the published one all fail, unless DIFFERENCES names them with a reason.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests

from localtok.archives.archive import Status
from localtok.server import Localtok
from localtok_tests.clients.test_unified import UnifiedSdk
from localtok_tests.conftest import KEY, Sdk, until
from localtok_tests.http.published_answers import ERROR, OPENTOK, UNIFIED, Answer, Key, answers
from tests.support.platform.unified_key import APPLICATION, new_key

MODES = (OPENTOK, UNIFIED)
DIFFERENCES = {
    (OPENTOK, "muteSession.secret is missing"): "localtok repeats its API secret to nobody",
    (OPENTOK, "muteStream.secret is missing"): "localtok repeats its API secret to nobody",
}
JSON_TYPES = {str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"}
JSON_TYPES |= {list: "array", dict: "object"}


def compared(name: str, keys: dict[str, Key], found: Any, mode: str, traits: set[str]) -> Iterator[str]:
    """What differs, one line each, such as `getArchive.size is string, published integer`."""
    if not isinstance(found, dict):
        yield f"{name} is no object"
        return
    for key in found.keys() - keys.keys():
        yield f"{name}.{key} is not published"
    for key, published in keys.items():
        where = f"{name}.{key}"
        wanted = mode in published.on and (not published.when or published.when in traits)
        if wanted != (key in found):
            yield f"{where} is missing" if wanted else f"{where} is there and should not be"
        elif wanted:
            yield from _value(where, published, found[key], mode, traits)


def _value(where: str, published: Key, value: Any, mode: str, traits: set[str]) -> Iterator[str]:
    kind = JSON_TYPES[type(value)]
    if kind not in published.types.split():
        yield f"{where} is {kind}, published {published.types}"
    elif published.items:
        for item in value:
            yield from compared(f"{where}[]", published.items, item, mode, traits)


def differences(
    name: str, answer: Answer, found: requests.Response, mode: str, traits: set[str]
) -> list[str]:
    if found.status_code != answer.status:
        return [f"{name} answers {found.status_code}, published {answer.status}: {found.text}"]
    if answer.keys is None:
        return [f"{name} has a body"] if found.content else []
    if found.headers["Content-Type"] != "application/json":
        return [f"{name} is {found.headers['Content-Type']}"]
    body = found.json()
    if answer.in_array:
        [body] = body
    return list(compared(name, answer.keys, body, mode, traits))


@dataclass
class Asked:
    """The calls of one mode, and what each answered."""

    server: Localtok
    sdk: Sdk
    mode: str
    found: list[tuple[str, requests.Response, set[str]]] = field(default_factory=list)

    @property
    def project(self) -> str:
        return APPLICATION if self.mode == UNIFIED else KEY

    async def ask(self, name: str, *, traits: str = "", body: Any = None, query: str = "", **ids: str) -> Any:
        [call] = [each for each in self.server.rest.calls() if each.name == name]
        path = call.path.format(project=self.project, **ids) + query
        options = {"data": body} if name == "createSession" else {"json": body}
        response = await self.send(call.method, path, **options)
        self.found.append((name, response, set(traits.split())))
        return response.json() if response.content else None

    async def send(self, method: str, path: str, **options: Any) -> requests.Response:
        headers = self.sdk.client.get_headers()
        return await asyncio.to_thread(
            requests.request, method, self.server.url + path, headers=headers, timeout=10, **options
        )

    async def page(self, pages: Any, session: str) -> Any:
        page = await pages(self.server)
        await page.connect(session, self.sdk.token(session, data="Ann"), apiKey=self.project)
        return page


@pytest.fixture(params=MODES)
async def asked(request: Any, serve: Any, tmp_path: Path) -> Asked:
    key_file = tmp_path / "private.key"
    server = await serve(application_id=APPLICATION, public_key=new_key(key_file))
    sdk = UnifiedSdk(server.url, key_file) if request.param == UNIFIED else Sdk(server.url)
    return Asked(server, sdk, request.param)


async def record(asked: Asked, session: str, traits: str, **options: Any) -> str:
    """Starts, reads and stops an archive, and reads it again once it is available."""
    start = await asked.ask("startArchive", traits=traits, body={"sessionId": session, **options})
    archive = str(start["id"])
    await asked.ask("getArchive", traits=traits, archive=archive)
    ended = traits.replace("selected", "")
    await asked.ask("stopArchive", traits=ended, archive=archive)
    await until(lambda: asked.server.archiving.get(archive).status == Status.AVAILABLE)
    await asked.ask("getArchive", traits=ended, archive=archive)
    return archive


async def in_session(asked: Asked, ann: Any, stream: str, there: dict[str, str]) -> None:
    classes = {"items": [{"id": stream, "layoutClassList": ["focus"]}]}
    signal = {"type": "a", "data": ""}
    await asked.ask("setStreamClasses", body=classes, **there)
    await asked.ask("listStreams", **there)
    await asked.ask("getStream", stream=stream, **there)
    await asked.ask("listConnections", **there)
    await asked.ask("signal", body=signal, **there)
    await asked.ask("signalConnection", body=signal, connection=ann.id, **there)
    await asked.ask("muteStream", stream=stream, **there)
    await asked.ask("muteSession", body={"active": True, "excludedStreamIds": []}, **there)


async def change_a_manual_one(asked: Asked, session: str, stream: str) -> None:
    body = {"sessionId": session, "streamMode": "manual", "multiArchiveTag": "b"}
    traits = "composed selected tag"
    archive = (await asked.ask("startArchive", traits=traits, body=body))["id"]
    await asked.ask("patchArchiveStreams", body={"addStream": stream}, archive=archive)
    await asked.ask("getArchive", traits=traits, archive=archive)
    await asked.ask("setArchiveLayout", traits=traits, body={"type": "pip"}, archive=archive)
    await asked.ask("stopArchive", traits="composed tag", archive=archive)


async def test_every_answer_has_the_published_keys(asked: Asked, pages: Any) -> None:
    [made] = await asked.ask("createSession", body={"p2p.preference": "disabled"})
    session = made["session_id"]
    ann = await asked.page(pages, session)
    stream = await ann.publish("camera", media=False)
    await in_session(asked, ann, stream, {"session": session})
    await change_a_manual_one(asked, session, stream)
    archive = await record(asked, session, "composed bitrate", maxBitrate=500_000, name="hearing")
    await asked.ask("listArchives", traits="composed bitrate", query="?count=1")
    await asked.ask("deleteArchive", archive=archive)
    await record(asked, session, "composed quality", quantizationParameter=20)
    await record(asked, session, "", outputMode="individual")
    await asked.ask("forceDisconnect", session=session, connection=ann.id)
    check(asked)


# The vendor's guides show what is asked, and no answer.
UNPUBLISHED = {"setArchiveStorage", "deleteArchiveStorage"}


def check(asked: Asked) -> None:
    published = answers(asked.mode)
    assert published.keys() == set(asked.server.rest.call_names()) - UNPUBLISHED
    assert {name for name, _, _ in asked.found} == published.keys(), "a call was not made"
    found = {
        line
        for name, response, traits in asked.found
        for line in differences(name, published[name], response, asked.mode, traits)
    }
    known = {line for mode, line in DIFFERENCES if mode == asked.mode}
    assert found - known == set()
    assert known - found == set(), "listed as a difference, and there is none"


async def test_every_refusal_has_the_published_keys(asked: Asked) -> None:
    ids = dict.fromkeys(("session", "stream", "connection", "archive"), "nothing")
    for call in asked.server.rest.calls():
        for headers in ({}, asked.sdk.client.get_headers()):
            if call.name in ("createSession", "listArchives") and headers:
                continue  # These refuse nothing of this caller's.
            url = asked.server.url + call.path.format(project=asked.project, **ids)
            refused = await asyncio.to_thread(requests.request, call.method, url, headers=headers, timeout=10)
            published = Answer(refused.status_code, ERROR)
            assert refused.status_code in (400, 403, 404), call.name
            assert differences(call.name, published, refused, asked.mode, set()) == []


@pytest.mark.parametrize(
    ("found", "lines"),
    [
        ({"id": "a", "size": 1}, []),
        ({"id": "a", "size": 1, "tag": "b"}, ["x.tag is there and should not be"]),
        ({"id": "a"}, ["x.size is missing"]),
        ({"id": "a", "size": "1"}, ["x.size is string, published integer"]),
        ({"id": "a", "size": True}, ["x.size is boolean, published integer"]),
        ({"id": "a", "size": 1, "more": 2}, ["x.more is not published"]),
        ({"id": "a", "size": 1, "unified": 2}, ["x.unified is there and should not be"]),
        ([], ["x is no object"]),
    ],
)
def test_the_comparison_sees(found: Any, lines: list[str]) -> None:
    keys = {
        "id": Key("string null", ""),
        "size": Key("integer", ""),
        "tag": Key("string", "", when="tag"),
        "unified": Key("integer", "", on=(UNIFIED,)),
    }
    assert list(compared("x", keys, found, OPENTOK, set())) == lines


def test_the_comparison_sees_into_lists() -> None:
    keys = {"items": Key("array", "", items={"id": Key("string", "")})}
    assert list(compared("x", keys, {"items": [{"id": 1}]}, OPENTOK, set())) == [
        "x.items[].id is integer, published string"
    ]


def test_every_fact_names_its_source() -> None:
    for mode in MODES:
        for answer in answers(mode).values():
            assert answer.source or all(key.source for key in (answer.keys or {"": Key("", "")}).values())

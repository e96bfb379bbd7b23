"""A localtok in this process, with a recorder that needs no media, and the vendor's SDK beside it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp
import opentok
import pytest
import requests
from aiohttp import web

from localtok.process.clock import Clock
from localtok.recording.compose.presentation import Layout
from localtok.recording.recorder import (
    RecordedStream,
    RecorderSettings,
    RecorderStats,
    RecordingResult,
)
from localtok.server import Localtok, Settings

KEY = "100"
SECRET = "a secret that is long enough for HS256"
DEADLINE_S = 10.0


async def until(condition: Callable[[], Any], deadline_s: float = DEADLINE_S) -> Any:
    """Waits until the condition is true, and returns what it gave."""
    async with asyncio.timeout(deadline_s):
        while not (value := condition()):
            await asyncio.sleep(0.01)
    return value


class StubRecorder:
    """Answers as the recorder does, and writes a file of a few bytes."""

    made: list[StubRecorder] = []
    fails_to_start = False

    def __init__(
        self, path: Path, settings: RecorderSettings, on_failure: Callable[[Exception], None]
    ) -> None:
        self.path, self.settings, self.on_failure = path, settings, on_failure
        self.attached: dict[str, RecordedStream] = {}
        self.calls: list[str] = []
        self.layouts: list[Layout] = []
        self.began_at_ms: int | None = None
        self.recorded_ms = 0
        StubRecorder.made.append(self)

    async def start(self) -> None:
        if self.fails_to_start:
            raise OSError("no space left on device")
        self.path.write_bytes(b"half")

    async def attach(self, stream: RecordedStream, offer_sdp: str) -> str:
        self.attached[stream.stream_id] = stream
        self.began_at_ms = 1234567
        return f"answer to {offer_sdp}"

    async def detach(self, stream_id: str) -> None:
        self.attached.pop(stream_id, None)

    def update(self, stream: RecordedStream) -> None:
        self.attached[stream.stream_id] = stream

    def set_layout(self, layout: Layout) -> None:
        self.layouts.append(layout)

    async def wait_for_media(self, stream_ids: Iterable[str], timeout_s: float) -> set[str]:
        wanted = set(stream_ids)
        with contextlib.suppress(TimeoutError):
            await until(lambda: wanted <= self.heard, timeout_s)
        return wanted & self.heard

    @property
    def heard(self) -> set[str]:
        return set(self.attached)

    async def pause(self) -> None:
        self.calls.append("pause")

    async def resume(self) -> None:
        self.calls.append("resume")

    async def stop(self) -> RecordingResult:
        self.calls.append("stop")
        self.path.write_bytes(b"0123456789")
        return RecordingResult(self.path, 4200, 10, self.began_at_ms, self.stats())

    def stats(self) -> RecorderStats:
        return RecorderStats()


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "localtok"


@pytest.fixture
async def serve(data_dir: Path) -> AsyncIterator[Callable[..., Awaitable[Localtok]]]:
    """`await serve(clock=…, limits=…)` starts a server that ends with the test."""
    StubRecorder.made = []
    async with AsyncExitStack() as stack:

        async def start(
            clock: Clock | None = None, recorder: Any = StubRecorder, **settings: Any
        ) -> Localtok:
            chosen = Settings(api_key=KEY, api_secret=SECRET, data_dir=data_dir, **settings)
            return await stack.enter_async_context(Localtok(chosen, clock, recorder))

        yield start


@pytest.fixture
async def server(serve: Callable[..., Awaitable[Localtok]]) -> Localtok:
    return await serve()


class Sdk:
    """The `opentok` SDK, each call in a thread: `await sdk.start_archive(…)`."""

    def __init__(self, url: str, key: str = KEY, secret: str = SECRET) -> None:
        self.client = opentok.Client(key, secret, api_url=url, timeout=10)

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        call = getattr(self.client, name)
        return lambda *args, **kwargs: asyncio.to_thread(call, *args, **kwargs)

    async def routed_session(self) -> str:
        session = await self.create_session(media_mode=opentok.MediaModes.routed)
        return str(session.session_id)

    def token(self, session_id: str, **options: Any) -> str:
        return str(self.client.generate_token(session_id, **options))


@pytest.fixture
def sdk(server: Localtok) -> Sdk:
    return Sdk(server.url)


class Page:
    """What a page's browser library says to the server, spoken by hand."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.welcome: dict[str, Any] = {}
        self.events: list[dict[str, Any]] = []
        self.seen = 0
        self._number = 0

    async def request(self, op: str, **body: Any) -> dict[str, Any]:
        """Sends a request and returns its answer; events that come before it are kept."""
        self._number += 1
        await self.socket.send_json({"id": self._number, "op": op, **body})
        async with asyncio.timeout(DEADLINE_S):
            while True:
                message = await self._receive()
                if message.get("re") == self._number:
                    return message

    async def event(self, kind: str) -> dict[str, Any]:
        """The next event of this kind; those before it are dropped."""
        async with asyncio.timeout(DEADLINE_S):
            while True:
                while self.events:
                    event = self.events.pop(0)
                    if event["event"] == kind:
                        return event
                await self._receive()

    async def _receive(self) -> dict[str, Any]:
        message: dict[str, Any] = await self.socket.receive_json()
        self.seen = message.get("n", self.seen)
        if "event" in message:
            self.events.append(message)
        return message

    async def connect(self, session_id: str, token: str, **more: Any) -> dict[str, Any]:
        greeting = {"apiKey": KEY, "sessionId": session_id, "token": token, **more}
        self.welcome = await self.request("connect", **greeting)
        return self.welcome

    @property
    def id(self) -> str:
        return str(self.welcome["connection"]["id"])

    async def publish(self, name: str = "", **more: Any) -> str:
        body = {"name": name, "hasAudio": True, "hasVideo": True, **more}
        return str((await self.request("publish", **body))["stream"]["id"])

    async def be_recorded(self) -> dict[str, Any]:
        """Offers when asked to, as a browser would; returns the recorder's answer."""
        wanted = await self.event("record")
        await self.request("recordOffer", peer=wanted["peer"], sdp="offer")
        return await self.event("recordAnswer")


@pytest.fixture
async def pages() -> AsyncIterator[Callable[..., Awaitable[Page]]]:
    """`await pages(server, session_id, **token options)` is a connected page."""
    async with aiohttp.ClientSession() as http:

        async def open_page(server: Localtok, session_id: str = "", **token: Any) -> Page:
            page = Page(await http.ws_connect(f"{server.url}/signalling"))
            if session_id:
                await page.connect(session_id, Sdk(server.url).token(session_id, **token))
            return page

        yield open_page


class Receiver:
    """Takes callbacks as a product does."""

    def __init__(self) -> None:
        self.url = ""
        self.refuse = 0
        # Closed: it answers nobody. `begun` counts who was let wait or answered.
        self.gate = asyncio.Event()
        self.gate.set()
        self.begun = 0
        self.got: list[dict[str, Any]] = []
        self.raw: list[tuple[str, bytes]] = []

    async def take(self, request: web.Request) -> web.Response:
        self.begun += 1
        await self.gate.wait()
        if self.refuse:
            self.refuse -= 1
            return web.Response(status=503)
        self.raw.append((request.headers.get("Authorization", ""), await request.read()))
        self.got.append(await request.json())
        return web.Response()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver, app = Receiver(), web.Application()
    app.router.add_post("/", receiver.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    yield receiver
    await runner.cleanup()


@pytest.fixture
async def session_id(sdk: Sdk) -> str:
    return await sdk.routed_session()


@pytest.fixture
async def ann(server: Localtok, session_id: str, pages: Any) -> Any:
    return await pages(server, session_id, data="Ann")


async def call(server: Localtok, method: str, path: str, **options: Any) -> requests.Response:
    headers = {**opentok.Client(KEY, server.project.secret).get_headers(), **options.pop("headers", {})}
    url = f"{server.url}{path}"
    return await asyncio.to_thread(requests.request, method, url, headers=headers, timeout=10, **options)

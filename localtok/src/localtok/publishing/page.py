"""A page without a browser: speaks the signalling, and sends its stream to recorders and subscribers."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import uuid
from types import TracebackType
from typing import Any

import aiohttp
from aiortc import RTCConfiguration, RTCIceCandidate, RTCPeerConnection, RTCSessionDescription
from aiortc.sdp import candidate_from_sdp

from localtok.process.tasks import Tasks
from localtok.publishing.tracks import Source

log = logging.getLogger(__name__)

REQUEST_TIMEOUT_S = 15.0


class PageError(Exception):
    """The server refused a request; the message is its own."""


class SyntheticPage:
    """`async with SyntheticPage(url, key, session, token) as page: await page.publish(…)`."""

    def __init__(self, url: str, api_key: str, session_id: str, token: str) -> None:
        self._url = url.rstrip("/")
        self._greeting = {"apiKey": api_key, "sessionId": session_id, "token": token}
        self._numbers = itertools.count(1)
        self._pending: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._peers: dict[str, RTCPeerConnection] = {}
        self._sources: dict[str, Source | None] = {}
        self._tasks = Tasks()
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self.connection_id = ""
        self.events: list[dict[str, Any]] = []
        self.ended = asyncio.Event()

    async def __aenter__(self) -> SyntheticPage:
        self._http = aiohttp.ClientSession()
        try:
            self._socket = await self._http.ws_connect(f"{self._url}/signalling", heartbeat=10)
            self._tasks.spawn(self._listen(self._socket), "listen")
            welcome = await self.request("connect", **self._greeting)
        except BaseException:
            await self._close()
            raise
        self.connection_id = welcome["connection"]["id"]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._close()

    async def publish(self, name: str = "", source: Source | None = None, **more: Any) -> str:
        """Returns the stream's id. Without a source there is a stream, and nothing in it to record."""
        size = {"width": source.width, "height": source.height} if source else {"width": 0, "height": 0}
        properties = {"name": name, "hasAudio": True, "hasVideo": True, "videoDimensions": size}
        answer = await self.request(
            "publish", **{**properties, "media": source is not None, "key": str(uuid.uuid4()), **more}
        )
        stream_id = str(answer["stream"]["id"])
        self._sources[stream_id] = source
        return stream_id

    async def unpublish(self, stream_id: str) -> None:
        await self.request("unpublish", streamId=stream_id)

    async def request(self, op: str, **body: Any) -> dict[str, Any]:
        """Raises PageError when the server refuses, TimeoutError when it does not answer."""
        if self._socket is None or self._socket.closed:
            raise PageError("The page is not connected.")
        number = next(self._numbers)
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._pending[number] = answer
        try:
            await self._socket.send_json({"id": number, "op": op, **body})
            message = await asyncio.wait_for(answer, REQUEST_TIMEOUT_S)
        finally:
            del self._pending[number]
        if "error" in message:
            raise PageError(f"{message['error']['name']}: {message['error']['message']}")
        return message

    async def _listen(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        try:
            async for message in socket:
                if message.type == aiohttp.WSMsgType.TEXT:
                    self._take(message.json())
        finally:
            self.ended.set()
            for answer in self._pending.values():
                if not answer.done():
                    answer.set_exception(PageError("The connection has ended."))

    def _take(self, message: dict[str, Any]) -> None:
        if "event" not in message:
            answer = self._pending.get(message.get("re", 0))
            if answer is not None and not answer.done():
                answer.set_result(message)
            return
        self.events = [*self.events[-99:], message]
        handler = getattr(self, f"_on_{message['event']}", None)
        if handler is not None:
            self._tasks.spawn(handler(message), f"{message['event']} {message.get('peer', '')}")

    # -- media --

    async def _on_record(self, message: dict[str, Any]) -> None:
        peer = self._new_peer(message)
        if peer is None:
            await self.request("recordFailed", peer=message["peer"], reason="this page sends no media")
            return
        await peer.setLocalDescription(await peer.createOffer())
        with contextlib.suppress(PageError):
            await self.request("recordOffer", peer=message["peer"], sdp=peer.localDescription.sdp)

    async def _on_recordAnswer(self, message: dict[str, Any]) -> None:
        peer = self._peers.get(message["peer"])
        if peer is not None:
            await peer.setRemoteDescription(RTCSessionDescription(message["sdp"], "answer"))

    async def _on_recordEnd(self, message: dict[str, Any]) -> None:
        await self._hang_up(message["peer"])

    async def _on_subscribe(self, message: dict[str, Any]) -> None:
        peer = self._new_peer(message)
        if peer is None:
            return
        await peer.setLocalDescription(await peer.createOffer())
        body = {"type": "offer", "sdp": peer.localDescription.sdp}
        await self.request("relay", to=message["from"], peer=message["peer"], body=body)

    async def _on_relay(self, message: dict[str, Any]) -> None:
        peer, body = self._peers.get(message["peer"]), message["body"]
        if peer is None:
            return
        if body.get("type") == "bye":
            await self._hang_up(message["peer"])
        elif body.get("type"):
            await peer.setRemoteDescription(RTCSessionDescription(body["sdp"], body["type"]))
        elif candidate := _candidate(body):
            await peer.addIceCandidate(candidate)

    async def _on_sessionDisconnected(self, message: dict[str, Any]) -> None:
        log.info("connection %s: %s", self.connection_id, message["reason"])
        self.ended.set()

    def _new_peer(self, message: dict[str, Any]) -> RTCPeerConnection | None:
        source = self._sources.get(message["streamId"])
        if source is None:
            return None
        peer = self._peers[message["peer"]] = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        for track in source.tracks():
            peer.addTransceiver(track, direction="sendonly")
        return peer

    async def _hang_up(self, peer_id: str) -> None:
        peer = self._peers.pop(peer_id, None)
        if peer is not None:
            await peer.close()

    async def _close(self) -> None:
        if self._socket is not None:
            await self._socket.close()
        for peer_id in list(self._peers):
            await self._hang_up(peer_id)
        await self._tasks.close()
        await self._http.close()


def _candidate(body: dict[str, Any]) -> RTCIceCandidate | None:
    text = str(body.get("candidate") or "").removeprefix("candidate:")
    if not text or ".local " in text:
        return None
    candidate = candidate_from_sdp(text)
    candidate.sdpMid, candidate.sdpMLineIndex = body.get("sdpMid"), body.get("sdpMLineIndex")
    return candidate

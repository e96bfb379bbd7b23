"""A connected page: what was sent to it survives a short loss of its socket."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections import deque
from typing import Any

from aiohttp import web

from localtok.sessions.sessions import Connection

OUTBOX_LIMIT = 500


class Peer:
    """Messages are numbered. The last ones are kept, so that a page that comes back on a new socket
    says which it saw last and receives those after it."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.resume_key = secrets.token_urlsafe(16)
        self.socket: web.WebSocketResponse | None = None
        self.address = ""
        self.transport: asyncio.Transport | None = None
        # On the event loop's clock; until then the page's network counts as lost.
        self.unreachable_until = 0.0
        self.grace: asyncio.TimerHandle | None = None
        self._kept: deque[tuple[int, str]] = deque(maxlen=OUTBOX_LIMIT)
        self._last = 0
        self._written = 0
        self._wake = asyncio.Event()

    @property
    def overflowed(self) -> bool:
        """More waits than is kept: the page can no longer be given a whole story."""
        return self._last - self._written >= OUTBOX_LIMIT

    def send(self, message: dict[str, Any]) -> None:
        self._last += 1
        self._kept.append((self._last, json.dumps({**message, "n": self._last})))
        self._wake.set()

    def can_resume_after(self, seen: int) -> bool:
        oldest = self._kept[0][0] if self._kept else self._last + 1
        return oldest - 1 <= seen <= self._last

    def detach(self) -> None:
        self.socket = None
        self._wake.set()

    async def pump(self, socket: web.WebSocketResponse, seen: int) -> None:
        """Writes everything after `seen` to the socket, until another socket takes its place."""
        self._written = seen
        while self.socket is socket:
            waiting = [message for message in self._kept if message[0] > self._written]
            for number, text in waiting:
                await socket.send_str(text)
                self._written = number
            if not waiting:
                self._wake.clear()
                await self._wake.wait()

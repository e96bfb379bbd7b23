"""Callbacks to the product: status of archives, and who comes and goes in sessions.

At least once and not in a guaranteed order, as the vendor's: what fails is posted again, later each time, by
localtok's clock, so that a test can let a day pass."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import heapq
import json
import logging
import secrets
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import jwt

from localtok.faults.rules import Faults
from localtok.http.journal import Journal
from localtok.process.clock import Clock, wall_s
from localtok.process.tasks import Tasks

log = logging.getLogger(__name__)

# Within a day, as the vendor does.
RETRY_DELAYS_S = (0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14_400, 28_800, 28_800)
POST_TIMEOUT_S = 10
MAX_WAITING = 1000
# One that is to be overtaken waits for the next, and no longer than this.
OVERTAKEN_WITHIN_S = 5.0


@dataclass(order=True)
class Post:
    """One callback on its way. They are ordered by when they are due, then by their number."""

    due: float
    number: int
    event: str = field(compare=False)
    body: bytes = field(compare=False)
    attempt: int = field(compare=False, default=0)
    badly_signed: bool = field(compare=False, default=False)


class Callbacks:
    """Posts JSON to one URL, first tries in the order given. With `secret`, each post carries a JWT
    (HS256, `Authorization: Bearer`) over the SHA-256 of its body. `kind` is archive or session."""

    def __init__(
        self,
        url: str,
        api_key: str,
        secret: str = "",
        retry_delays_s: tuple[float, ...] = RETRY_DELAYS_S,
        *,
        kind: str = "session",
        faults: Faults | None = None,
        journal: Journal | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._url = url
        self._api_key = api_key
        self._secret = secret
        self._delays_s = retry_delays_s
        self._kind = kind
        self._faults = faults or Faults()
        self._journal = journal
        self._due: list[Post] = []
        self._count = self._forgotten = 0
        self._held: Post | None = None
        self._clock = clock or Clock()
        self._wake = asyncio.Event()
        self._clock.on_advance.append(self._wake.set)
        self._idle = asyncio.Event()
        self._idle.set()
        # Held while a post is on its way.
        self._posting = asyncio.Lock()
        self._tasks = Tasks()

    def post(self, payload: dict[str, Any]) -> None:
        if len(self._due) >= MAX_WAITING:
            log.error("callbacks: %d wait for %s already, this one is dropped", MAX_WAITING, self._url)
            return
        event = str(payload.get("status") if self._kind == "archive" else payload.get("event"))
        effects = self._faults.for_callback(self._kind, event)
        if "lost" in effects:
            self._note(event, "lost, as ordered")
            return
        delay_s = OVERTAKEN_WITHIN_S if "reordered" in effects else effects.get("delay_ms", 0) / 1000
        body, held = json.dumps(payload).encode(), self._held
        self._held = None
        for _ in range(2 if "doubled" in effects else 1):
            post = self._put(Post(self._in(delay_s), 0, event, body, badly_signed="badly_signed" in effects))
        if held is not None:
            self._hurry(held)
        if "reordered" in effects:
            self._held = post

    def _hurry(self, held: Post) -> None:
        """What waited to be overtaken follows at once."""
        if held in self._due:
            self._due.remove(held)
            heapq.heapify(self._due)
            held.due = self._in(0)
            self._put(held)

    def begin(self) -> None:
        self._tasks.spawn(self._work(), f"callbacks to {self._url}")

    async def forget(self) -> None:
        """What has not been posted yet never will be; what is on its way is waited for."""
        self._due.clear()
        self._held = None
        self._forgotten = self._count
        self._idle.set()
        async with self._posting:
            pass

    async def close(self, timeout_s: float = 2.0) -> None:
        """Waits a moment for what is not yet posted, then gives up on it."""
        try:
            await asyncio.wait_for(self._idle.wait(), timeout_s)
        except TimeoutError:
            log.warning("callbacks: %d undelivered at the end", len(self._due))
        await self._tasks.close()

    def _in(self, delay_s: float) -> float:
        return self._clock.now_ms() / 1000 + delay_s

    def _put(self, post: Post) -> Post:
        self._count += 1
        post.number = self._count
        heapq.heappush(self._due, post)
        self._idle.clear()
        self._wake.set()
        return post

    async def _work(self) -> None:
        timeout = aiohttp.ClientTimeout(total=POST_TIMEOUT_S)
        async with aiohttp.ClientSession(timeout=timeout) as http:
            while True:
                await self._wait_until_due()
                post = heapq.heappop(self._due)
                async with self._posting:
                    delivered = await self._deliver(http, post)
                if not delivered:
                    self._retry(post)
                if not self._due:
                    self._idle.set()

    async def _wait_until_due(self) -> None:
        while not self._due or self._due[0].due > self._in(0):
            self._wake.clear()
            wait_s = self._due[0].due - self._in(0) if self._due else None
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._wake.wait()

    async def _deliver(self, http: aiohttp.ClientSession, post: Post) -> bool:
        try:
            async with http.post(self._url, data=post.body, headers=self._headers(post)) as response:
                self._note(post.event, str(response.status))
                if response.status < 300:
                    return True
                log.warning("callbacks: %s answered %d", self._url, response.status)
        except (aiohttp.ClientError, TimeoutError) as error:
            self._note(post.event, f"not reached: {type(error).__name__}")
            log.warning("callbacks: %s not reached: %r", self._url, error)
        # A forged callback is not the platform's: nobody posts it again.
        return post.badly_signed

    def _note(self, event: str, outcome: str) -> None:
        if self._journal is not None:
            self._journal.note("callback", f"{self._kind} {event}", outcome)

    def _retry(self, post: Post) -> None:
        if post.number <= self._forgotten:
            return
        if post.attempt >= len(self._delays_s):
            log.error("callbacks: given up after %d tries: %s", post.attempt + 1, post.body[:200])
            return
        post.due = self._in(self._delays_s[post.attempt])
        post.attempt += 1
        self._put(post)

    def _headers(self, post: Post) -> dict[str, str]:
        headers = {"Content-Type": "application/json"}
        secret = secrets.token_hex(32) if post.badly_signed else self._secret
        if secret:
            claims = {
                "iss": "localtok",
                "api_key": self._api_key,
                "iat": wall_s(),
                "jti": secrets.token_hex(16),
                "payload_hash": hashlib.sha256(post.body).hexdigest(),
            }
            headers["Authorization"] = "Bearer " + jwt.encode(claims, secret, algorithm="HS256")
        return headers

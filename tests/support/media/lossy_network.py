"""A bad network between a publisher and a recorder: a UDP relay that loses and delays packets as told."""

from __future__ import annotations

import asyncio
import random
import re
from typing import Any

CANDIDATE = re.compile(r"^(a=candidate:\S+ \d+ udp \d+) (\S+) (\d+) (typ host.*)$", re.M | re.I)
HOST = "127.0.0.1"


class _Side(asyncio.DatagramProtocol):
    """One socket of the relay; what comes in goes out by the other one, to the peer that it stands for."""

    def __init__(self, relay: LossyRelay) -> None:
        self._relay = relay
        self.transport: Any = None
        self.other: _Side | None = None
        self.peer: tuple[str, int] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        self._relay.carry(self.other, data)


class LossyRelay:
    """Carries one connection. `loss` is a share; each packet is late by up to `jitter_s`: some overtake."""

    def __init__(self, seed: int = 7) -> None:
        self.loss = self.jitter_s = 0.0
        self.carried = self.lost = 0
        self._chance = random.Random(seed)
        self._publisher, self._recorder = _Side(self), _Side(self)
        self._publisher.other, self._recorder.other = self._recorder, self._publisher

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        for side in (self._publisher, self._recorder):
            await loop.create_datagram_endpoint(lambda side=side: side, local_addr=(HOST, 0))

    def offered(self, sdp: str) -> str:
        """The publisher's offer, leading the recorder to the relay."""
        return self._redirected(sdp, self._publisher, self._recorder)

    def answered(self, sdp: str) -> str:
        """The recorder's answer, leading the publisher to the relay."""
        return self._redirected(sdp, self._recorder, self._publisher)

    def _redirected(self, sdp: str, real: _Side, reached_by: _Side) -> str:
        # Packets for `real` leave by its own socket; its peer sends them to that socket's counterpart.
        found = [(match[2], int(match[3])) for match in CANDIDATE.finditer(sdp) if ":" not in match[2]]
        real.peer = found[0]
        port = reached_by.transport.get_extra_info("sockname")[1]
        return CANDIDATE.sub(rf"\g<1> {HOST} {port} \g<4>", sdp)

    def carry(self, out: _Side | None, data: bytes) -> None:
        if out is None or out.peer is None:
            return
        self.carried += 1
        if self._chance.random() < self.loss:
            self.lost += 1
            return
        late_s = self._chance.random() * self.jitter_s
        asyncio.get_running_loop().call_later(late_s, self._send, out, data)

    def _send(self, out: _Side, data: bytes) -> None:
        if not out.transport.is_closing():
            out.transport.sendto(data, out.peer)

    def close(self) -> None:
        for side in (self._publisher, self._recorder):
            side.transport.close()

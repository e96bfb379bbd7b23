"""From which streams media arrives at present. Pure: it compares numbers of packets, look after look."""

from __future__ import annotations

from collections.abc import Mapping


class Flow:
    """Counts looks instead of seconds: an event loop that stalls reads no packets, and does not look either.

    `patience` is the number of looks without a packet after which a stream counts as silent.
    """

    def __init__(self, patience: int) -> None:
        self._patience = patience
        self._packets: dict[str, int] = {}
        self._silent: dict[str, int] = {}

    def look(self, packets: Mapping[str, int]) -> None:
        """Take in how many packets each stream's present connection has received; others are forgotten."""
        before, self._packets = self._packets, dict(packets)
        self._silent = {
            stream: 0 if count != before.get(stream, 0) else self._silent.get(stream, self._patience) + 1
            for stream, count in packets.items()
        }

    def arrives(self, stream: str) -> bool:
        return self._silent.get(stream, self._patience) < self._patience

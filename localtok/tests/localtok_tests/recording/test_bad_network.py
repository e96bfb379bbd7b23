"""A bad network in virtual time: packets lost and late, both ways, and what the recorder makes of it.

Minutes pass in a moment, so that rare things happen: a packet is lost, asked for again, and lost again.
aiortc's own buffer goes through the same, as the measure.
"""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Callable

import pytest
from aiortc.jitterbuffer import JitterBuffer
from aiortc.rtcrtpreceiver import NackGenerator
from aiortc.rtp import RtpPacket

from localtok.recording.receive.jitter_buffer import PATIENCE_S, PatientBuffer
from localtok.recording.receive.rtp_tap import MEND_EVERY_S, MOST_ASKED
from localtok.recording.recorder import PLAYOUT_DELAY_S

LOSS, JITTER_S, WAY_S = 0.05, 0.1, 0.02
FPS, TICKS = 12.5, 7200
MINUTES = 5


class Network:
    """One direction after the other, in the order of time; `at(delay, do)` is how all happens."""

    def __init__(self, seed: int) -> None:
        self.now = 0.0
        self._chance = random.Random(seed)
        self._order = itertools.count()
        self._due: list[tuple[float, int, Callable[[], None]]] = []

    def at(self, delay_s: float, do: Callable[[], None]) -> None:
        heapq.heappush(self._due, (self.now + delay_s, next(self._order), do))

    def carry(self, do: Callable[[], None], loss: float) -> None:
        if self._chance.random() >= loss:
            self.at(WAY_S + self._chance.random() * JITTER_S, do)

    def run(self, until_s: float) -> None:
        while self._due and self._due[0][0] <= until_s:
            self.now, _, do = heapq.heappop(self._due)
            do()


class Camera:
    """Frames of `size` packets; a packet that is asked for is sent again while it is remembered."""

    REMEMBERED = 128  # packets, as aiortc and browsers about do

    def __init__(
        self, network: Network, size: int, loss: float, deliver: Callable[[RtpPacket], None]
    ) -> None:
        self._network, self._size, self._loss, self._deliver = network, size, loss, deliver
        self._sent: list[RtpPacket] = []
        network.at(0.0, self.shoot)

    def shoot(self) -> None:
        frame = len(self._sent) // self._size
        for index in range(self._size):
            packet = RtpPacket(sequence_number=len(self._sent) % 65536, timestamp=frame * TICKS)
            packet.payload = b"\x10" if index == 0 else b"\x00"
            packet.marker = int(index == self._size - 1)
            packet._data = b"data"  # type: ignore[attr-defined]
            self._sent.append(packet)
            self._send(packet)
        self._network.at(1 / FPS, self.shoot)

    def again(self, numbers: list[int]) -> None:
        for packet in self._sent[-self.REMEMBERED :]:
            if packet.sequence_number in numbers:
                self._send(packet)

    def _send(self, packet: RtpPacket) -> None:
        self._network.carry(lambda: self._deliver(packet), self._loss)


class Receiver:
    """aiortc's way: one question for each gap, one frame for each packet; a buffer of ours does more."""

    def __init__(self, network: Network, buffer: JitterBuffer, size: int, loss: float) -> None:
        self._network, self._buffer, self._loss = network, buffer, loss
        self._nack = NackGenerator()
        self._camera = Camera(network, size, loss, self.take)
        self.handed: dict[int, float] = {}
        if isinstance(buffer, PatientBuffer):
            network.at(MEND_EVERY_S, self.mend)

    def take(self, packet: RtpPacket) -> None:
        if self._nack.add(packet):
            self._ask(sorted(self._nack.missing))
        _, frame = self._buffer.add(packet)
        while frame is not None:
            self.handed[frame.timestamp // TICKS] = self._network.now
            frame = self._buffer.next_frame() if isinstance(self._buffer, PatientBuffer) else None

    def mend(self) -> None:
        assert isinstance(self._buffer, PatientBuffer)
        if missing := self._buffer.missing():
            self._ask(missing[:MOST_ASKED])
        if self._buffer.give_up(self._network.now):
            while (frame := self._buffer.next_frame()) is not None:
                self.handed[frame.timestamp // TICKS] = self._network.now
        self._network.at(MEND_EVERY_S, self.mend)

    def _ask(self, numbers: list[int]) -> None:
        self._network.carry(lambda: self._camera.again(numbers), self._loss)

    def delays(self) -> dict[int, float]:
        """How long after it was taken each frame was there, in seconds."""
        return {frame: at - frame / FPS for frame, at in self.handed.items()}


def received(buffer: JitterBuffer, size: int, loss: float, seed: int = 11) -> Receiver:
    network = Network(seed)
    receiver = Receiver(network, buffer, size, loss)
    network.run(MINUTES * 60)
    return receiver


def longest_hole(receiver: Receiver) -> float:
    """The longest time between two pictures that came before their time was written, in seconds."""
    in_time = [frame for frame, delay in receiver.delays().items() if delay <= PLAYOUT_DELAY_S]
    return max((later - earlier) / FPS for earlier, later in itertools.pairwise([0, *sorted(in_time)]))


@pytest.mark.parametrize("size", [1, 3, 12])
def test_nearly_every_picture_comes_before_its_time_is_written(size: int) -> None:
    receiver = received(PatientBuffer(is_video=True), size, LOSS)
    frames = int(MINUTES * 60 * FPS)
    in_time = sum(delay <= PLAYOUT_DELAY_S for delay in receiver.delays().values())
    assert in_time > 0.995 * frames
    assert longest_hole(receiver) <= 1.0


def test_aiortc_alone_would_be_later() -> None:
    size = 1
    ours = received(PatientBuffer(is_video=True), size, LOSS).delays()
    theirs = received(JitterBuffer(capacity=512, is_video=True), size, LOSS).delays()
    assert max(theirs.values()) > 2 * max(ours.values())


def test_a_network_that_loses_a_third_stalls_no_longer_than_a_packet_is_waited_for() -> None:
    receiver = received(PatientBuffer(is_video=True), 3, 0.33)
    frames = sorted(receiver.handed)
    waits = [
        receiver.handed[later] - receiver.handed[earlier] for earlier, later in itertools.pairwise(frames)
    ]
    assert max(waits) <= 2 * PATIENCE_S + JITTER_S + MEND_EVERY_S

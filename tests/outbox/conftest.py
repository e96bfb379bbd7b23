"""A receiver on loopback, a clock that tests own, and a sender that they drive."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from archives import clock
from archives.models import ArchiveRun, Room, Subscriber
from archives.outbox.sender import Sender
from archives.services import subscribers
from tests.support.servers.event_receiver import Receiver


class Time:
    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture(autouse=True)
def _loopback(settings: Any) -> None:
    settings.EVENTS_ALLOW_PRIVATE = True
    settings.EVENTS_TIMEOUT = 0.5
    settings.ALERT_WEBHOOK_URL = ""


@pytest.fixture
def time_() -> Iterator[Time]:
    own = Time()
    clock.use(own)
    yield own
    clock.use(None)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    yield server
    server.close()


@pytest.fixture
def other() -> Iterator[Receiver]:
    server = Receiver()
    yield server
    server.close()


@pytest.fixture
def sender() -> Iterator[Sender]:
    one = Sender(threads=4)
    yield one
    one.finish()


def webhook(url: str, **facts: Any) -> Subscriber:
    subscriber = Subscriber.objects.create(name="Monitoring", kind="webhook", address=url, **facts)
    subscribers.new_secret(subscriber=subscriber)
    return subscriber


@pytest.fixture
def subscriber(receiver: Receiver) -> Subscriber:
    return webhook(receiver.url)


@pytest.fixture
def run() -> ArchiveRun:
    return new_run("Hearing")


def new_run(name: str) -> ArchiveRun:
    room = Room.objects.create(slug=name.lower(), name=f"Room of {name}")
    return ArchiveRun.objects.create(room=room, name=name, status="recording")

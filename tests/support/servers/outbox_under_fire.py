"""Real workers that are killed while they send events to a real receiver."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from django.db import transaction

from archives.models import ArchiveRun, Delivery, Event, Room, Subscriber
from archives.services import events, subscribers
from tests.support.recording.real_site import Site
from tests.support.servers.event_receiver import Receiver

# A POST has this long, so that the lease of a killed worker is over soon.
ENVIRONMENT = {"EVENTS_ALLOW_PRIVATE": "true", "EVENTS_TIMEOUT": "1"}


class Fire:
    """Kills the worker at the requests that `when` chooses, before or after they are answered."""

    def __init__(self, site: Site, receiver: Receiver, when: Callable[[int], str]) -> None:
        self.site, self.receiver, self.when = site, receiver, when
        self.kills: list[str] = []
        self._lock = threading.Lock()
        receiver.behave = self._behave

    def _behave(self, handler: Any) -> None:
        with self._lock:
            moment = self.when(len(self.receiver.saw))
            if moment == "before":
                self._kill(moment)
            self.receiver.answer(handler)
            if moment == "after":
                self._kill(moment)

    def _kill(self, moment: str) -> None:
        self.kills.append(moment)
        for name in list(self.site.workers):
            self.site.kill(name)
        self.site.start_worker()


def subscribe(receiver: Receiver) -> Subscriber:
    subscriber = Subscriber.objects.create(name="Monitoring", kind="webhook", address=receiver.url)
    subscribers.new_secret(subscriber=subscriber)
    return subscriber


def new_runs(count: int) -> list[ArchiveRun]:
    rooms = [Room.objects.create(slug=f"room-{number}", name=f"Room {number}") for number in range(count)]
    return [ArchiveRun.objects.create(room=room, name=room.name, status="complete") for room in rooms]


def record(run: ArchiveRun, number: int) -> None:
    with transaction.atomic():
        events.record(type=Event.Type.RUN_LOSSES, run=run, data={"number": number})


def all_sent() -> bool:
    return not Delivery.objects.exclude(status=Delivery.Status.DELIVERED).exists()


def check_order(receiver: Receiver, runs: list[ArchiveRun], count: int) -> None:
    """Each event of each run has arrived, first arrivals in order."""
    arrived: dict[str, list[int]] = {str(run.pk): [] for run in runs}
    for each in receiver.took:
        data = each["body"]["data"]
        if data["number"] not in arrived[data["run"]]:
            arrived[data["run"]].append(data["number"])
    assert arrived == {str(run.pk): list(range(count)) for run in runs}

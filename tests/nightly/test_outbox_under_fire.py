"""Workers killed at random moments, over a receiver that is away, fails and hangs: every event arrives."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.recording.real_site import Site
from tests.support.servers import outbox_under_fire as fire
from tests.support.servers.event_receiver import Receiver

KILLS = int(os.environ.get("OUTBOX_KILLS", "25"))
RUNS, EVENTS = 10, 20


@pytest.fixture
def site(database_url: str, tmp_path: Path, django_db_blocker: Any, django_db_setup: None) -> Iterator[Site]:
    with django_db_blocker.unblock(), Site(database_url, tmp_path, **fire.ENVIRONMENT).opened() as opened:
        yield opened


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    yield server
    server.close()


def trouble(receiver: Receiver, chance: random.Random) -> None:
    """What the receiver does until the next kill."""
    if receiver.is_down:
        receiver.up()
    receiver.status, receiver.behave = 204, receiver.answer
    match chance.choice(["fine", "fine", "down", "fails", "hangs"]):
        case "down":
            receiver.down()
        case "fails":
            receiver.status = 500
        case "hangs":
            receiver.behave = receiver.hang


def test_every_event_arrives_in_order(site: Site, receiver: Receiver) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    fire.subscribe(receiver)
    runs = fire.new_runs(RUNS)
    due = [(run, number) for number in range(EVENTS) for run in runs]
    workers = [site.start_worker(), site.start_worker()]
    for kill in range(KILLS):
        trouble(receiver, chance)
        until = (kill + 1) * len(due) // KILLS
        for run, number in due[kill * len(due) // KILLS : until]:
            fire.record(run, number)
        time.sleep(chance.uniform(0.5, 4))
        site.kill(workers.pop(chance.randrange(len(workers))))
        workers.append(site.start_worker())
    if receiver.is_down:
        receiver.up()
    receiver.status, receiver.behave = 204, receiver.answer
    site.wait_for(fire.all_sent, within_s=600)
    fire.check_order(receiver, runs, EVENTS)

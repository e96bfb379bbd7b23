"""A worker is killed with SIGKILL while it sends: nothing is lost, and the order holds.

The long twin is tests/nightly/test_outbox_under_fire.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.recording.real_site import Site
from tests.support.servers import outbox_under_fire as fire
from tests.support.servers.event_receiver import Receiver

EVENTS = 4


@pytest.fixture
def site(tmp_path: Path, django_db_blocker: Any, django_db_setup: None) -> Iterator[Site]:
    url = f"sqlite:///{tmp_path / 'site.sqlite3'}"
    with django_db_blocker.unblock(), Site(url, tmp_path, **fire.ENVIRONMENT).opened() as opened:
        yield opened


def test_nothing_is_lost_whenever_the_worker_is_killed(site: Site, receiver: Receiver) -> None:
    fire.subscribe(receiver)
    runs = fire.new_runs(2)
    killer = fire.Fire(site, receiver, lambda request: {2: "before", 4: "after"}.get(request, ""))
    site.start_worker()
    for number in range(EVENTS):
        for run in runs:
            fire.record(run, number)
    site.wait_for(fire.all_sent, within_s=90)
    assert killer.kills == ["before", "after"]
    fire.check_order(receiver, runs, EVENTS)
    assert len(receiver.took) > len(receiver.ids), "a killed sender's event must have come twice"

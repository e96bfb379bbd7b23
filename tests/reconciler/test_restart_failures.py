"""Every call of a recording × every failure: before acting, after acting with the reply lost, killed."""

from __future__ import annotations

import pytest

from archives import errors
from archives.models import ArchiveRun, Strategy
from tests.support.platform.fake_platform import FakePlatform, Killed
from tests.support.platform.platform_failures import FAILURES, NEVER_SAID
from tests.support.recording import invariants
from tests.support.recording.world import World

Status = ArchiveRun.Status
# How often a recording with one restart makes each call that changes something; of reads the first few.
CALLS = {
    Strategy.DUAL_SESSION: {
        "archive_start": 3,
        "archive_stop": 3,
        "archives_list": 4,
        "streams_list": 3,
        "signal": 2,
    },
    Strategy.OVERLAP: {"archive_start": 2, "archive_stop": 2, "archives_list": 3, "signal": 2},
}
CASES = [
    pytest.param(strategy, call, occurrence, failure, id=f"{strategy}-{call}-{occurrence}-{failure}")
    for strategy, calls in CALLS.items()
    for call, times in calls.items()
    for occurrence in range(1, times + 1)
    for failure in FAILURES
    if (call, failure) not in NEVER_SAID
]


def record(world: World) -> ArchiveRun | None:
    """Start, one restart, stop, as a host who tries again does it."""
    run = None
    for _ in range(3):
        try:
            run = world.start()
            break
        except (errors.ArchiveError, Killed):
            # After a kill the run is there, and the worker takes it over.
            run = ArchiveRun.objects.live().first()
            if run:
                break
    if run is None:
        return None
    world.until_status(run, Status.RECORDING, Status.FAILED)
    if run.status == Status.FAILED:
        return None
    world.restart(run)
    world.until_status(run, Status.RECORDING)
    invariants.check(world)
    world.stop(run)
    world.until_status(run, Status.COMPLETE, within_s=200)
    return run


@pytest.mark.parametrize(("strategy", "call", "occurrence", "failure"), CASES)
def test_it_loses_nothing(
    platform: FakePlatform, strategy: str, call: str, occurrence: int, failure: str
) -> None:
    world = World(platform, strategy)
    invariants.watch(world)
    error, after, times = FAILURES[failure]
    fault = platform.fail(call, error, after=after, occurrence=occurrence, times=times)
    assert record(world), world.story()
    assert fault.hit >= occurrence, "the failure never happened, so this case shows nothing"
    world.wait(70)
    invariants.check_end(world)

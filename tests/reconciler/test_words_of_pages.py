"""A restart goes by what pages say of their own sending: "started" is not "records"."""

import pytest

from archives.models import ArchiveRun, Restart
from archives.services import claims, restarts
from tests.support.recording import invariants
from tests.support.recording.world import PEOPLE, World, sessions

Status = ArchiveRun.Status
WHOLE = {"primary": "flows", "secondary": "flows"}
NOT_OVER = {"primary": "flows", "secondary": "none"}
NOT_BACK = {"primary": "silent", "secondary": "flows"}


@pytest.fixture
def run(world: World) -> ArchiveRun:
    invariants.watch(world)
    return world.start()


def closed(world: World) -> list[str]:
    return [archive.session_id for archive in world.platform.archives.values() if archive.ended]


def fall_silent_when_the_new_segment_starts(world: World) -> None:
    """Pages see no way into the first session any more, as if its new recorder asked for none of them."""

    def on_call(call: str, when: str) -> None:
        started = (call, when) == ("archive_start", "after") and len(world.platform.archives) == 3
        if started and world.words != (silent := dict.fromkeys(PEOPLE, NOT_BACK)):
            world.tell(**silent)

    world.platform.on_call = on_call


def step_of(run: ArchiveRun) -> str:
    return run.restarts.get().step


def test_the_old_segment_records_on_until_media_of_everyone_goes_into_the_interim(
    world: World, run: ArchiveRun
) -> None:
    world.tell(Ann=WHOLE, Ben=NOT_OVER)
    world.restart(run)
    world.until(lambda: bool(world.platform.live("1_two")))
    world.wait(3)
    assert (step_of(run), closed(world)) == ("CONFIRM_SECONDARY", [])
    assert [person["name"] for person in run.restarts.get().missing] == ["Ben"]
    world.tell(Ann=WHOLE, Ben=WHOLE)
    world.until_status(run, Status.RECORDING)
    assert run.restarts.get().status == Restart.Status.DONE
    assert not run.alarms.filter(code="publisher_missing").exists()


def test_who_sends_nothing_is_waited_for_as_long_as_who_does_not_come(world: World, run: ArchiveRun) -> None:
    world.tell(Ann=WHOLE, Ben=NOT_OVER)
    world.restart(run)
    world.until_status(run, Status.RECORDING, within_s=60)
    assert run.restarts.get().status == Restart.Status.DONE
    message = run.alarms.get(code="publisher_missing").message
    assert "by their own page nothing goes out into it" in message
    assert "Ben" in message
    assert "Ann" not in message


def test_nothing_is_closed_while_no_page_sends_into_the_interim(world: World, run: ArchiveRun) -> None:
    world.tell(**dict.fromkeys(PEOPLE, NOT_OVER))
    world.restart(run)
    world.until_status(run, Status.RECORDING)
    assert "1_one" not in closed(world)
    assert run.restarts.get().status == Restart.Status.FAILED
    assert run.alarms.filter(code="no_secondary", cleared_at=None).exists()


def test_the_interim_records_on_until_media_goes_into_the_new_segment(world: World, run: ArchiveRun) -> None:
    world.tell(**dict.fromkeys(PEOPLE, WHOLE))
    world.restart(run)
    fall_silent_when_the_new_segment_starts(world)
    world.until(lambda: len(world.platform.archives) == 3)
    world.wait(20)
    assert step_of(run) == "CONFIRM_PRIMARY"
    assert [archive.session_id for archive in world.platform.live()] == ["1_two", "1_one"]
    world.tell(**dict.fromkeys(PEOPLE, WHOLE))
    world.until_status(run, Status.RECORDING)
    assert sessions(world.segments(run)) == ["primary", "secondary", "primary"]


def test_words_against_the_platform_hold_no_restart_up_for_ever(world: World, run: ArchiveRun) -> None:
    world.tell(**dict.fromkeys(PEOPLE, WHOLE))
    world.restart(run)
    fall_silent_when_the_new_segment_starts(world)
    world.until_status(run, Status.RECORDING, within_s=200)
    assert run.restarts.get().status == Restart.Status.DONE


def test_who_is_silent_in_both_sessions_is_not_waited_for(world: World, run: ArchiveRun) -> None:
    world.tell(Ann=WHOLE, Ben={"primary": "silent", "secondary": "silent"})
    world.restart(run)
    world.until_status(run, Status.RECORDING, within_s=8)
    assert not run.alarms.filter(code="publisher_missing").exists()


def test_a_word_that_is_not_repeated_counts_for_nothing(world: World, run: ArchiveRun) -> None:
    world.tell(Ben=NOT_OVER)
    world.tell()
    world.wait(10)
    world.restart(run)
    world.until_status(run, Status.RECORDING, within_s=8)
    assert not run.alarms.filter(code="publisher_missing").exists()


def test_an_interim_that_is_left_over_stays_until_media_goes_into_the_new_segment(
    world: World, run: ArchiveRun
) -> None:
    world.restart(run)
    world.until(lambda: step_of(run) == "STOP_SECONDARY")
    world.tell(**dict.fromkeys(PEOPLE, NOT_BACK))
    # People stay in the second session although nothing keeps them there.
    world.platform.on_signal = None
    world.poll_pages = lambda: [world.say(name) for name in PEOPLE]  # type: ignore[method-assign,assignment,return-value]
    claim = claims.claim(run_id=run.pk, by="test")
    assert claim
    restarts.cancel(claim=claim, restart=run.restarts.get(), why="ordered by the test")
    claim.release(0)
    world.wait(10)
    assert len(world.platform.live("1_two")) == 1
    world.tell(**dict.fromkeys(PEOPLE, WHOLE))
    world.wait(10)
    assert not world.platform.live("1_two")

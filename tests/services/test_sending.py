"""What pages report of their own sending, and the absences that follow from it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from archives import clock, errors
from archives.models import ArchiveRun, Sending, Side
from archives.services.people import sending
from archives.timeline import account_for
from tests.support.recording.world import World


@pytest.fixture
def run(world: World) -> ArchiveRun:
    run = world.start()
    world.wait(5)
    return run


class Page:
    """Ben's page: what it says of its sending, and since when it says so."""

    def __init__(self, world: World, name: str = "Ben") -> None:
        self.world, self.name = world, name
        self.said: dict[str, tuple[str, Any]] = {}

    def say(self, seconds: float = 0, ago_s: float = 0, **states: str) -> None:
        """A report now and every five seconds for so long; a state that changes began `ago_s` before."""
        until = clock.after(seconds)
        while True:
            now = clock.now()
            for session, state in states.items():
                if self.said.get(session, ("", None))[0] != state:
                    self.said[session] = (state, clock.after(-ago_s))
            self.said = {session: self.said[session] for session in states}
            media = [
                {"session": session, "kind": "camera", "state": state, "for_ms": ms(now, since)}
                for session, (state, since) in self.said.items()
            ]
            name = self.name
            sending.report(room=self.world.room, participant=name.lower(), name=name, media=media)
            if clock.now() >= until:
                return
            self.world.platform.advance(min(5, (until - clock.now()).total_seconds()))


def ms(later: Any, earlier: Any) -> int:
    return round((later - earlier).total_seconds() * 1000)


def stated(run: ArchiveRun) -> list[tuple[str, int, str, bool]]:
    """[(who, for how many ms, why, sure)] as the account has it."""
    absences = account_for(ArchiveRun.objects.get(pk=run.pk)).absences
    return [(each.name, each.bounds[1] - each.bounds[0], *each.causes, each.sure) for each in absences]


def test_who_sends_nothing_is_absent_since_then_and_until_it_sends_again(
    world: World, run: ArchiveRun
) -> None:
    page = Page(world)
    page.say(5, primary="flows")
    page.say(12, ago_s=3, primary="silent")
    assert stated(run) == [("Ben", 15_000, "sends_nothing", False)]
    world.platform.advance(2)
    page.say(10, primary="flows")
    assert stated(run) == [("Ben", 17_000, "sends_nothing", False)]


def test_a_silence_between_two_reports_is_stated_too(world: World, run: ArchiveRun) -> None:
    page = Page(world)
    page.say(5, primary="flows")
    page.say(primary="silent", ago_s=1)
    world.platform.advance(3)
    page.say(primary="flows")
    assert stated(run) == [("Ben", 4_000, "sends_nothing", False)]


def test_who_is_recorded_in_the_other_session_is_not_absent(world: World, run: ArchiveRun) -> None:
    world.restart(run)
    world.until(lambda: len(world.platform.live()) == 2)
    run.refresh_from_db()
    page = Page(world)
    page.say(5, primary="flows", secondary="flows")
    page.say(20, primary="silent", secondary="flows")
    assert stated(run) == []
    page.say(20, ago_s=1, primary="silent", secondary="silent")
    assert [each[2] for each in stated(run)] == ["sends_nothing"]


def test_a_way_that_nobody_has_is_no_evidence(world: World, run: ArchiveRun) -> None:
    Page(world).say(20, primary="none")
    assert stated(run) == []


def test_a_way_that_others_have_is(world: World, run: ArchiveRun) -> None:
    ann, ben = Page(world, "Ann"), Page(world)
    for _ in range(4):
        ann.say(primary="flows")
        ben.say(5, primary="none")
    assert [each[0] for each in stated(run)] == ["Ben"]


def test_nothing_is_stated_of_a_session_that_is_not_recorded(world: World, run: ArchiveRun) -> None:
    (archive,) = world.platform.live()
    world.platform.deafen(archive)
    world.wait(10)
    page = Page(world)
    page.say(5, primary="flows")
    page.say(10, primary="silent")
    assert not run.absences.exists()


def test_what_a_page_does_not_name_any_more_is_forgotten(world: World, run: ArchiveRun) -> None:
    page = Page(world)
    page.say(primary="flows", secondary="none")
    assert sending.contradicted(room=world.room, by=Side.SECONDARY) == {"ben"}
    page.say(primary="flows")
    assert sending.contradicted(room=world.room, by=Side.SECONDARY) == frozenset()
    assert Sending.objects.get().state == "flows"


def test_without_a_run_nothing_is_kept(world: World) -> None:
    Page(world).say(primary="silent")
    assert not Sending.objects.exists()


@pytest.mark.parametrize(
    "media",
    [
        None,
        "primary",
        ["primary"],
        [{"session": "third", "kind": "camera", "state": "flows"}],
        [{"session": "primary", "kind": "camera", "state": "stopped"}],
        [{"session": "primary", "kind": ["camera"], "state": "flows"}],
        [{"session": {}, "kind": "camera", "state": []}],
        [{"session": "primary", "kind": "camera", "state": "flows", "for_ms": -1}],
        [{"session": "primary", "kind": "camera", "state": "flows", "for_ms": True}],
        [{"session": "primary", "kind": "camera", "state": "flows"}] * 5,
    ],
)
def test_other_reports_are_refused(world: World, run: ArchiveRun, media: Any) -> None:
    with pytest.raises(errors.InvalidInput):
        sending.report(room=world.room, participant="ben", name="Ben", media=media)
    assert not Sending.objects.exists()


def test_a_page_reports_over_http(world: World, run: ArchiveRun, admin_client: Client) -> None:
    media = [{"session": "primary", "kind": "screen", "state": "flows", "for_ms": 100}]
    body = {"participant": "ben", "name": "Ben", "media": media}
    answer = admin_client.post("/api/rooms/main/sending/", body, content_type="application/json")
    assert answer.status_code == 204
    assert str(Sending.objects.get()) == "Ben in primary: flows"
    refused = admin_client.post("/api/rooms/main/sending/", {}, content_type="application/json")
    assert refused.status_code == 400

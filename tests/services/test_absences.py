"""A recording says who is missing from it for a time, by callbacks and by the word of their own pages."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from archives import clock
from archives.models import Absence, ArchiveRun, StreamPresence
from archives.services import callbacks
from archives.services.people import absences
from archives.timeline import account_for
from tests.support.recording.world import World

SESSIONS = {"primary": "1_one", "secondary": "1_two"}


class Told:
    """Session callbacks of one person, as the platform sends them."""

    def __init__(self, person: str = "ann") -> None:
        self.person, self.count = person, 0
        # Callbacks that are under way until `deliver`; None: each arrives at once.
        self.held: list[bytes] | None = None

    def came(self, side: str = "primary", video_type: str = "camera") -> str:
        self.count += 1
        stream = f"{self.person}-{self.count}"
        self.tell("streamCreated", side, stream, clock.to_ms(clock.now()), video_type=video_type)
        return stream

    def went(self, stream: str, reason: str = "networkDisconnected", side: str = "primary") -> None:
        self.tell("streamDestroyed", side, stream, None, reason=reason)

    def tell(
        self, event: str, side: str, stream: str, created: int | None, *, video_type: str = "", **more: Any
    ) -> None:
        data = json.dumps({"participant": self.person, "name": self.person.title()})
        described = {"id": stream, "createdAt": created, "connection": {"id": "c", "data": data}}
        described["videoType"] = video_type
        body = {"sessionId": SESSIONS[side], "event": event, "timestamp": clock.to_ms(clock.now())}
        self.deliver(json.dumps({**body, "stream": described, **more}).encode())

    def deliver(self, *bodies: bytes) -> None:
        if self.held is not None:
            self.held += bodies
            return
        for body in bodies:
            callbacks.receive(source="session", body=body)


@pytest.fixture
def run(world: World) -> ArchiveRun:
    run = world.start()
    world.wait(5)
    return run


def stated(run: ArchiveRun) -> list[tuple[str, int, str, bool]]:
    """Who, for how many seconds, why, and whether that is sure."""
    return [
        (each.name, round((each.bounds[1] - each.bounds[0]) / 1000), " ".join(each.causes), each.sure)
        for each in account_for(run).absences
    ]


def finish(world: World, run: ArchiveRun) -> None:
    world.stop(run)
    world.until_status(run, "complete")


def test_a_lost_connection_is_stated_as_soon_as_the_person_is_back(world: World, run: ArchiveRun) -> None:
    ann = Told()
    stream = ann.came()
    world.wait(20)
    ann.went(stream)
    world.wait(15)
    assert stated(run) == []
    ann.came()
    assert stated(run) == [("Ann", 15, "connection_lost", True)]
    finish(world, run)
    assert stated(run) == [("Ann", 15, "connection_lost", True)]


def test_who_leaves_and_comes_back_did_so(world: World, run: ArchiveRun) -> None:
    ann = Told()
    stream = ann.came()
    world.wait(20)
    ann.went(stream, "clientDisconnected")
    world.wait(30)
    ann.came()
    assert stated(run) == [("Ann", 30, "left_and_returned", True)]


def test_of_who_left_for_good_nothing_is_said(world: World, run: ArchiveRun) -> None:
    ann = Told()
    stream = ann.came()
    world.wait(20)
    ann.went(stream, "clientDisconnected")
    world.wait(20)
    finish(world, run)
    assert stated(run) == []


def test_who_was_lost_and_never_came_back_is_missing_to_the_end(world: World, run: ArchiveRun) -> None:
    ann = Told()
    stream = ann.came()
    world.wait(20)
    ann.went(stream)
    world.wait(20)
    finish(world, run)
    ((name, seconds, cause, sure),) = stated(run)
    assert (name, cause, sure) == ("Ann", "connection_lost", True)
    assert 19 <= seconds <= 23


def test_callbacks_in_any_order_and_late_say_the_same(world: World, run: ArchiveRun) -> None:
    ann = Told()
    ann.held = held = []
    stream = ann.came()
    world.wait(20)
    ann.went(stream)
    world.wait(15)
    ann.came()
    world.wait(60)
    assert stated(run) == []
    ann.held = None
    ann.deliver(*reversed(held))
    assert stated(run) == [("Ann", 15, "connection_lost", True)]


def test_a_late_callback_takes_an_absence_back(world: World, run: ArchiveRun) -> None:
    ann = Told()
    stream = ann.came()
    world.wait(20)
    ann.went(stream)
    gone = clock.now()
    world.wait(15)
    ann.came()
    assert stated(run)
    back = clock.to_ms(gone + timedelta(milliseconds=200))
    ann.tell("streamCreated", "primary", "ann-between", back)
    assert stated(run) == []
    assert not Absence.objects.exists()


def test_who_is_not_seen_in_the_second_session_is_missing_until_the_new_piece(world: World) -> None:
    world.stay_away = {"Ben"}
    run = world.start()
    ann, ben = Told("ann"), Told("ben")
    ann.came(), ben.came()
    world.wait(20)
    world.platform.call_takes_s = 1.5
    world.restart(run)
    world.until_status(run, "recording")
    finish(world, run)
    ((name, _, cause, sure),) = stated(run)
    assert (name, cause, sure) == ("Ben", "not_in_second_session", True)
    interim, after = world.segments(run)[1:]
    (absence,) = run.absences.all()
    assert interim.started_at
    assert after.started_at
    assert interim.started_at < absence.absent_from < absence.absent_until <= after.started_at


def test_who_is_only_in_a_file_that_is_lost_is_absent_as_well(world: World) -> None:
    """Both sessions are recorded for 10 s, Ben leaves the second one at once, and the first archive fails."""
    world.stay_away = {"Ben"}
    run = world.start()
    ann, ben = Told("ann"), Told("ben")
    ann.came(), ben.came()
    world.wait(20)
    first = world.platform.live()[0]
    world.platform.publish("1_two", "Ann")
    ann.came("secondary")
    other = ben.came("secondary")
    interim = world.platform.archive_start("1_two", run.name)
    begun = world.platform.now
    run.segments.create(
        ordinal=1, session="secondary", session_id="1_two", archive_id=interim["id"], status="started",
        created_at_ms=interim["createdAt"], confirmed_at=begun,
    )  # fmt: skip
    world.platform.advance(1)
    ben.went(other, "mediaStopped", "secondary")
    world.platform.advance(9)
    world.platform.end(first, "failure", status="failed")
    world.platform.unpublish("1_two", "Ann")
    finish(world, run)
    assert [(name, sure) for name, _, _, sure in stated(run)] == [("Ben", True)]


def test_the_platforms_lists_alone_say_who_was_not_in_the_second_session(world: World) -> None:
    """Where no callback comes at all."""
    world.stay_away = {"Ben"}
    run = world.start()
    world.wait(20)
    world.platform.call_takes_s = 1.5
    world.restart(run)
    world.until_status(run, "recording")
    finish(world, run)
    ((name, _, cause, sure),) = stated(run)
    assert (name, cause, sure) == ("Ben", "not_in_second_session", True)
    absences.refresh_run(run_id=run.pk)
    assert run.absences.count() == 1


def test_a_screen_that_is_no_longer_shared_is_not_a_missing_person(world: World, run: ArchiveRun) -> None:
    ann = Told()
    ann.came()
    screen = ann.came(video_type="screen")
    world.wait(20)
    ann.went(screen, "unpublished")
    world.wait(10)
    ann.came(video_type="screen")
    assert stated(run) == []


def test_what_was_stated_stays_when_the_notes_are_cleaned_up(world: World, run: ArchiveRun) -> None:
    ann = Told()
    stream = ann.came()
    world.wait(20)
    ann.went(stream)
    world.wait(15)
    ann.came()
    StreamPresence.objects.filter(destroyed_at__isnull=False).delete()
    absences.refresh_run(run_id=run.pk)
    assert len(stated(run)) == 1
    StreamPresence.objects.all().delete()
    absences.refresh_run(run_id=run.pk)
    assert len(stated(run)) == 1


# --- by the word of their own page ---
def away(**told: Any) -> Any:
    body = {"participant": "ann", "name": "Ann", "away_ms": 9500, **told}
    return Client().post("/api/rooms/main/away/", json.dumps(body), content_type="application/json")


@pytest.fixture
def open_room(world: World) -> None:
    world.room.access = "open"
    world.room.save(update_fields=["access"])


@pytest.mark.usefixtures("open_room")
def test_a_page_tells_how_long_it_was_away(world: World, run: ArchiveRun) -> None:
    world.wait(30)
    assert away().status_code == 204
    assert stated(run) == [("Ann", 10, "connection_lost", False)]


@pytest.mark.usefixtures("open_room")
def test_a_page_tells_that_it_stood_still(world: World, run: ArchiveRun) -> None:
    world.wait(30)
    assert away(stood_still=True).status_code == 204
    assert stated(run) == [("Ann", 10, "page_stood_still", False)]


@pytest.mark.usefixtures("open_room")
def test_a_page_that_tells_late_says_how_long_it_has_been_back(world: World, run: ArchiveRun) -> None:
    world.wait(60)
    until = clock.now() - timedelta(seconds=20)
    assert away(ago_ms=20_000).status_code == 204
    assert run.absences.get().absent_until == until


@pytest.mark.usefixtures("open_room")
def test_only_what_falls_into_the_run_is_stated(world: World, run: ArchiveRun) -> None:
    assert away(away_ms=3_600_000).status_code == 204
    assert run.absences.get().absent_from == run.started_at


@pytest.mark.usefixtures("open_room")
def test_without_a_run_it_is_nothing(world: World) -> None:
    assert away().status_code == 204
    assert not Absence.objects.exists()


@pytest.mark.usefixtures("open_room")
@pytest.mark.parametrize(
    "wrong",
    [
        {"participant": None},
        {"participant": "a person"},
        {"away_ms": 0},
        {"away_ms": True},
        {"away_ms": 1.5},
        {"away_ms": 10**12},
        {"ago_ms": -1},
        {"name": ["Ann"]},
    ],
)
def test_it_refuses_what_cannot_be(world: World, run: ArchiveRun, wrong: dict[str, Any]) -> None:
    answer = away(**wrong)
    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid"
    assert not Absence.objects.exists()


def test_strangers_tell_nothing(world: World, run: ArchiveRun) -> None:
    assert away().status_code == 401
    assert not Absence.objects.exists()


@pytest.mark.usefixtures("open_room")
def test_report_and_timeline_tell_it(
    world: World, run: ArchiveRun, admin_client: Client, django_assert_max_num_queries: Any
) -> None:
    world.wait(30)
    away()
    for count in (1, 30):
        for number in range(count):
            away(participant=f"p{number}", name="Ben", ago_ms=1000)
        with django_assert_max_num_queries(14):
            report = admin_client.get(f"/api/runs/{run.pk}/seams/").json()
        with django_assert_max_num_queries(12):
            offsets = admin_client.get(f"/api/runs/{run.pk}/offsets/").json()
    state = admin_client.get("/api/rooms/main/state/").json()
    assert {each["person"] for each in state["run"]["absences"]} == {"Ann", "Ben"}
    ann = next(each for each in report["absences"] if each["person"] == "Ann")
    assert ann == {
        "person": "Ann",
        "sure": False,
        "cause": "The connection was lost.",
        "causes": ["connection_lost"],
        "absent_from": ann["absent_from"],
        "absent_until": ann["absent_until"],
    }
    assert ann["absent_from"] < ann["absent_until"]
    (told,) = [each for each in offsets["absences"] if each["person"] == "Ann"]
    assert told["end_ms"] - told["start_ms"] == 9500
    assert told["start_ms"] < 60_000, "also while no piece is there to be shown"
    assert len(report["absences"]) == len(offsets["absences"]) == 31

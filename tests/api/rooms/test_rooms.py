"""Rooms over HTTP: who gets in with what, and what is going on there."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.utils.dateparse import parse_datetime
from rest_framework.test import APIClient

from archives import errors
from archives.models import Alarm, ArchiveRun, Room
from archives.services.people.links import invitation_for_all
from archives.web import access
from tests.support.answer_shape import refused
from tests.support.recording.world import World

pytestmark = pytest.mark.django_db
JOIN, STATE = "/api/rooms/main/join/", "/api/rooms/main/state/"


@pytest.fixture(autouse=True)
def _open(settings: Any, world: World) -> None:
    settings.ROOM_ACCESS = "open"


def join(client: APIClient, **body: Any) -> Any:
    return client.post(JOIN, {"name": "Ann", **body}, format="json")


def text_of(room: Room) -> str:
    return access.link_text(invitation_for_all(room=room))


# --- joining -----------------------------------------------------------------------------------------
def test_a_guest_gets_tokens_that_say_who_she_is(guest: APIClient, settings: Any) -> None:
    answer = join(guest)
    assert answer.status_code == 200
    told = answer.json()
    assert set(told) == {
        "participant", "name", "api_key", "script_url", "primary", "secondary", "state",
    }  # fmt: skip
    assert (told["name"], told["api_key"]) == ("Ann", "100")
    assert told["script_url"] == settings.OPENTOK_SCRIPT_URL
    assert told["primary"]["session_id"] == "1_one"
    who = json.loads(told["secondary"]["token"].removeprefix("token:1_two:"))
    assert who == {"participant": told["participant"], "name": "Ann"}
    assert "no-store" in answer["Cache-Control"]


def test_a_reload_keeps_who_one_is(guest: APIClient) -> None:
    first = join(guest).json()["participant"]
    assert join(guest, participant=first).json()["participant"] == first
    assert join(guest).json()["participant"] != first


@pytest.mark.parametrize("name", ["", " ", None, 5, "x" * 10_000, "a\tb"])
def test_a_bad_name_is_refused(guest: APIClient, name: object) -> None:
    refused(guest.post(JOIN, {"name": name}, format="json"), 400, "invalid")


@pytest.mark.parametrize("slug", ["nowhere", "%00", "..", "x" * 300])
def test_an_unknown_room_is_404(guest: APIClient, slug: str) -> None:
    refused(guest.post(f"/api/rooms/{slug}/join/", {"name": "Ann"}), 404, "unknown_room")
    refused(guest.get(f"/api/rooms/{slug}/state/"), 404, "unknown_room")


def test_sessions_are_made_on_first_use_and_kept(guest: APIClient, world: World) -> None:
    Room.objects.create(slug="new", name="New")
    answers = [guest.post("/api/rooms/new/join/", {"name": "Ann"}).json() for _ in range(2)]
    assert answers[0]["primary"]["session_id"] == answers[1]["primary"]["session_id"] == "2_session-1"
    assert world.platform.created == 2


def test_a_platform_that_is_down_is_503(guest: APIClient, world: World) -> None:
    Room.objects.create(slug="new", name="New")
    world.platform.fail("session_create", errors.PlatformUnavailable())
    refused(guest.post("/api/rooms/new/join/", {"name": "Ann"}), 503, "platform_unavailable")


def test_joining_is_throttled(guest: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archives.api.throttles.JoinThrottle.rate", "2/min")
    assert [join(guest).status_code for _ in range(2)] == [200, 200]
    answer = join(guest)
    refused(answer, 429, "throttled")
    assert int(answer["Retry-After"]) > 0


# --- who may enter -----------------------------------------------------------------------------------
def test_a_room_for_signed_in_people(guest: APIClient, nobody: APIClient, settings: Any) -> None:
    settings.ROOM_ACCESS = "login"
    for answer in (join(guest), guest.get(STATE), guest.get("/api/rooms/main/")):
        refused(answer, 401, "not_signed_in")
    assert join(nobody).status_code == 200


def test_an_invitation_lets_this_browser_in_from_then_on(guest: APIClient, settings: Any) -> None:
    settings.ROOM_ACCESS = "invite"
    refused(guest.get(STATE), 401, "not_signed_in")
    invitation = invitation_for_all(room=Room.objects.get())
    assert join(guest, invite=access.link_text(invitation)).status_code == 200
    assert guest.get(STATE).status_code == 200


def test_a_wrong_invitation_lets_nobody_in(
    guest: APIClient, nobody: APIClient, settings: Any, world: World
) -> None:
    settings.ROOM_ACCESS = "invite"
    refused(join(guest, invite="nonsense"), 401, "not_signed_in")
    refused(join(guest, invite=text_of(Room.objects.create(slug="other"))), 401, "not_signed_in")
    link = text_of(Room.objects.get(slug="main"))
    world.platform.advance(31 * 86_400)
    refused(join(nobody, invite=link), 403, "forbidden")


def test_hosts_see_all_rooms_and_who_is_recorded(host: APIClient, nobody: APIClient, world: World) -> None:
    world.start()
    (room,) = host.get("/api/rooms/").json()["results"]
    assert (room["slug"], room["run"]["status"]) == ("main", "recording")
    assert host.get("/api/rooms/main/").json() == room
    refused(nobody.get("/api/rooms/"), 403, "forbidden")
    assert set(nobody.get("/api/rooms/main/").json()) == {"slug", "name", "access"}


# --- state -------------------------------------------------------------------------------------------
def test_an_idle_room(guest: APIClient) -> None:
    state = guest.get(STATE).json()
    assert set(state) == {"room", "now", "secondary_wanted", "recording", "run"}
    assert state["room"] == {"slug": "main", "name": "Main room"}
    assert (state["secondary_wanted"], state["recording"], state["run"]) == (False, False, None)


def test_a_room_that_is_recorded(guest: APIClient, world: World) -> None:
    world.start()
    world.wait(30)
    state = guest.get(STATE).json()
    run = state["run"]
    assert state["recording"] is True
    assert (run["name"], run["status"], run["restart"]) == ("Hearing", "recording", None)
    assert run["elapsed_ms"] >= 30_000
    times = [run["started_at"], run["recorded_since"], state["now"], run["restart_due_at"], run["limit_at"]]
    assert times == sorted(times, key=parse_datetime)
    (piece,) = run["segments"]
    assert set(piece) == {
        "id", "number", "ordinal", "session", "status", "started_at", "stopped_at", "duration_ms", "reason",
        "cause",
    }  # fmt: skip
    assert (piece["number"], piece["ordinal"], piece["cause"]) == (1, 0, "")


def test_a_restart_step_by_step(guest: APIClient, host: APIClient, world: World) -> None:
    world.stay_away = {"Ben"}
    run = world.start()
    world.restart(run)
    world.until(lambda: run.restarts.get().step == "AWAIT_PUBLISHERS")
    world.tick()
    told = host.get(STATE).json()
    restart = told["run"]["restart"]
    assert told["secondary_wanted"] is True
    assert [step["state"] for step in restart["steps"]] == ["done", "active"] + ["waiting"] * 7
    assert (restart["expected"], restart["arrived"], restart["missing"]) == (2, 1, ["Ben"])
    world.until_status(run, "recording")
    told = guest.get(STATE).json()
    assert told["secondary_wanted"] is False
    assert {step["state"] for step in told["run"]["restart"]["steps"]} == {"done"}


def test_participants_are_not_told_what_is_for_hosts(guest: APIClient, host: APIClient, world: World) -> None:
    run = world.start()
    world.restart(run)
    Alarm.objects.create(room=world.room, run=run, code="limit_near", message="Less than 10 minutes.")
    assert host.get(STATE).json()["run"]["alarms"][0]["code"] == "limit_near"
    told = guest.get(STATE).json()["run"]
    assert "alarms" not in told
    assert not {"missing", "error"} & set(told["restart"])


def test_it_says_whether_media_arrives(host: APIClient, world: World) -> None:
    run = world.start()
    assert host.get(STATE).json()["run"]["receives_media"] is True
    world.platform.unpublish("1_one", "Ann", "Ben", connected=True)
    world.until(lambda: run.segments.filter(status="paused").exists())
    told = host.get(STATE).json()
    assert (told["run"]["status"], told["run"]["receives_media"]) == ("recording", False)
    world.join("Ann")
    world.until(lambda: run.segments.filter(status="started").exists())
    assert host.get(STATE).json()["run"]["receives_media"] is True


def test_an_ended_run_is_shown_for_an_hour(guest: APIClient, world: World) -> None:
    run = world.start()
    world.stop(run)
    world.until_status(run, "complete")
    assert guest.get(STATE).json()["run"]["status"] == "complete"
    world.platform.advance(3700)
    assert guest.get(STATE).json()["run"] is None


def test_the_state_costs_the_same_for_a_long_run(
    guest: APIClient, world: World, django_assert_num_queries: Any
) -> None:
    run = world.start()
    for _ in range(3):
        # Room, run, restart, segments, and the piece that reaches the limit.
        with django_assert_num_queries(5):
            guest.get(STATE)
        world.restart(run)
        world.until_status(run, "recording")


def test_another_method_is_405(guest: APIClient) -> None:
    refused(guest.delete(STATE), 405, "method_not_allowed")
    refused(guest.get(JOIN), 405, "method_not_allowed")


def test_an_ended_recordings_state_counts_no_further(guest: APIClient, world: World) -> None:
    run = world.start()
    world.wait(20)
    world.stop(run)
    world.until_status(run, "complete")
    elapsed = [guest.get(STATE).json()["run"]["elapsed_ms"]]
    world.platform.advance(100)
    elapsed.append(guest.get(STATE).json()["run"]["elapsed_ms"])
    assert elapsed[0] == elapsed[1] >= 20_000
    assert ArchiveRun.objects.get().ended_at is not None

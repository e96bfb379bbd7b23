"""Invitations and shares: made, listed, taken back; what they open and when they end."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from archives.models import ArchiveRun, Room
from archives.models.access import Invitation, RoomRole, Share
from tests.support.answer_shape import refused
from tests.support.recording.world import World

pytestmark = pytest.mark.django_db
INVITATIONS, STATE, JOIN = "/api/rooms/main/invitations/", "/api/rooms/main/state/", "/api/rooms/main/join/"
DAY_S = 86_400


@pytest.fixture(autouse=True)
def _by_invitation(settings: Any, world: World) -> None:
    settings.ROOM_ACCESS = "invite"


@pytest.fixture
def run(world: World) -> ArchiveRun:
    return world.start()


def invited(host: APIClient, **body: Any) -> dict[str, Any]:
    answer = host.post(INVITATIONS, body, format="json")
    assert answer.status_code == 201, answer.content
    return answer.json()


def path_of(link: dict[str, Any]) -> str:
    return link["url"].removeprefix("http://testserver")


# --- invitations -------------------------------------------------------------------------------------
def test_a_host_makes_an_invitation_that_lets_in(host: APIClient, guest: APIClient) -> None:
    made = invited(host)
    assert (made["person"], made["revoked_at"]) == ("", None)
    entered = guest.get(path_of(made))
    assert (entered.status_code, entered["Location"]) == (302, "/rooms/main/")
    assert guest.get("/rooms/main/").status_code == 200
    assert guest.get(STATE).status_code == 200


def test_who_is_invited_by_name_joins_under_that_name(host: APIClient, guest: APIClient) -> None:
    guest.get(path_of(invited(host, person="Ann Archer")))
    assert guest.post(JOIN, {"name": "Somebody else"}).json()["name"] == "Ann Archer"
    assert "Ann Archer" in guest.get("/rooms/main/").content.decode()


def test_the_list_has_all_and_no_link_that_has_ended(host: APIClient) -> None:
    first, second = invited(host), invited(host, person="Ben")
    host.delete(f"{INVITATIONS}{first['id']}/")
    listed = {row["id"]: row for row in host.get(INVITATIONS).json()}
    assert listed[first["id"]]["url"] is None
    assert listed[first["id"]]["revoked_at"]
    assert listed[second["id"]]["url"] == second["url"]
    assert "no-store" in host.get(INVITATIONS)["Cache-Control"]


def test_one_taken_back_lets_nobody_in_and_puts_out_who_is(host: APIClient, guest: APIClient) -> None:
    made = invited(host)
    guest.get(path_of(made))
    assert host.delete(f"{INVITATIONS}{made['id']}/").status_code == 204
    refused(guest.get(STATE), 401, "not_signed_in")
    assert guest.get(path_of(made))["Location"] == "/rooms/main/?refused=revoked"
    page = guest.get("/rooms/main/?refused=revoked")
    assert page.status_code == 403
    assert "taken back by a host" in page.content.decode()


def test_one_that_has_ended_says_so_but_ends_no_call(host: APIClient, guest: APIClient, world: World) -> None:
    made = invited(host, hours=24)
    guest.get(path_of(made))
    world.platform.advance(DAY_S + 1)
    assert guest.get(STATE).status_code == 200
    assert APIClient().get(path_of(made))["Location"] == "/rooms/main/?refused=expired"
    world.platform.advance(DAY_S)
    refused(guest.get(STATE), 401, "not_signed_in")


def test_one_for_another_room_says_so(host: APIClient, guest: APIClient) -> None:
    Room.objects.create(slug="other", name="Other")
    elsewhere = path_of(invited(host)).replace("/main/", "/other/")
    assert guest.get(elsewhere)["Location"] == "/rooms/other/?refused=other_room"
    assert "for another room" in guest.get("/rooms/other/?refused=other_room").content.decode()


@pytest.mark.parametrize(
    "body",
    [{"hours": 0}, {"hours": "5"}, {"hours": 10**6}, {"hours": True}, {"person": 5}, {"person": "x" * 101}],
)
def test_a_wrong_request_is_400(host: APIClient, body: dict[str, Any]) -> None:
    refused(host.post(INVITATIONS, body, format="json"), 400, "invalid")
    assert not Invitation.objects.exists()


def test_only_hosts_invite(nobody: APIClient, guest: APIClient) -> None:
    refused(guest.post(INVITATIONS), 401, "not_signed_in")
    refused(nobody.post(INVITATIONS), 403, "forbidden")


# --- shares ------------------------------------------------------------------------------------------
def shared(host: APIClient, run: ArchiveRun, **body: Any) -> dict[str, Any]:
    return host.post(f"/api/runs/{run.pk}/shares/", body, format="json").json()


def test_a_share_opens_one_run_alone(host: APIClient, guest: APIClient, run: ArchiveRun) -> None:
    other = ArchiveRun.objects.create(room=run.room, name="Other", status="complete", strategy="dual_session")
    entered = guest.get(path_of(shared(host, run)))
    assert (entered.status_code, entered["Location"]) == (302, f"/player/?run={run.pk}")
    assert guest.get(f"/player/?run={run.pk}").status_code == 200
    assert guest.get(f"/api/runs/{run.pk}/").status_code == 200
    assert guest.get(f"/api/runs/{run.pk}/offsets/").status_code == 200
    refused(guest.get(f"/api/runs/{other.pk}/offsets/"), 404, "unknown_run")
    refused(guest.get("/api/runs/"), 401, "not_signed_in")
    refused(guest.post(f"/api/runs/{run.pk}/stop/"), 401, "not_signed_in")
    assert guest.get(f"/player/?run={other.pk}").status_code == 403


def test_a_share_opens_the_pieces_of_its_run(host: APIClient, guest: APIClient, run: ArchiveRun) -> None:
    segment = run.segments.get()
    address = f"/media/segments/{segment.pk}/"
    refused(guest.get(address), 401, "not_signed_in")
    guest.get(path_of(shared(host, run)))
    refused(guest.get(address), 409, "no_file_yet")


def test_a_share_taken_back_shows_nothing_more(host: APIClient, guest: APIClient, run: ArchiveRun) -> None:
    made = shared(host, run)
    guest.get(path_of(made))
    assert host.delete(f"/api/runs/{run.pk}/shares/{made['id']}/").status_code == 204
    refused(guest.get(f"/api/runs/{run.pk}/"), 404, "unknown_run")
    page = guest.get(path_of(made), follow=True)
    assert (page.status_code, "has ended" in page.content.decode()) == (403, True)


def test_a_share_ends_by_itself(host: APIClient, guest: APIClient, run: ArchiveRun, world: World) -> None:
    made = shared(host, run, hours=1)
    guest.get(path_of(made))
    world.platform.advance(3601)
    refused(guest.get(f"/api/runs/{run.pk}/offsets/"), 404, "unknown_run")


def test_an_invitation_is_no_share(host: APIClient, guest: APIClient, run: ArchiveRun) -> None:
    text = path_of(invited(host)).partition("invite=")[2]
    guest.get(f"/player/?share={text}")
    refused(guest.get(f"/api/runs/{run.pk}/"), 401, "not_signed_in")
    assert not Share.objects.exists()


# --- roles in a room ---------------------------------------------------------------------------------
def test_who_is_named_for_one_room_has_no_part_in_another(
    host: APIClient, host_user: User, run: ArchiveRun
) -> None:
    other = Room.objects.create(slug="other", name="Other")
    RoomRole.objects.create(room=other, user=host_user, role="host")
    for verb in ("restart", "stop", "postpone"):
        refused(host.post(f"/api/runs/{run.pk}/{verb}/"), 404, "unknown_run")
    refused(host.get(f"/api/runs/{run.pk}/"), 404, "unknown_run")
    refused(host.post("/api/runs/", {"name": "Day", "room": "main"}), 404, "unknown_room")
    assert host.get("/api/runs/").json()["results"] == []
    assert [room["slug"] for room in host.get("/api/rooms/").json()["results"]] == ["other"]


def test_a_room_with_named_people_is_theirs_alone(host: APIClient, run: ArchiveRun) -> None:
    RoomRole.objects.create(room=run.room, user=User.objects.create_user("chair"), role="host")
    refused(host.get(f"/api/runs/{run.pk}/"), 404, "unknown_run")


def test_a_reviewer_watches_and_does_nothing(
    nobody: APIClient, run: ArchiveRun, django_user_model: Any
) -> None:
    RoomRole.objects.create(room=run.room, user=User.objects.get(username="nobody"), role="reviewer")
    assert nobody.get(f"/api/runs/{run.pk}/offsets/").status_code == 200
    assert nobody.get(f"/player/?run={run.pk}").status_code == 200
    for verb in ("restart", "stop", "postpone", "shares"):
        refused(nobody.post(f"/api/runs/{run.pk}/{verb}/"), 403, "forbidden")
    run.refresh_from_db()
    assert run.stop_requested_at is None

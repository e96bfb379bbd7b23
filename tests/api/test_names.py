"""Every place where a name comes in: people's are refused, those of others are made readable."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from rest_framework.test import APIClient

from archives import errors
from archives.models import Absence, ArchiveRun, Room, StreamPresence
from archives.models.access import Invitation
from archives.services import callbacks, library, rooms, run_states
from archives.services.people import absences, links, presence
from tests.support.recording.world import World

BAD = ["\u200b\u200d", "\u202e\u202c", "\u3164", "Ann\u2028Ben", "Ann\x1b[2J"]
bad = pytest.mark.parametrize("name", BAD)


@bad
@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/api/runs/", "name"),
        ("/archives", "sessionName"),
        ("/api/rooms/main/join/", "name"),
        ("/api/rooms/main/invitations/", "person"),
    ],
)
def test_the_api_refuses_it(world: World, host: APIClient, path: str, field: str, name: str) -> None:
    answer = host.post(path, {field: name}, format="json")
    assert answer.status_code == 400, answer.content
    assert answer.json()["message"].startswith("The name must ")
    assert not ArchiveRun.objects.exists()
    assert not Invitation.objects.exists()


@bad
def test_no_run_is_renamed_to_it(world: World, host: APIClient, name: str) -> None:
    run = world.start()
    assert host.patch(f"/api/runs/{run.pk}/", {"name": name}, format="json").status_code == 400
    with pytest.raises(errors.InvalidName):
        library.rename(run=run, name=name, by="test")
    assert ArchiveRun.objects.get().name == "Hearing"


@bad
def test_no_room_has_it(db: None, admin_client: Client, name: str) -> None:
    with pytest.raises(errors.InvalidInput):
        rooms.create(slug="other", name=name)
    with pytest.raises(CommandError):
        call_command("create_room", "other", "--name", name)
    inline = {"roles-TOTAL_FORMS": "0", "roles-INITIAL_FORMS": "0"}
    form = {"slug": "other", "access": "", "strategy": "", **inline}
    answer = admin_client.post("/admin/archives/room/add/", form | {"name": name})
    assert answer.status_code == 200
    assert not Room.objects.filter(slug="other").exists()
    # The same form with a name that can be seen.
    assert admin_client.post("/admin/archives/room/add/", form | {"name": "Other"}).status_code == 302


@bad
def test_the_console_starts_nothing_under_it(world: World, admin_client: Client, name: str) -> None:
    form = {"action": "start", "_selected_action": world.room.pk, "confirmed": "yes", "name": name}
    admin_client.post("/admin/archives/room/", form)
    assert not ArchiveRun.objects.exists()


def test_nobody_is_invited_by_it_as_if_for_all(world: World) -> None:
    with pytest.raises(errors.InvalidInput):
        links.invitation_create(room=world.room, person="\u200b")
    assert links.invitation_create(room=world.room, person="  ").person == ""


def test_names_are_stored_as_unicode_composes_them(world: World, host: APIClient) -> None:
    typed, stored = " Cafe\u0301\u200b ", "Caf\u00e9"
    answer = host.post("/api/runs/", {"name": typed}, format="json")
    assert answer.json()["name"] == stored
    [found] = host.get("/api/runs/", {"name": "Cafe\u0301"}).json()["results"]
    assert found["name"] == stored
    assert host.get("/archives", {"name": "Cafe\u0301"}).json()[0]["name"] == stored
    joined = host.post("/api/rooms/main/join/", {"name": typed}, format="json").json()
    assert joined["name"] == stored


def _stream(world: World, name: str) -> str:
    data = json.dumps({"participant": "p1", "name": name})
    stream = {"id": "stream-1", "name": name, "connection": {"id": "c1", "data": data}}
    event = {"event": "streamCreated", "sessionId": "1_one", "stream": stream}
    callbacks.receive(source="session", body=json.dumps(event).encode())
    return StreamPresence.objects.get().name


def _absence(world: World, name: str) -> str:
    world.start()
    world.platform.advance(20)
    absences.report(room=world.room, participant="p1", name=name, away_ms=5000)
    return Absence.objects.get().name


def _listed(world: World, name: str) -> str:
    [person] = presence.people(streams=[{"id": "x", "name": f"{name} [p1]"}])
    return "" if person["name"] == "Somebody" else person["name"]


def _adopted(world: World, name: str) -> str:
    archive = world.platform.foreign_archive("1_one", name).json(world.platform.now)
    run = run_states.adopt(room=world.room, archive=archive, live=False, by="test")
    assert run is not None
    return "" if run.name == "Recovered recording" else run.name


@pytest.mark.parametrize("enters", [_stream, _absence, _listed, _adopted])
def test_what_others_have_accepted_is_made_readable(
    world: World, enters: Callable[[World, str], Any]
) -> None:
    assert enters(world, "An\u202en\u2028B") == "Ann B"


@pytest.mark.parametrize("enters", [_stream, _absence, _listed, _adopted])
def test_what_others_have_accepted_and_cannot_be_seen_is_no_name(
    world: World, enters: Callable[[World, str], Any]
) -> None:
    assert enters(world, "\u200b\u200d") == ""

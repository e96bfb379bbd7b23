"""The operators' overview: what it tells, and that it costs the same however much there is."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from archives import clock
from archives.console.overview import SHOWN
from archives.models import ArchiveRun, Room, Segment
from archives.models.access import RoomRole
from archives.services import alarms, counters
from tests.support.recording.world import World

pytestmark = pytest.mark.django_db
OVERVIEW = "/admin/overview/"


@pytest.fixture
def operator(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("operator"))
    return client


def test_it_tells_what_is_recorded_due_wrong_and_kept(operator: Client, world: World, settings: Any) -> None:
    run = world.start("Hearing <b>")
    ArchiveRun.objects.filter(pk=run.pk).update(restart_due_at=clock.after(600))
    alarms.open(room=world.room, run=run, code="late", message="The restart is late.")
    ended = ArchiveRun.objects.create(room=world.room, name="Broken", status="failed", error="No disk.")
    Segment.objects.create(
        run=ended, ordinal=0, session="primary", status="available", size=3 * 1024**2, stored_at=clock.now()
    )
    counters.weigh_storage()
    page = operator.get(OVERVIEW).content.decode()
    assert "Recording now (1)" in page
    assert "Hearing &lt;b&gt;" in page
    assert "in 10\xa0minutes" in page
    assert "The restart is late." in page
    assert "No disk." in page
    assert "3.0\xa0MB" in page


def test_it_says_so_where_there_is_nothing(operator: Client) -> None:
    page = operator.get(OVERVIEW).content.decode()
    assert "Nothing is being recorded." in page
    assert "None is due." in page
    assert OVERVIEW in operator.get("/admin/").content.decode()


def test_a_restart_that_is_due_is_told_among_many_recordings(operator: Client) -> None:
    rooms = Room.objects.bulk_create(Room(slug=f"r{n}", name=f"Room {n}") for n in range(SHOWN + 1))
    runs = ArchiveRun.objects.bulk_create(
        ArchiveRun(room=room, name=f"Run {room.slug}", status="recording") for room in rooms
    )
    ArchiveRun.objects.filter(pk=runs[-1].pk).update(
        restart_due_at=clock.after(600), created_at=clock.after(1)
    )
    due = operator.get(OVERVIEW).content.decode().partition("Restarts within the hour")[2]
    assert runs[-1].name in due.partition("Open alarms")[0]


def test_it_costs_the_same_for_many(
    operator: Client, world: World, django_assert_max_num_queries: Any
) -> None:
    for slug in ("a", "b", "c", "d", "e"):
        room = Room.objects.create(slug=slug, name=slug)
        run = ArchiveRun.objects.create(room=room, name=slug, status="recording")
        ArchiveRun.objects.create(room=room, name=slug, status="failed")
        alarms.open(room=room, run=run, code="late", message="Late.")
    with django_assert_max_num_queries(12):
        assert operator.get(OVERVIEW).status_code == 200


def test_it_counts_a_backlog_of_pieces_without_sorting_it(operator: Client) -> None:
    with CaptureQueriesContext(connection) as asked:
        operator.get(OVERVIEW)
    counts = [each["sql"] for each in asked if "COUNT" in each["sql"] and "archives_segment" in each["sql"]]
    assert len(counts) == 2
    assert [sql for sql in counts if "ORDER BY" in sql] == []


def test_a_role_in_a_room_is_given_in_the_console(operator: Client) -> None:
    room, ann = Room.objects.get(slug="main"), User.objects.create_user("ann")
    roles: dict[str, Any] = {
        "TOTAL_FORMS": "1",
        "INITIAL_FORMS": "0",
        "0-user": ann.pk,
        "0-role": "reviewer",
        "0-room": room.pk,
    }
    form = {"name": "Main", "slug": "main", "access": "", "strategy": "", "restart_after_s": "600"}
    form |= {f"roles-{name}": value for name, value in roles.items()}
    answer = operator.post(f"/admin/archives/room/{room.pk}/change/", form)
    assert answer.status_code == 302
    assert RoomRole.objects.get().role == "reviewer"
    assert Room.objects.get(slug="main").restart_after == 600

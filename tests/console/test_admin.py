"""The console: what it shows, what it refuses to edit, and that its actions ask first."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from archives import clock
from archives.console.timebar import time_bar
from archives.models import Alarm, ArchiveRun, Callback, RunAccount, Segment, Transition
from archives.services import accounts
from archives.timeline import account_of
from archives.timeline.facts import RunFacts, SegmentFacts
from tests.support.recording.world import World

pytestmark = pytest.mark.django_db
RUNS = "/admin/archives/archiverun/"


@pytest.fixture(autouse=True)
def _settled(settings: Any) -> None:
    settings.KEEP_FILES = False


@pytest.fixture
def operator(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("operator"))
    return client


@pytest.fixture
def viewer() -> Client:
    """May look at everything and do nothing."""
    user = User.objects.create_user("viewer", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def run(world: World) -> ArchiveRun:
    run = world.start("Hearing <b>")
    world.wait(30)
    world.restart(run)
    world.until_status(run, "recording")
    return run


def act(client: Client, path: str, action: str, *pks: object, **more: str) -> Any:
    return client.post(path, {"action": action, "_selected_action": [str(pk) for pk in pks], **more})


def test_the_list_shows_each_run_with_its_links(operator: Client, run: ArchiveRun) -> None:
    page = operator.get(RUNS).content.decode()
    assert "Hearing &lt;b&gt;" in page
    assert "Recording" in page
    assert f"/player/?run={run.pk}" in page
    assert "/rooms/main/host/" in page


def test_segments_are_numbered_from_1(operator: Client, run: ArchiveRun) -> None:
    page = operator.get(f"{RUNS}{run.pk}/change/").content.decode()
    assert re.findall(r"<tr><td>(\d+)</td><td>(?:Primary|Secondary) session", page) == ["1", "2", "3"]
    assert operator.get("/admin/archives/segment/").status_code == 200
    assert str(run.segments.order_by("ordinal")[0]) == "1 (primary)"


@pytest.mark.parametrize(
    ("result", "colour"),
    [
        ("complete", "#1b7f4b"),
        ("complete_with_losses", "#8a5a00"),
        ("nothing_recorded", "#8a5a00"),
        ("in_progress", "#3d5a80"),
    ],
)
def test_the_badge_of_a_complete_run_has_the_colour_of_its_result(
    operator: Client, run: ArchiveRun, monkeypatch: pytest.MonkeyPatch, result: str, colour: str
) -> None:
    ArchiveRun.objects.filter(pk=run.pk).update(status="complete")
    monkeypatch.setattr(accounts, "current", lambda run, *_: RunAccount(run=run, result=result))
    for page in (RUNS, f"{RUNS}{run.pk}/change/"):
        assert f"background:{colour};" in operator.get(page).content.decode()


def test_a_run_tells_its_story(operator: Client, run: ArchiveRun) -> None:
    page = operator.get(f"{RUNS}{run.pk}/change/").content.decode()
    assert "<svg" in page
    assert "Segment 3, primary, recording" in page
    for sentence in (
        "Recording: starting",
        "Change-over: close the old segment",
        "Segment 3: recording, before starting",
        "Change-over: done, before under way",
    ):
        assert sentence in page
    assert "archive-0" in page


def test_a_run_says_who_was_not_there_all_the_time(operator: Client, run: ArchiveRun) -> None:
    at = clock.from_ms(1_772_358_000_000)
    lost = {"name": "Ann <i>", "cause": "connection_lost", "source": "page"}
    run.absences.create(participant="ann", absent_from=at, absent_until=at + timedelta(seconds=12), **lost)
    page = operator.get(f"{RUNS}{run.pk}/change/").content.decode()
    words = "Ann &lt;i&gt; may be missing from 09:40:00 to 09:40:12 UTC: The connection was lost."
    assert words in page


@pytest.mark.parametrize(("is_lost", "colour"), [(False, "#1b7f4b"), (True, "#8a5a00")])
def test_a_run_of_which_nothing_is_left_is_not_shown_as_good(
    operator: Client, world: World, run: ArchiveRun, is_lost: bool, colour: str
) -> None:
    world.stop(run)
    world.until_status(run, "complete")
    if is_lost:
        run.segments.update(status=Segment.Status.FAILED, file="", stored_at=None, duration_ms=0)
    for path in (RUNS, f"{RUNS}{run.pk}/change/"):
        page = operator.get(path).content.decode()
        assert re.findall(r"background:(#\w+);[^>]*>Complete<", page) == [colour]
        assert ("Nothing recorded" in page) is is_lost


@pytest.mark.parametrize("query", ["?q=hearing", "?status__exact=recording", "?room__id__exact=1", "?o=-3.2"])
def test_it_is_searched_filtered_and_sorted(operator: Client, run: ArchiveRun, query: str) -> None:
    assert "Hearing" in operator.get(RUNS + query, follow=True).content.decode()
    assert "Hearing" not in operator.get(f"{RUNS}?q=nothing-like-it").content.decode().split("<tbody>")[-1]


@pytest.mark.parametrize("model", ["archiverun", "alarm", "callback", "transition", "streampresence"])
def test_facts_are_not_edited(operator: Client, run: ArchiveRun, model: str) -> None:
    assert operator.get(f"/admin/archives/{model}/").status_code == 200
    assert operator.get(f"/admin/archives/{model}/add/").status_code == 403
    operator.post(f"{RUNS}{run.pk}/change/", {"name": "Another"})
    run.refresh_from_db()
    assert run.name == "Hearing <b>"


def test_the_other_rows_have_pages(operator: Client, run: ArchiveRun) -> None:
    rows = [
        Alarm.objects.create(room=run.room, run=run, code="limit_near", message="Soon."),
        Callback.objects.create(source="archive", body="{}", digest="1"),
        Transition.objects.first(),
        run.room,
    ]
    for row in rows:
        assert row is not None
        assert operator.get(f"/admin/archives/{row._meta.model_name}/{row.pk}/change/").status_code == 200


def test_stop_asks_first(operator: Client, world: World, run: ArchiveRun) -> None:
    assert "End these recordings?" in act(operator, RUNS, "stop", run.pk).content.decode()
    run.refresh_from_db()
    assert run.status == "recording"
    act(operator, RUNS, "stop", run.pk, confirmed="yes")
    world.until_status(run, "complete")


def test_restart_goes_through_the_service(operator: Client, run: ArchiveRun) -> None:
    act(operator, RUNS, "restart", run.pk, confirmed="yes")
    assert run.restarts.filter(status="running").exists()
    page = operator.get(RUNS).content.decode()
    assert "under way" in page
    answer = act(operator, RUNS, "restart", run.pk, confirmed="yes")
    assert "already under way" in operator.get(answer["Location"]).content.decode()


def test_a_room_is_recorded_under_a_name(operator: Client, world: World) -> None:
    rooms = "/admin/archives/room/"
    assert 'name="name"' in act(operator, rooms, "start", world.room.pk).content.decode()
    act(operator, rooms, "start", world.room.pk, confirmed="yes", name="Lesson")
    assert ArchiveRun.objects.get().name == "Lesson"
    act(operator, rooms, "start", world.room.pk, confirmed="yes", name="")
    assert "Give the recording a name" in operator.get(rooms).content.decode()


def test_an_alarm_is_settled(operator: Client, run: ArchiveRun) -> None:
    alarm = Alarm.objects.create(room=run.room, run=run, code="limit_near", message="Soon.")
    act(operator, "/admin/archives/alarm/", "settle", alarm.pk)
    alarm.refresh_from_db()
    assert alarm.cleared_at is not None


def test_who_may_only_look_does_nothing(viewer: Client, run: ArchiveRun) -> None:
    assert viewer.get(f"{RUNS}{run.pk}/change/").status_code == 200
    act(viewer, RUNS, "stop", run.pk, confirmed="yes")
    run.refresh_from_db()
    assert run.status == "recording"


def test_a_long_list_costs_no_more_queries_than_a_short_one(
    operator: Client, world: World, django_assert_max_num_queries: Any
) -> None:
    for count in (1, 40):
        for number in range(count):
            made = ArchiveRun.objects.create(
                room=world.room, name=f"Run {number}", status="complete", strategy="dual_session"
            )
            Segment.objects.create(
                run=made, ordinal=0, session="primary", session_id="1_one", status="absent"
            )
        assert operator.get(RUNS).status_code == 200, "stores the accounts of these runs"
        with django_assert_max_num_queries(12):
            assert operator.get(RUNS).status_code == 200


# --- the time bar ------------------------------------------------------------------------------------
def segment(ordinal: int, session: str, start_s: float, length_s: float, **facts: Any) -> SegmentFacts:
    began_ms, length_ms = (1000 + start_s) * 1000.0, length_s * 1000.0
    ended = began_ms + length_ms
    known: dict[str, Any] = {"state": "ready", "probed": True, "ended_ms": (ended, ended)}
    return SegmentFacts(
        str(ordinal), ordinal, session, began_ms=began_ms, media_ms=(0.0, length_ms), **known | facts
    )


def bar_of(*segments: SegmentFacts) -> str:
    return time_bar(account_of(RunFacts(segments, now_ms=2_000_000.0)))


def test_the_time_bar_has_a_block_for_each_segment_and_a_joint_for_each_overlap() -> None:
    bar = bar_of(segment(0, "primary", 0, 60), segment(1, "secondary", 55, 20))
    assert [
        bar.count(f"Segment {number}, {side}") for number, side in ((1, "primary"), (2, "secondary"))
    ] == [1, 1]
    assert bar.count("Both record for") == bar.count("Both record for 5.0 s") == 1
    assert "Not recorded" not in bar
    assert 'x="0.000%"' in bar


def test_the_time_bar_hatches_gaps_with_their_cause() -> None:
    bar = bar_of(segment(0, "primary", 0, 60, cause="length_limit"), segment(1, "primary", 70, 20))
    assert bar.count("url(#hatch)") == 1
    assert "Not recorded for 10.0 s. The archive reached the platform&#x27;s length limit" in bar
    assert "Both record" not in bar


def test_the_time_bar_says_nothing_that_is_in_no_table() -> None:
    bar = bar_of(segment(0, "primary", 0, 60, cause="<script>"), segment(1, "primary", 70, 20))
    assert "Not recorded for 10.0 s. Nothing was recorded; the reason is not known." in bar
    assert "script" not in bar


def test_the_time_bar_of_nothing_is_empty() -> None:
    assert bar_of() == ""

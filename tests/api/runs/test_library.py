"""The library: finding by date and status, renaming, trash and restore, legal hold."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.management import call_command
from rest_framework.test import APIClient

from archives import clock, errors
from archives.models import ArchiveRun, Room, Segment
from archives.models.access import RoomRole
from archives.services import library
from archives.services.people.links import share_create
from archives.web import access
from tests.support.answer_shape import refused
from tests.support.recording.world import World

pytestmark = pytest.mark.django_db
RUNS = "/api/runs/"


def made(name: str = "Hearing", *, days_ago: int = 0, **values: Any) -> ArchiveRun:
    room = values.pop("room", None) or Room.objects.get(slug="main")
    began = clock.now() - timedelta(days=days_ago)
    facts = {"status": "complete", "strategy": "dual_session", "created_at": began, "ended_at": began}
    return ArchiveRun.objects.create(room=room, name=name, **{**facts, **values})


@pytest.fixture
def run(world: World) -> ArchiveRun:
    return made()


@pytest.fixture
def keeper(world: World) -> APIClient:
    """An operator with the permission to hold recordings."""
    user = User.objects.create_user("keeper", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="hold_archiverun"))
    client = APIClient()
    client.force_authenticate(user)
    return client


@pytest.fixture
def reviewer(world: World) -> APIClient:
    user = User.objects.create_user("reviewer")
    user.groups.add(Group.objects.get(name=access.REVIEWERS))
    client = APIClient()
    client.force_authenticate(user)
    return client


def names(client: APIClient, **query: str) -> list[str]:
    return [row["name"] for row in client.get(RUNS, query).json()["results"]]


def story(run: ArchiveRun) -> list[tuple[str, str, str]]:
    return list(run.transitions.values_list("field", "old", "new"))


# --- finding -----------------------------------------------------------------------------------------
def test_it_finds_by_the_day_of_the_beginning(host: APIClient, world: World) -> None:
    today = clock.now().date()
    for days in (0, 1, 5):
        made(f"{days} ago", days_ago=days)
    yesterday = str(today - timedelta(days=1))
    assert names(host, **{"from": yesterday}) == ["0 ago", "1 ago"]
    assert names(host, until=yesterday) == ["1 ago", "5 ago"]
    assert names(host, **{"from": yesterday, "until": yesterday}) == ["1 ago"]


def test_it_finds_by_an_instant_with_its_zone(host: APIClient, run: ArchiveRun) -> None:
    later = clock.now() + timedelta(hours=1)
    # The same instant, as a page five hours to the west writes it.
    local = (later - timedelta(hours=5)).strftime("%Y-%m-%dT%H:%M:%S-05:00")
    assert names(host, until=local) == ["Hearing"]
    assert names(host, **{"from": local}) == []


@pytest.mark.parametrize("text", ["yesterday", "2027-13-01", "2027-02-30", "9999-12-31", "-1"])
def test_what_is_no_date_is_refused(host: APIClient, world: World, text: str) -> None:
    assert refused(host.get(RUNS, {"until": text}), 400, "invalid")["detail"] == {"field": "until"}


def test_it_finds_by_several_states(host: APIClient, world: World) -> None:
    made("Good")
    made("Bad", status="failed", started_at=clock.now())
    made("Late", status="processing")
    assert set(names(host, status="failed,processing")) == {"Bad", "Late"}
    assert names(host, status="complete") == ["Good"]


def test_a_refused_start_is_no_recording_but_history(host: APIClient, world: World) -> None:
    world.start("Good")
    world.stop(ArchiveRun.objects.get())
    world.until_status(ArchiveRun.objects.get(), ArchiveRun.Status.COMPLETE)
    world.leave("Ann", "Ben")
    answer = host.post(RUNS, {"name": "Ghost"}, format="json")
    refused(answer, 409, "no_clients")
    assert names(host) == names(host, name="Good") == ["Good"]
    assert names(host, status="failed") == names(host, name="Ghost") == names(host, search="ghost") == []
    assert names(host, refused="true") == ["Ghost"]
    ghost = ArchiveRun.objects.get(name="Ghost")
    assert ("status", "starting", "failed") in story(ghost)
    assert host.get(f"{RUNS}{ghost.pk}/").status_code == 200


def test_a_start_that_is_not_known_to_have_failed_is_shown(host: APIClient, world: World) -> None:
    world.platform.fail("archive_start", errors.PlatformTimeout(), after=True)
    assert host.post(RUNS, {"name": "Perhaps"}, format="json").status_code == 201
    assert names(host) == ["Perhaps"]
    assert names(host, refused="true") == []


def test_a_run_that_failed_after_it_had_begun_is_no_ghost(host: APIClient, world: World) -> None:
    run = world.start("Lost")
    [archive] = world.platform.live()
    world.leave("Ann", "Ben")
    world.platform.end(archive, "failure", status="failed")
    world.stop(run)
    world.until_status(run, ArchiveRun.Status.FAILED)
    assert names(host) == ["Lost"]


# --- renaming ----------------------------------------------------------------------------------------
def test_a_host_renames_and_the_story_keeps_the_old_name(host: APIClient, run: ArchiveRun) -> None:
    answer = host.patch(f"{RUNS}{run.pk}/", {"name": "  Hearing, day two "})
    assert (answer.status_code, answer.json()["name"]) == (200, "Hearing, day two")
    told = run.transitions.get()
    assert (told.field, told.old, told.new, told.by) == ("name", "Hearing", "Hearing, day two", "host:host")
    host.patch(f"{RUNS}{run.pk}/", {"name": "Hearing, day two"})
    assert run.transitions.count() == 1


def test_a_long_name_is_told_whole(host: APIClient, run: ArchiveRun) -> None:
    host.patch(f"{RUNS}{run.pk}/", {"name": "x" * 200})
    assert "x" * 200 in run.transitions.get().why


@pytest.mark.parametrize("name", ["", "  ", None, 7, "x" * 201, "a\nb"])
def test_a_bad_name_changes_nothing(host: APIClient, run: ArchiveRun, name: object) -> None:
    refused(host.patch(f"{RUNS}{run.pk}/", {"name": name}), 400, "invalid_name")
    run.refresh_from_db()
    assert run.name == "Hearing"


# --- the trash ---------------------------------------------------------------------------------------
def test_what_is_in_the_trash_is_seen_there_alone_until_it_is_restored(
    host: APIClient, run: ArchiveRun
) -> None:
    answer = host.post(f"{RUNS}{run.pk}/trash/")
    assert (answer.status_code, answer.json()["trashed_at"] is not None) == (200, True)
    assert (names(host), names(host, trash="true")) == ([], ["Hearing"])
    refused(host.get(f"{RUNS}{run.pk}/"), 404, "unknown_run")
    refused(host.get(f"{RUNS}{run.pk}/offsets/"), 404, "unknown_run")
    assert host.post(f"{RUNS}{run.pk}/restore/").json()["trashed_at"] is None
    assert (names(host), names(host, trash="true")) == (["Hearing"], [])
    assert story(run) == [("trash", "", "in the trash"), ("trash", "in the trash", "restored")]


def test_twice_is_the_same_as_once(host: APIClient, run: ArchiveRun) -> None:
    for verb in ("trash", "trash", "restore", "restore"):
        assert host.post(f"{RUNS}{run.pk}/{verb}/").status_code == 200
    assert len(story(run)) == 2


def test_what_is_not_finished_is_not_put_there(host: APIClient, world: World) -> None:
    run = world.start()
    assert refused(host.post(f"{RUNS}{run.pk}/trash/"), 409, "still_recording")["detail"] == {
        "status": "recording"
    }


def test_neither_a_share_nor_a_signed_link_opens_what_is_there(
    host: APIClient, guest: APIClient, run: ArchiveRun
) -> None:
    piece = Segment.objects.create(
        run=run, ordinal=0, session="primary", session_id="1_one", status="available", archive_id="a"
    )
    guest.get("/player/", {"share": access.link_text(share_create(run=run))})
    signed = access.media_link(piece)
    before = guest.get(f"{RUNS}{run.pk}/").status_code, guest.get(signed).status_code
    assert before[0] == 200
    assert before[1] not in (401, 403)
    host.post(f"{RUNS}{run.pk}/trash/")
    assert guest.get(f"{RUNS}{run.pk}/").status_code == 404
    assert guest.get(signed).status_code == 401


def test_the_trash_is_for_the_rooms_hosts(reviewer: APIClient, host: APIClient, run: ArchiveRun) -> None:
    assert reviewer.post(f"{RUNS}{run.pk}/trash/").status_code == 403
    host.post(f"{RUNS}{run.pk}/trash/")
    assert names(reviewer, trash="true") == []
    # Named elsewhere, this host has no part in the room any more.
    elsewhere = Room.objects.create(slug="else", name="Else")
    RoomRole.objects.create(room=elsewhere, user=User.objects.get(username="host"), role="host")
    assert names(host, trash="true") == []
    refused(host.post(f"{RUNS}{run.pk}/restore/"), 404, "unknown_run")


def test_the_list_says_whose_it_is_to_change(reviewer: APIClient, host: APIClient, run: ArchiveRun) -> None:
    assert [client.get(RUNS).json()["results"][0]["hosted"] for client in (host, reviewer)] == [True, False]
    assert host.get(f"{RUNS}{run.pk}/").json()["hosted"] is True


# --- legal hold --------------------------------------------------------------------------------------
def test_what_is_on_hold_is_not_put_into_the_trash(
    keeper: APIClient, host: APIClient, run: ArchiveRun
) -> None:
    held = keeper.post(f"{RUNS}{run.pk}/hold/", {"why": "file 12/27"})
    assert (held.status_code, held.json()["legal_hold"]) == (200, True)
    refused(host.post(f"{RUNS}{run.pk}/trash/"), 409, "on_hold")
    assert keeper.post(f"{RUNS}{run.pk}/release/").json()["legal_hold"] is False
    assert host.post(f"{RUNS}{run.pk}/trash/").status_code == 200
    first = run.transitions.first()
    assert first is not None
    assert (first.field, first.new, first.why) == ("hold", "on hold", "file 12/27")


def test_what_lies_in_the_trash_can_be_held(keeper: APIClient, host: APIClient, run: ArchiveRun) -> None:
    host.post(f"{RUNS}{run.pk}/trash/")
    assert keeper.post(f"{RUNS}{run.pk}/hold/").json()["legal_hold"] is True


def test_a_hold_takes_the_permission(host: APIClient, run: ArchiveRun) -> None:
    for verb in ("hold", "release"):
        refused(host.post(f"{RUNS}{run.pk}/{verb}/"), 403, "forbidden")
    run.refresh_from_db()
    assert run.legal_hold is False


# --- retention ---------------------------------------------------------------------------------------
def cleaned(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    call_command("cleanup", *arguments)
    return capsys.readouterr().out


def in_trash() -> set[str]:
    return set(ArchiveRun.objects.exclude(trashed_at=None).values_list("name", flat=True))


def test_what_is_older_than_its_days_goes_into_the_trash(
    world: World, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    made("Old", days_ago=40)
    made("Young", days_ago=20)
    made("Short by choice", days_ago=20, retention_days=7)
    made("For ever by choice", days_ago=400, retention_days=0)
    made("Held", days_ago=400, legal_hold=True)
    made("Live", days_ago=400, status="recording", ended_at=None)
    settings.RETENTION_DAYS = 30
    assert "2 recordings would be put into the trash" in cleaned(capsys, "--dry-run")
    assert in_trash() == set()
    told = cleaned(capsys)
    assert "2 recordings put into the trash" in told
    assert "main: Old, ended " in told
    assert in_trash() == {"Old", "Short by choice"}
    assert story(ArchiveRun.objects.get(name="Old")) == [("trash", "", "in the trash")]
    assert "0 recordings put" in cleaned(capsys)


def test_without_the_setting_only_what_has_days_of_its_own_goes(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    made("Old", days_ago=4000)
    made("Short by choice", days_ago=20, retention_days=7)
    cleaned(capsys)
    assert in_trash() == {"Short by choice"}


def test_an_age_for_this_time_goes_before_the_setting_but_not_before_the_runs_own_days(
    world: World, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    made("Old", days_ago=100)
    made("Young", days_ago=80)
    made("Long by choice", days_ago=100, retention_days=365)
    made("For ever by choice", days_ago=100, retention_days=0)
    made("Held", days_ago=100, legal_hold=True)
    made("Live", days_ago=100, status="recording", ended_at=None)
    for setting in (0, 3650):
        settings.RETENTION_DAYS = setting
        assert "0 recordings would be put" in cleaned(capsys, "--dry-run")
        told = cleaned(capsys, "--older-than", "90d", "--dry-run")
        assert "main: Old, ended " in told
        assert "1 recordings would be put into the trash" in told
    assert in_trash() == set()
    assert "1 recordings put into the trash" in cleaned(capsys, "--older-than", "90d")
    assert in_trash() == {"Old"}
    assert "of 0 recordings in the trash removed" in cleaned(capsys, "--older-than", "90d")


def test_what_another_puts_there_meanwhile_is_not_counted(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made("Old", days_ago=100)
    retire = library.retire

    def after_another(**given: Any) -> bool:
        retire(run=ArchiveRun.objects.get(), by="another")
        return retire(**given)

    monkeypatch.setattr(library, "retire", after_another)
    assert "0 recordings put into the trash" in cleaned(capsys, "--older-than", "90")
    assert in_trash() == {"Old"}


def test_a_host_says_how_long_a_run_is_kept(host: APIClient, run: ArchiveRun) -> None:
    for days, told in ((365, "365 days"), (0, "for ever"), (None, "as the setting says")):
        answer = host.post(f"{RUNS}{run.pk}/retention/", {"retention_days": days}, format="json")
        assert (answer.status_code, answer.json()["retention_days"]) == (200, days)
        assert story(run)[-1][2] == told


@pytest.mark.parametrize("days", [-1, 36_501, 1.5, True, "7"])
def test_an_impossible_retention_is_refused(host: APIClient, run: ArchiveRun, days: object) -> None:
    answer = host.post(f"{RUNS}{run.pk}/retention/", {"retention_days": days}, format="json")
    assert refused(answer, 400, "invalid")["detail"] == {"field": "retention_days"}
    assert story(run) == []


def test_retention_has_to_be_given(host: APIClient, run: ArchiveRun) -> None:
    refused(host.post(f"{RUNS}{run.pk}/retention/", {}, format="json"), 400, "invalid")

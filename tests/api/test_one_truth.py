"""A recording says the same numbers on its card, in the player, the report, the host's panel, the console,
the metrics and its alarm; and they are those of what happened.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from archives import errors
from archives.models import Alarm, ArchiveRun
from archives.services import callbacks
from archives.timeline import account_for
from tests.ops.test_metrics import TOKEN, scraped
from tests.support.recording import invariants
from tests.support.recording.world import World

NUMBERS = ("result", "duration_ms", "missing_ms", "lost_ms", "gap_count")


class Day:
    """What happens in the room, with every callback of the platform at once and in order."""

    def __init__(self, world: World) -> None:
        self.world, self._delivered = world, 0
        self.run = world.start("A court day")
        self.wait(20)

    def wait(self, seconds: float) -> None:
        self._deliver()
        self.world.wait(seconds)
        self._deliver()

    def away(self, seconds: float, *names: str) -> None:
        self.world.leave(*names)
        self.wait(seconds)
        self.world.join(*names)
        self.wait(20)

    def archive_ends(self, reason: str) -> None:
        """And for some seconds the platform starts no other."""
        self.world.platform.fail("archive_start", errors.PlatformUnavailable(), times=3)
        self.world.platform.end(self.world.platform.live()[0], reason)
        self.wait(40)

    def stop(self) -> ArchiveRun:
        self.world.stop(self.run)
        self.world.until_status(self.run, ArchiveRun.Status.COMPLETE)
        self.wait(5)
        self.run.refresh_from_db()
        return self.run

    def _deliver(self) -> None:
        owed = self.world.platform.callbacks
        for source, body in owed[self._delivered :]:
            callbacks.receive(source=source, body=json.dumps(body).encode())
        self._delivered = len(owed)


@pytest.fixture(autouse=True)
def protected(settings: Any) -> None:
    settings.METRICS_TOKEN = TOKEN


def told(host: APIClient, run: ArchiveRun) -> dict[str, dict[str, Any]]:
    """The account as each answer of the API says it."""
    state = host.get("/api/rooms/main/state/").json()
    answers = {path: host.get(f"/api/runs/{run.pk}/{path}").json() for path in ("", "offsets/", "seams/")}
    return {path: answer["account"] for path, answer in answers.items()} | {"state": state["run"]["account"]}


def assert_all_say(host: APIClient, admin: Client, run: ArchiveRun) -> dict[str, Any]:
    """All answers, the console and the metrics say the same; returns the account of the run."""
    accounts = told(host, run)
    account: dict[str, Any] = accounts[""]
    assert {path: said for path, said in accounts.items() if said != account} == {}
    (card,) = [row for row in host.get("/api/runs/").json()["results"] if row["id"] == str(run.pk)]
    assert {name: card[name] for name in NUMBERS} == {name: account[name] for name in NUMBERS}
    assert_spans_and_seams_say(host, run, account)
    assert_console_says(admin, run, account)
    metrics = scraped()
    assert metrics["seams_total{kind=gap}"] == account["gap_count"]
    assert metrics["seam_seconds_total{kind=gap}"] == pytest.approx(account["missing_ms"] / 1000)
    assert metrics["seams_total{kind=overlap}"] == account["measured"] + account["estimated"]
    return account


def assert_spans_and_seams_say(host: APIClient, run: ArchiveRun, account: dict[str, Any]) -> None:
    offsets, report = (host.get(f"/api/runs/{run.pk}/{path}/").json() for path in ("offsets", "seams"))
    assert offsets["duration_ms"] == account["duration_ms"]
    spans = [span for span in offsets["spans"] if span["kind"] == "gap"]
    assert [(span["start_ms"], span["out_ms"]) for span in spans] == [
        (gap["start_ms"], gap["end_ms"] - gap["start_ms"]) for gap in account["gaps"]
    ]
    assert [span["cause"] for span in spans] == [gap["cause"] for gap in account["gaps"]]
    assert report["gaps"] == account["gap_count"] == len(account["gaps"])
    assert sum(gap["end_ms"] - gap["start_ms"] for gap in account["gaps"]) == account["missing_ms"]
    for answer in (offsets, report):
        assert [each["person"] for each in answer["absences"]] == [
            each["person"] for each in account["absences"]
        ]


def assert_console_says(admin: Client, run: ArchiveRun, account: dict[str, Any]) -> None:
    seconds = f"{account['missing_ms'] / 1000:.1f} s missing"
    for path in ("", f"{run.pk}/change/"):
        page = admin.get(f"/admin/archives/archiverun/{path}").content.decode()
        assert (seconds in page) == bool(account["missing_ms"])
        assert ("Complete, with losses" in page) == (account["result"] == "complete_with_losses")
        assert ("Nothing recorded" in page) == (account["result"] == "nothing_recorded")
    bar = admin.get(f"/admin/archives/archiverun/{run.pk}/change/").content.decode()
    assert bar.count("Not recorded for") == account["gap_count"]


def test_a_break_a_gap_and_somebody_who_was_away(host: APIClient, admin_client: Client, world: World) -> None:
    day = Day(world)
    day.away(15, "Ben")
    day.away(60, "Ann", "Ben")
    day.archive_ends("maximum duration exceeded")
    run = day.stop()
    account = assert_all_say(host, admin_client, run)
    invariants.holes_are_stated(world.platform, run)
    invariants.absences_are_stated(world.platform)
    assert account["result"] == "complete_with_losses"
    pause, gap = account["gaps"]
    assert (pause["causes"], pause["lost_ms"]) == (["nobody_published"], 0)
    assert pause["end_ms"] - pause["start_ms"] == pytest.approx(60_000, abs=1000)
    assert gap["causes"] == ["length_limit"]
    assert account["lost_ms"] == gap["lost_ms"] == gap["end_ms"] - gap["start_ms"] > 1000
    (ben,) = account["absences"]
    assert (ben["person"], ben["sure"]) == ("Ben", True)
    alarm = Alarm.objects.get(run=run, code="complete_with_losses", cleared_at=None)
    said = f"2 gaps, {account['lost_ms'] / 1000:.1f} s lost; 1 person missing for a time."
    assert said in alarm.message


def test_a_whole_recording_says_nothing_of_losses(
    host: APIClient, admin_client: Client, world: World
) -> None:
    day = Day(world)
    world.restart(day.run)
    world.until_status(day.run, ArchiveRun.Status.RECORDING)
    account = assert_all_say(host, admin_client, day.stop())
    assert (account["result"], account["gaps"], account["absences"]) == ("complete", [], [])
    assert account["estimated"] == 2
    assert not Alarm.objects.filter(cleared_at=None).exists()


def test_a_break_in_which_everybody_left_is_stated_and_no_loss(
    host: APIClient, admin_client: Client, world: World
) -> None:
    day = Day(world)
    day.away(60, "Ann", "Ben")
    account = assert_all_say(host, admin_client, day.stop())
    assert (account["result"], account["gap_count"], account["lost_ms"]) == ("complete", 1, 0)
    assert account["missing_ms"] == pytest.approx(60_000, abs=1000)
    assert not Alarm.objects.filter(cleared_at=None).exists()


def test_a_run_of_which_nothing_was_recorded_says_so(
    host: APIClient, admin_client: Client, world: World
) -> None:
    world.platform.unpublish("1_one", "Ann", "Ben", connected=True)
    run = Day(world).stop()
    account = assert_all_say(host, admin_client, run)
    assert (account["result"], account["playable"]) == ("nothing_recorded", False)
    assert Alarm.objects.filter(run=run, code="nothing_recorded", cleared_at=None).exists()


def test_while_it_records_they_agree_as_well(host: APIClient, world: World) -> None:
    day = Day(world)
    day.away(15, "Ben")
    day.archive_ends("maximum duration exceeded")
    world.leave("Ann", "Ben")
    day.wait(30)
    accounts = told(host, day.run)
    assert {path: said for path, said in accounts.items() if said != accounts[""]} == {}
    account = accounts[""]
    assert [gap["open"] for gap in account["gaps"]] == [False, True]
    assert account["missing_ms"] == pytest.approx(account_for(day.run).missing_ms, abs=1)
    assert account["missing_ms"] > 25_000, "the pause goes on"

"""Runs over HTTP: start, look, restart, stop, postpone, offsets, and everything that is refused."""

from __future__ import annotations

import uuid
from base64 import b64encode
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from archives import clock, errors
from archives.models import ArchiveRun, Remark, Room, Segment
from tests.support.answer_shape import refused
from tests.support.platform.fake_platform import FakePlatform
from tests.support.recording.world import World

pytestmark = pytest.mark.django_db


def start(client: APIClient, **body: Any) -> Any:
    return client.post("/api/runs/", {"name": "Hearing", **body})


def test_it_starts_a_run(host: APIClient, world: World) -> None:
    answer = start(host, room="main")
    assert answer.status_code == 201
    run = answer.json()
    assert (run["name"], run["room"], run["status"]) == ("Hearing", "main", "recording")
    assert [piece["status"] for piece in run["segments"]] == ["started"]
    assert len(world.platform.live("1_one")) == 1


def test_the_room_may_be_left_out(host: APIClient, world: World) -> None:
    assert start(host).json()["room"] == "main"


def test_the_same_request_again_gives_the_same_run(host: APIClient, world: World) -> None:
    answers = [host.post("/api/runs/", {"name": "Hearing"}, HTTP_IDEMPOTENCY_KEY="k1") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json()["id"] == answers[1].json()["id"]
    assert answers[1]["Idempotency-Replayed"] == "true"
    assert len(world.platform.archives) == 1


def test_it_tells_what_is_wrong_with_an_idempotency_key(host: APIClient, world: World) -> None:
    answer = host.post("/api/runs/", {"name": "Hearing"}, HTTP_IDEMPOTENCY_KEY="k" * 201)
    refused(answer, 400, "invalid")


def test_a_run_may_restart_at_an_age_of_its_own(host: APIClient, world: World) -> None:
    Room.objects.update(restart_after_s=900)
    answer = host.post("/api/runs/", {"name": "Hearing", "restart_after_s": 600}, format="json")
    assert answer.json()["restart_after_s"] == 600
    run = ArchiveRun.objects.get()
    assert run.restart_due_at - run.started_at <= timedelta(seconds=600)


def test_without_one_it_is_the_rooms(host: APIClient, world: World) -> None:
    Room.objects.update(restart_after_s=900)
    assert start(host).json()["restart_after_s"] == 900


@pytest.mark.parametrize("seconds", [9, 86_401, -1, 0, 60.5, "60", True, [], {}])
def test_an_impossible_age_is_refused_and_nothing_is_started(
    host: APIClient, world: World, seconds: object
) -> None:
    body = {"name": "Hearing", "restart_after_s": seconds}
    error = refused(host.post("/api/runs/", body, format="json"), 400, "invalid")
    assert error["detail"] == {"field": "restart_after_s"}
    assert not world.platform.archives


@pytest.mark.parametrize("name", ["", "   ", None, 7, "x" * 10_000, "two\nlines", "nul\0", ["a"]])
def test_a_bad_name_is_refused_and_nothing_is_started(host: APIClient, world: World, name: object) -> None:
    refused(host.post("/api/runs/", {"name": name}, format="json"), 400, "invalid_name")
    assert not ArchiveRun.objects.exists()
    assert not world.platform.archives


@pytest.mark.parametrize("body", ["[]", '"text"', "1"])
def test_a_body_that_is_no_object_is_refused(host: APIClient, world: World, body: str) -> None:
    refused(host.post("/api/runs/", body, content_type="application/json"), 400, "invalid")


def test_malformed_json_is_refused(host: APIClient, world: World) -> None:
    refused(host.post("/api/runs/", '{"name": ', content_type="application/json"), 400, "malformed")


def test_an_unknown_room_is_404(host: APIClient, world: World) -> None:
    refused(start(host, room="nowhere"), 404, "unknown_room")
    refused(start(host, room=["main"]), 400, "invalid")


def test_a_second_start_is_409_with_the_live_runs_id(host: APIClient, world: World) -> None:
    run = start(host).json()
    assert refused(start(host), 409, "already_recording")["detail"]["run"] == run["id"]
    assert len(world.platform.archives) == 1


def test_with_nobody_connected_it_says_what_to_do(host: APIClient, world: World) -> None:
    world.leave("Ann", "Ben")
    assert "Join it first" in refused(start(host), 409, "no_clients")["message"]
    world.join("Ann")
    assert start(host).status_code == 201


def test_a_platform_that_is_down_is_503_and_the_next_start_is_free(host: APIClient, world: World) -> None:
    world.platform.fail("archive_start", errors.PlatformUnavailable())
    answer = start(host)
    refused(answer, 503, "platform_unavailable")
    assert answer["Retry-After"]
    assert start(host).status_code == 201


def test_a_platform_that_is_slow_is_looked_up(host: APIClient, world: World) -> None:
    world.platform.fail("archive_start", errors.PlatformTimeout(), after=True)
    run = start(host).json()
    assert run["status"] == "starting"
    world.until_status(ArchiveRun.objects.get(), "recording")
    assert len(world.platform.archives) == 1


def test_refused_credentials_say_whose_fault_it_is(host: APIClient, world: World) -> None:
    world.platform.fail("archive_start", errors.PlatformRefused())
    assert "API_KEY" in refused(start(host), 502, "platform_refused")["message"]


# --- restart and stop --------------------------------------------------------------------------------
@pytest.fixture
def run(host: APIClient, world: World) -> str:
    return f"/api/runs/{start(host).json()['id']}/"


def test_it_restarts(host: APIClient, world: World, run: str) -> None:
    answer = host.post(f"{run}restart/")
    assert (answer.status_code, answer.json()["status"]) == (202, "restarting")
    world.until_status(ArchiveRun.objects.get(), "recording")
    assert [piece["session"] for piece in host.get(run).json()["segments"]] == [
        "primary",
        "secondary",
        "primary",
    ]


def test_a_restart_while_restarting_is_409(host: APIClient, world: World, run: str) -> None:
    host.post(f"{run}restart/")
    refused(host.post(f"{run}restart/"), 409, "already_restarting")


def test_it_stops_and_a_second_stop_changes_nothing(host: APIClient, world: World, run: str) -> None:
    answers = [host.post(f"{run}stop/") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[1].json()["status"] == "stopping"
    world.until_status(ArchiveRun.objects.get(), "complete")
    assert host.post(f"{run}stop/").json()["status"] == "complete"
    assert not world.platform.live()


def test_what_has_ended_is_not_restarted(host: APIClient, world: World, run: str) -> None:
    host.post(f"{run}stop/")
    refused(host.post(f"{run}restart/"), 409, "not_recording")


def test_it_postpones_the_restart(host: APIClient, world: World, run: str) -> None:
    before = host.get(run).json()["restart_due_at"]
    answer = host.post(f"{run}postpone/", {"seconds": 60})
    assert answer.status_code == 200
    assert answer.json()["restart_due_at"] > before


@pytest.mark.parametrize("seconds", [None, 0, -5, "60", True, 10**9])
def test_a_senseless_delay_is_refused(host: APIClient, world: World, run: str, seconds: object) -> None:
    refused(host.post(f"{run}postpone/", {"seconds": seconds}, format="json"), 400, "invalid")


def test_the_offsets_cover_the_run_once(host: APIClient, world: World, run: str) -> None:
    world.wait(60)
    host.post(f"{run}restart/")
    world.until_status(ArchiveRun.objects.get(), "recording")
    world.wait(60)
    host.post(f"{run}stop/")
    world.until_status(ArchiveRun.objects.get(), "complete")
    offsets = host.get(f"{run}offsets/").json()
    reached = 0
    for span in offsets["spans"]:
        assert span["start_ms"] == reached
        reached += span["out_ms"] - span["in_ms"]
        assert span["url"] == f"/media/segments/{span['segment']}/"
    assert reached == offsets["duration_ms"] > 100_000
    assert [span["session"] for span in offsets["spans"]] == ["primary", "secondary", "primary"]


def test_a_run_without_a_file_yet_has_no_more_than_gaps(host: APIClient, world: World, run: str) -> None:
    offsets = host.get(f"{run}offsets/").json()
    assert [span["kind"] for span in offsets["spans"]] in ([], ["gap"])


# --- looking -----------------------------------------------------------------------------------------
def test_it_lists_page_by_page(host: APIClient, world: World) -> None:
    make(5, name="Old")
    address, seen = "/api/runs/?page_size=2", []
    while address:
        answer = host.get(address).json()
        assert set(answer) == {"count", "next", "previous", "results"}
        assert answer["count"] == 5
        seen += [run["id"] for run in answer["results"]]
        address = answer["next"]
    assert len(seen) == len(set(seen)) == 5


@pytest.mark.parametrize("made", ["p=nonsense", "p=2026-02-30 00:00Z", "p=0001-01-01 00:00+14:00"])
def test_it_follows_no_cursor_that_was_made_by_hand(host: APIClient, made: str) -> None:
    refused(host.get("/api/runs/", {"cursor": made}), 400, "invalid")
    cursor = b64encode(made.encode()).decode()
    refused(host.get("/api/runs/", {"cursor": cursor}), 400, "invalid")


@pytest.mark.parametrize("field", ["from", "until"])
@pytest.mark.parametrize("instant", ["0001-01-01T00:00+14:00", "9999-12-31T23:59-14:00", "2026-02-30"])
def test_it_finds_nothing_beyond_the_calendar(host: APIClient, field: str, instant: str) -> None:
    refused(host.get("/api/runs/", {field: instant}), 400, "invalid")


def test_it_filters_by_name_room_and_status(host: APIClient, world: World) -> None:
    other = Room.objects.create(slug="other", name="Other")
    make(2, name="A")
    make(1, name="B", status="failed", started_at=clock.now())
    make(1, name="A", room=other)
    counts = {
        query: host.get(f"/api/runs/?{query}").json()["count"]
        for query in ("name=A", "room=other", "status=failed", "name=A&room=main", "name=%00")
    }
    assert counts == {"name=A": 3, "room=other": 1, "status=failed": 1, "name=A&room=main": 2, "name=%00": 0}


@pytest.mark.parametrize(
    ("query", "found"), [("hear", 2), ("HEAR two", 1), ("annex", 1), ("100%", 0), ("%00", 0), ("", 3)]
)
def test_it_searches_words_in_names_and_rooms(host: APIClient, world: World, query: str, found: int) -> None:
    make(1, name="Hearing one")
    make(1, name="The hearing, day two")
    make(1, name="Lesson", room=Room.objects.create(slug="other", name="Annex"))
    assert host.get(f"/api/runs/?search={query}").json()["count"] == found


def test_the_list_says_what_is_missing_in_each(host: APIClient, world: World) -> None:
    make(2)
    whole, holed = ArchiveRun.objects.order_by("-created_at", "pk")
    # A segment, 2 s of nothing, a segment, 3 s of nothing, a segment.
    for run, begins in ((whole, [0]), (holed, [0, 12_000, 25_000])):
        for number, begin in enumerate(begins):
            recorded(run, number, begin, 10_000)
    listed = {row["id"]: row for row in host.get("/api/runs/").json()["results"]}
    numbers = ("missing_ms", "gap_count", "duration_ms", "segment_count", "result")
    assert [[listed[str(run.pk)][name] for name in numbers] for run in (whole, holed)] == [
        [0, 0, 10_000, 1, "complete"],
        [5000, 2, 35_000, 3, "complete_with_losses"],
    ]


def test_a_run_without_anything_to_be_played_says_so(host: APIClient, world: World) -> None:
    make(1)
    (row,) = host.get("/api/runs/").json()["results"]
    assert (row["status"], row["result"], row["duration_ms"]) == ("complete", "nothing_recorded", 0)


def recorded(run: ArchiveRun, ordinal: int, begin_ms: int, length_ms: int) -> Segment:
    began = 1_700_000_000_100 + begin_ms
    known = {"session": "primary", "session_id": "1", "status": "available", "file": f"{ordinal}.mp4"}
    return Segment.objects.create(
        run=run, ordinal=ordinal, archive_id=f"{run.pk}-{ordinal}", created_at_ms=began, media_begin_ms=0,
        duration_ms=length_ms, media_end_ms=length_ms, ended_at=clock.from_ms(began + length_ms), **known,
    )  # fmt: skip


def test_the_list_costs_the_same_for_few_and_many(
    host: APIClient, world: World, django_assert_num_queries: Any
) -> None:
    for count in (1, 30):
        make(count)
        host.get("/api/runs/")  # stores the accounts of these runs
        # The token with its user, the groups and rooms of the user, the count, the page.
        with django_assert_num_queries(5):
            host.get("/api/runs/")


def test_the_list_writes_each_account_once(host: APIClient, world: World) -> None:
    make(3)
    for run in ArchiveRun.objects.all():
        recorded(run, 0, 0, 10_000)
    with CaptureQueriesContext(connection) as first:
        listed = host.get("/api/runs/").json()["results"]
    assert len(writes(first)) == 3
    assert {row["duration_ms"] for row in listed} == {10_000}
    with CaptureQueriesContext(connection) as second:
        assert host.get("/api/runs/").json()["results"] == listed
    assert writes(second) == []


def writes(captured: CaptureQueriesContext) -> list[str]:
    queries = [query["sql"] for query in captured.captured_queries]
    return [sql for sql in queries if sql.startswith(("INSERT", "UPDATE", "DELETE"))]


def make(count: int, **values: Any) -> None:
    room = values.pop("room", None) or Room.objects.get(slug="main")
    made = {"name": "Run", "status": "complete", "strategy": "dual_session", **values}
    ArchiveRun.objects.bulk_create(ArchiveRun(room=room, **made) for _ in range(count))


@pytest.mark.parametrize("pk", ["5f0c1d3e-7a42-4b6f-9c88-2d1e0f3a4b5c", "1", "nonsense", "x" * 500])
def test_an_unknown_run_is_404(host: APIClient, world: World, pk: str) -> None:
    refused(host.get(f"/api/runs/{pk}/"), 404, "unknown_run")
    for verb in ("restart", "stop", "postpone"):
        refused(host.post(f"/api/runs/{pk}/{verb}/"), 404, "unknown_run")


# --- who may -----------------------------------------------------------------------------------------
CALLS = [
    ("get", ""),
    ("post", ""),
    ("get", "{run}/"),
    ("get", "{run}/offsets/"),
    ("post", "{run}/restart/"),
    ("post", "{run}/stop/"),
    ("post", "{run}/postpone/"),
]


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_only_hosts_may(guest: APIClient, nobody: APIClient, world: World, method: str, path: str) -> None:
    address = "/api/runs/" + path.format(run=uuid.uuid4())
    refused(getattr(guest, method)(address), 401, "not_signed_in")
    refused(getattr(nobody, method)(address), 403, "forbidden")
    guest.credentials(HTTP_AUTHORIZATION="Token nonsense")
    refused(getattr(guest, method)(address), 401, "wrong_token")


def test_a_browser_needs_the_csrf_token(host_user: Any, world: World) -> None:
    browser = APIClient(enforce_csrf_checks=True)
    browser.force_login(host_user)
    refused(browser.post("/api/runs/", {"name": "Hearing"}), 403, "forbidden")
    assert not ArchiveRun.objects.exists()


def test_staff_are_hosts(nobody: APIClient, world: World, django_user_model: Any) -> None:
    django_user_model.objects.update(is_staff=True)
    assert nobody.get("/api/runs/").status_code == 200


def test_another_method_is_405(host: APIClient, world: World, run: str) -> None:
    refused(host.delete(run), 405, "method_not_allowed")


def test_the_platform_is_never_asked_inside_a_transaction(host: APIClient, platform: FakePlatform) -> None:
    """The fake platform asserts it on each call; this walks the calls that a request makes itself."""
    world = World(platform)
    run = start(host).json()["id"]
    host.post(f"/api/runs/{run}/stop/")
    world.until_status(ArchiveRun.objects.get(), "complete")
    assert "archive_start" in platform.calls


def test_what_is_wrong_to_see_or_to_hear_is_told_in_times_of_the_run(
    host: APIClient, world: World, run: str
) -> None:
    world.wait(60)
    host.post(f"{run}stop/")
    world.until_status(ArchiveRun.objects.get(), "complete")
    segment = Segment.objects.get()
    Remark.objects.create(segment=segment, code="silent", from_ms=1000, until_ms=12_000)
    spans = host.get(f"{run}offsets/").json()["spans"]
    (remark,) = host.get(f"{run}offsets/").json()["remarks"]
    assert remark == {
        "segment": str(segment.pk),
        "code": "silent",
        "start_ms": spans[0]["start_ms"] + 1000 - spans[0]["in_ms"],
        "end_ms": spans[0]["start_ms"] + 12_000 - spans[0]["in_ms"],
        "values": {},
        "text": "Nothing can be heard.",
    }
    assert host.get(f"{run}seams/").json()["remarks"] == [remark]

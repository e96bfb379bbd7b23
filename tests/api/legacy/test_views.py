"""The contract of the system before, wire for wire: each call with its exact shape."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from rest_framework.test import APIClient

from archives import errors
from archives.api.legacy import views as seed
from archives.models import ArchiveRun, Segment
from tests.support.answer_shape import refused
from tests.support.recording.world import World

pytestmark = pytest.mark.django_db
# What the platform says of an archive, and so what the seed's clients may rely on.
ARCHIVE = {
    "id",
    "name",
    "status",
    "createdAt",
    "duration",
    "size",
    "url",
    "sessionId",
    "reason",
    "outputMode",
}


@pytest.fixture(autouse=True)
def _open(settings: Any, world: World) -> None:
    settings.ROOM_ACCESS = "open"
    settings.PLAYER_OFFSET_PRIMARY, settings.PLAYER_OFFSET_SECONDARY = 3.0, 4.0


@pytest.mark.parametrize("slash", ["", "/"])
def test_guests_get_what_they_need_to_join(guest: APIClient, slash: str) -> None:
    assert guest.get(f"/apiKey{slash}").json() == {"apiKey": "100"}
    assert guest.get(f"/sessionIds{slash}").json() == {"primary": "1_one", "secondary": "1_two"}
    tokens = guest.get(f"/tokens{slash}").json()
    assert set(tokens) == {"primary", "secondary"}
    assert tokens["primary"].startswith("token:1_one:")
    assert tokens["secondary"].startswith("token:1_two:")


@pytest.mark.parametrize("path", ["/archives/offset", "/archives/offset/", "/archives/archive-0/offset"])
def test_the_players_offsets(guest: APIClient, path: str) -> None:
    offsets = guest.get(path).json()
    assert offsets == {"primary": 3, "secondary": 4}
    assert {type(value) for value in offsets.values()} == {int}


@pytest.mark.parametrize("path", ["/apiKey", "/sessionIds", "/tokens", "/archives/offset"])
def test_a_closed_room_is_closed_here_too(
    guest: APIClient, nobody: APIClient, settings: Any, path: str
) -> None:
    settings.ROOM_ACCESS = "invite"
    refused(guest.get(path), 401, "not_signed_in")
    refused(nobody.get(path), 403, "forbidden")


def test_tokens_are_throttled(guest: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archives.api.throttles.JoinThrottle.rate", "1/min")
    assert guest.get("/tokens").status_code == 200
    refused(guest.get("/tokens"), 429, "throttled")


# --- the predecessor's pages, which know no CSRF tokens ---
SITE = "http://testserver"
STARTS = ["/archives", "/archives/archive-0/stop", "/archives/archive-0/restart"]


@pytest.fixture
def page(host_user: User) -> APIClient:
    """A browser in which a host has signed in."""
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(host_user)
    return client


@pytest.mark.parametrize("path", STARTS)
def test_a_page_of_this_site_needs_no_csrf_token(page: APIClient, path: str) -> None:
    assert page.post(path, {"sessionName": "Hearing"}, HTTP_ORIGIN=SITE).status_code != 403


@pytest.mark.parametrize("path", STARTS)
@pytest.mark.parametrize("origin", ["", "null", "https://testserver", f"{SITE}.org", f"{SITE}:8000"])
def test_other_pages_may_do_nothing(page: APIClient, path: str, origin: str) -> None:
    """Not even with a form, which a browser sends to another origin without asking."""
    headers = {"HTTP_ORIGIN": origin} if origin else {}
    form = page.post(path, "sessionName=Hearing", content_type="application/x-www-form-urlencoded", **headers)
    refused(form, 403, "forbidden")
    assert not ArchiveRun.objects.exists()


def test_a_trusted_origin_is_this_site_too(page: APIClient, settings: Any) -> None:
    settings.CSRF_TRUSTED_ORIGINS = ["https://record.example.org"]
    origin = "https://record.example.org"
    assert page.post("/archives", {"sessionName": "Hearing"}, HTTP_ORIGIN=origin).status_code == 200


def test_an_origin_is_no_sign_in(guest: APIClient) -> None:
    refused(guest.post("/archives", {"sessionName": "Hearing"}, HTTP_ORIGIN=SITE), 401, "not_signed_in")


# --- start, restart, stop ----------------------------------------------------------------------------
def start(host: APIClient, name: str = "Hearing") -> Any:
    return host.post("/archives", {"sessionName": name})


@pytest.mark.parametrize("path", ["/archives", "/archives/"])
def test_start_answers_the_archive(host: APIClient, world: World, path: str) -> None:
    answer = host.post(path, {"sessionName": "Hearing"})
    archive = answer.json()
    assert answer.status_code == 200
    assert set(archive) == ARCHIVE
    assert (archive["name"], archive["status"], archive["sessionId"]) == ("Hearing", "started", "1_one")
    assert type(archive["createdAt"]) is int
    assert archive["url"] is None
    assert list(world.platform.archives) == [archive["id"]]


def test_start_may_come_as_a_form(host: APIClient) -> None:
    """The seed's pages post JSON, old scripts a form."""
    answer = host.post("/archives", "sessionName=Hearing", content_type="application/x-www-form-urlencoded")
    assert answer.json()["name"] == "Hearing"


def test_restart_answers_the_new_archive_of_session_1(host: APIClient, working: World) -> None:
    first = start(host).json()
    answer = host.post(f"/archives/{first['id']}/restart", {"sessionName": "Hearing"})
    archive = answer.json()
    assert answer.status_code == 200
    assert set(archive) == ARCHIVE
    assert (archive["sessionId"], archive["status"], archive["name"]) == ("1_one", "started", "Hearing")
    assert archive["id"] != first["id"]
    assert [live.id for live in working.platform.live()] == [archive["id"]]


def test_stop_answers_the_stopped_archive_and_ends_all(host: APIClient, working: World) -> None:
    first = start(host).json()
    newest = host.post(f"/archives/{first['id']}/restart").json()
    archive = host.post(f"/archives/{newest['id']}/stop").json()
    assert set(archive) == ARCHIVE
    assert archive["id"] == newest["id"]
    assert archive["status"] in ("stopped", "available")
    assert not working.platform.live()
    # The page of an operator who was away may name an old archive, and may ask twice.
    assert host.post(f"/archives/{first['id']}/stop").status_code == 200


def test_a_slow_start_is_waited_for(host: APIClient, working: World) -> None:
    working.platform.fail("archive_start", errors.PlatformTimeout(), after=True)
    assert start(host).json()["id"] == "archive-0"
    assert len(working.platform.archives) == 1


def test_what_takes_too_long_says_that_nothing_is_lost(
    host: APIClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seed, "WAIT_S", 0)
    archive = start(host).json()["id"]
    answer = host.post(f"/archives/{archive}/restart")
    assert "nothing is lost" in refused(answer, 503, "still_under_way")["message"]
    assert answer["Retry-After"]
    world.until_status(ArchiveRun.objects.get(), "recording")
    assert ArchiveRun.objects.get().segments.count() == 3


def test_a_restart_that_is_put_off_says_why(host: APIClient, working: World) -> None:
    archive = start(host).json()["id"]
    working.stay_away = {"Ann", "Ben"}
    refused(host.post(f"/archives/{archive}/restart"), 503, "restart_failed")
    assert [live.id for live in working.platform.live()] == [archive]


# --- list --------------------------------------------------------------------------------------------
@pytest.fixture
def recorded(host: APIClient, working: World) -> list[dict[str, Any]]:
    """A recording in three pieces, then one in one piece."""
    first = start(host, "A").json()
    working.wait(30)
    newest = host.post(f"/archives/{first['id']}/restart").json()
    working.wait(30)
    host.post(f"/archives/{newest['id']}/stop")
    working.until_status(ArchiveRun.objects.get(), "complete")
    second = start(host, "B").json()
    host.post(f"/archives/{second['id']}/stop")
    working.until_status(ArchiveRun.objects.get(name="B"), "complete")
    return list(host.get("/archives").json())


def unsigned(archives: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without the links' signatures, which change from second to second."""
    return [archive | {"url": archive["url"].partition("?")[0]} for archive in archives]


def test_the_list_has_the_archives_of_both_sessions_in_order(recorded: list[dict[str, Any]]) -> None:
    assert [archive["name"] for archive in recorded] == ["A", "A", "A", "B"]
    assert [archive["sessionId"] for archive in recorded] == ["1_one", "1_two", "1_one", "1_one"]
    assert [a["createdAt"] for a in recorded] == sorted(a["createdAt"] for a in recorded)
    assert all(set(archive) == ARCHIVE for archive in recorded)
    assert recorded[0]["duration"] >= 30
    assert type(recorded[0]["duration"]) is int


def test_the_list_by_name(recorded: list[dict[str, Any]], host: APIClient) -> None:
    assert unsigned(host.get("/archives?name=B").json()) == unsigned(recorded[3:])
    assert host.get("/archives/?name=nothing").json() == []


def test_a_link_plays_without_signing_in(recorded: list[dict[str, Any]]) -> None:
    answer = Client().get(recorded[0]["url"])
    assert (answer.status_code, answer["Location"]) == (302, "http://files/archive-0.mp4")


def test_what_cannot_be_played_is_not_listed(recorded: list[dict[str, Any]], host: APIClient) -> None:
    Segment.objects.filter(archive_id=recorded[0]["id"]).update(status="failed")
    Segment.objects.filter(archive_id=recorded[1]["id"]).update(status="expired")
    assert unsigned(host.get("/archives").json()) == unsigned(recorded[2:])


# --- refusals ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "body", [{}, {"sessionName": ""}, {"sessionName": "x" * 10_000}, {"name": "Hearing"}]
)
def test_a_bad_name_is_refused(host: APIClient, world: World, body: dict[str, str]) -> None:
    refused(host.post("/archives", body), 400, "invalid_name")
    assert not world.platform.archives


def test_a_second_start_is_409(host: APIClient) -> None:
    start(host)
    assert refused(start(host, "Another"), 409, "already_recording")["detail"]["name"] == "Hearing"


def test_with_nobody_connected_it_is_409(host: APIClient, world: World) -> None:
    world.leave("Ann", "Ben")
    refused(start(host), 409, "no_clients")


def test_a_restart_while_restarting_is_409(host: APIClient, world: World) -> None:
    archive = start(host).json()["id"]
    world.restart(ArchiveRun.objects.get())
    refused(host.post(f"/archives/{archive}/restart"), 409, "already_restarting")


@pytest.mark.parametrize("verb", ["restart", "stop"])
@pytest.mark.parametrize("archive", ["nothing", "%00", "x" * 300])
def test_an_unknown_archive_is_404(host: APIClient, verb: str, archive: str) -> None:
    refused(host.post(f"/archives/{archive}/{verb}"), 404, "unknown_archive")


def test_a_platform_that_is_down_is_503(host: APIClient, world: World) -> None:
    world.platform.fail("archive_start", errors.PlatformUnavailable())
    refused(start(host), 503, "platform_unavailable")


CALLS = [
    ("get", "/archives"),
    ("post", "/archives"),
    ("post", "/archives/archive-0/stop"),
    ("post", "/archives/archive-0/restart"),
]


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_only_hosts_record(guest: APIClient, nobody: APIClient, method: str, path: str) -> None:
    refused(getattr(guest, method)(path), 401, "not_signed_in")
    refused(getattr(nobody, method)(path), 403, "forbidden")


def test_a_browser_needs_the_csrf_token(host_user: Any, world: World) -> None:
    browser = APIClient(enforce_csrf_checks=True)
    browser.force_login(host_user)
    refused(start(browser), 403, "forbidden")
    assert not world.platform.archives


def test_another_method_is_405(host: APIClient) -> None:
    refused(host.delete("/archives"), 405, "method_not_allowed")
    refused(host.get("/archives/archive-0/stop"), 405, "method_not_allowed")

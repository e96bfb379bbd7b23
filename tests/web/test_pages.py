"""The pages' views: who gets which page, what it holds, and that no token is ever part of one."""

import json
import re
from pathlib import Path
from urllib.parse import urljoin

import pytest
from django.contrib.auth.models import Group, User
from django.contrib.staticfiles import finders
from django.test import Client

from archives.models import ArchiveRun, Room
from archives.models.access import RoomRole
from archives.services.people.links import invitation_for_all
from archives.web import access, pages

pytestmark = pytest.mark.django_db
PASSWORD = "a password for tests"
HOST_PAGES = ["/host/", "/rooms/main/host/", "/player/", "/player/?run=8a1c", "/player/?name=Day"]


@pytest.fixture
def room(settings) -> Room:
    settings.ROOM_ACCESS = "open"
    settings.API_SECRET = "the-secret-of-the-platform"
    room = Room.objects.get(slug="main")
    room.session_id_primary, room.session_id_secondary = "1_PRIMARY", "2_SECONDARY"
    room.save(update_fields=["session_id_primary", "session_id_secondary"])
    return room


@pytest.fixture
def host(client: Client, room: Room) -> Client:
    user = User.objects.create_user("hanna", password=PASSWORD, first_name="Hanna", last_name="Host")
    user.groups.add(Group.objects.get_or_create(name=access.HOSTS)[0])
    client.force_login(user)
    return client


def config_of(response) -> dict:
    block = re.search(r'<script id="page-config"[^>]*>(.*?)</script>', response.content.decode(), re.S)
    assert block is not None
    return json.loads(block.group(1))


def give_access(room: Room, kind: str) -> None:
    room.access = kind
    room.save(update_fields=["access"])


@pytest.mark.parametrize("path", ["/", "/rooms/main/", "/?name=Ann", "/accounts/login/"])
def test_it_opens_for_anybody(client: Client, room: Room, path: str) -> None:
    assert client.get(path).status_code == 200


@pytest.mark.parametrize("path", HOST_PAGES)
def test_it_sends_strangers_to_the_sign_in_and_back(client: Client, room: Room, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/?next=" + path.partition("?")[0])


@pytest.mark.parametrize("path", HOST_PAGES)
def test_it_opens_for_a_host(host: Client, path: str) -> None:
    assert host.get(path).status_code == 200


@pytest.mark.parametrize("path", HOST_PAGES)
def test_it_refuses_people_who_are_not_hosts(client: Client, room: Room, path: str) -> None:
    client.force_login(User.objects.create_user("pat", password=PASSWORD))
    response = client.get(path)
    assert response.status_code == 403
    assert "You may not see this page" in response.content.decode()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("/index.html", "/"),
        ("/index.html?name=Ann", "/?name=Ann"),
        ("/admin.html", "/host/"),
        ("/player.html", "/player/"),
        ("/player.html?name=Day%201", "/player/?name=Day%201"),
    ],
)
def test_the_addresses_of_the_seed_lead_to_the_pages(client: Client, room: Room, old: str, new: str) -> None:
    response = client.get(old)
    assert (response.status_code, response["Location"]) == (302, new)


@pytest.mark.parametrize("path", ["/rooms/nowhere/", "/rooms/nowhere/host/", "/nothing-here"])
def test_an_unknown_address_gets_a_page_that_says_so(host: Client, path: str) -> None:
    response = host.get(path)
    assert response.status_code == 404
    assert "There is nothing here" in response.content.decode()


@pytest.mark.parametrize("path", ["/", "/host/", "/player/", "/player/?run=1"])
def test_no_page_holds_a_session_id_a_token_or_the_secret(host: Client, path: str) -> None:
    page = host.get(path).content.decode()
    for secret in ("1_PRIMARY", "2_SECONDARY", "the-secret-of-the-platform", "T1==", "eyJ"):
        assert secret not in page


@pytest.mark.parametrize("path", ["/", "/host/", "/player/", "/player/?run=1", "/accounts/login/"])
def test_no_page_has_scripts_or_styles_in_its_markup(host: Client, path: str) -> None:
    if path == "/accounts/login/":
        host.logout()
    page = host.get(path).content.decode()
    scripts = re.findall(r"<script\b[^>]*>", page)
    assert all("src=" in tag or 'type="application/json"' in tag for tag in scripts)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", page)
    assert not re.search(r'(src|href)="https?://', page)


def test_the_participant_page_knows_where_to_ask(client: Client, room: Room) -> None:
    config = config_of(client.get("/rooms/main/"))
    assert config["room"] == {"slug": "main", "name": room.name}
    assert config["urls"]["join"] == "/api/rooms/main/join/"
    assert config["urls"]["state"] == "/api/rooms/main/state/"
    assert config["user"] == {"name": ""}


@pytest.mark.parametrize("path", ["/", "/host/"])
def test_who_cannot_reach_the_vendor_reads_what_to_allow(host: Client, settings, path: str) -> None:
    settings.OPENTOK_API_URL = "https://api.opentok.com"
    settings.OPENTOK_SCRIPT_URL = "https://cdn.example.org/@opentok/client@2.35.2/dist/js/opentok.min.js"
    settings.OPENTOK_PROXY_URL = "https://proxy.example.org:8443"
    response = host.get(path)
    page = response.content.decode()
    for name in (
        "*.opentok.com",
        "*.tokbox.com",
        "*.vonage.com",
        "cdn.example.org",
        "proxy.example.org:8443",
    ):
        assert name in page
    assert "UDP port 3478" in page
    assert "https://tokbox.com/developer/tools/precall/" in page
    assert config_of(response)["platform"] == {"proxy_url": "https://proxy.example.org:8443"}


def test_who_cannot_reach_a_local_platform_is_not_sent_to_the_vendor(client: Client, room: Room) -> None:
    page = client.get("/").content.decode()
    assert "opentok.com" not in page
    assert "3478" not in page
    assert "tokbox.com" not in page


def test_the_cameras_size_is_a_setting(client: Client, room: Room, settings) -> None:
    settings.CAMERA_WIDTH, settings.CAMERA_HEIGHT = 1280, 720
    assert config_of(client.get("/"))["video"] == {"width": 1280, "height": 720}


def test_the_host_page_knows_its_host_and_offers_an_invitation(host: Client) -> None:
    response = host.get("/host/")
    assert config_of(response)["user"] == {"name": "Hanna Host"}
    assert 'value="http://testserver/rooms/main/"' in response.content.decode()


def test_a_room_name_cannot_break_out_of_the_page(client: Client, room: Room) -> None:
    room.name = "</script><script>alert(1)</script>"
    room.save(update_fields=["name"])
    response = client.get("/")
    assert "<script>alert(1)" not in response.content.decode()
    assert config_of(response)["room"]["name"] == room.name


def test_pages_are_not_kept_by_caches(host: Client) -> None:
    for path in ("/", "/host/", "/player/"):
        assert "no-store" in host.get(path)["Cache-Control"]


def test_a_room_for_signed_in_people_asks_for_the_sign_in(client: Client, room: Room) -> None:
    give_access(room, "login")
    response = client.get("/?name=Ann")
    assert (response.status_code, response["Location"]) == (302, "/accounts/login/?next=/%3Fname%3DAnn")
    client.force_login(User.objects.create_user("pat", password=PASSWORD))
    assert client.get("/").status_code == 200


def test_a_room_for_invited_people_turns_others_away(client: Client, room: Room) -> None:
    give_access(room, "invite")
    response = client.get("/")
    assert response.status_code == 403
    assert "is for invited people" in response.content.decode()


def test_an_invitation_lets_in_and_leaves_the_address(client: Client, room: Room) -> None:
    give_access(room, "invite")
    response = client.get("/", {"invite": access.link_text(invitation_for_all(room=room)), "name": "Ann"})
    assert (response.status_code, response["Location"]) == (302, "/?name=Ann")
    assert client.get("/").status_code == 200


def test_an_invitation_that_is_made_up_does_not_let_in(client: Client, room: Room) -> None:
    give_access(room, "invite")
    assert client.get("/", {"invite": "main:made:up"}).status_code == 302
    assert client.get("/").status_code == 403


def test_the_host_of_an_invited_room_gets_a_link_that_lets_in(host: Client, room: Room) -> None:
    give_access(room, "invite")
    link = re.search(r'value="http://testserver([^"]+)"', host.get("/host/").content.decode())
    assert link is not None
    guest = Client()
    assert guest.get(link.group(1)).status_code == 302
    assert guest.get("/").status_code == 200


def test_signing_in_leads_on_to_where_one_was_going(client: Client, room: Room) -> None:
    User.objects.create_user("hanna", password=PASSWORD, is_staff=True)
    response = client.post(
        "/accounts/login/?next=/host/", {"username": "hanna", "password": PASSWORD, "next": "/host/"}
    )
    assert (response.status_code, response["Location"]) == (302, "/host/")


def test_a_wrong_password_is_said_in_words(client: Client, room: Room) -> None:
    response = client.post("/accounts/login/", {"username": "hanna", "password": "wrong"})
    assert response.status_code == 200
    assert "do not belong together" in response.content.decode()


@pytest.mark.parametrize("path", ["/", "/host/", "/player/"])
def test_pages_are_only_read(host: Client, path: str) -> None:
    assert host.post(path).status_code == 405


# --- the way around ----------------------------------------------------------------------------------
def links(client: Client, path: str) -> list[str]:
    nav = re.search(r'<nav class="topnav".*?</nav>', client.get(path).content.decode(), re.S)
    assert nav is not None
    return re.findall(r'href="([^"]*)"', nav.group(0))


def test_a_host_is_led_to_the_recordings_the_room_and_a_new_password(host: Client) -> None:
    assert links(host, "/player/") == ["/player/", "/host/", "/accounts/password_change/"]


def test_who_may_not_host_is_not_sent_there(client: Client, room: Room) -> None:
    user = User.objects.create_user("rita")
    user.groups.add(Group.objects.get(name=access.REVIEWERS))
    client.force_login(user)
    assert links(client, "/player/") == ["/player/", "/accounts/password_change/"]
    client.force_login(User.objects.create_user("nora"))
    assert links(client, "/accounts/password_change/") == ["/accounts/password_change/"]


def test_a_host_of_another_room_is_led_to_that_one(client: Client, room: Room) -> None:
    user = User.objects.create_user("eve")
    RoomRole.objects.create(user=user, room=Room.objects.create(slug="annex", name="Annex"), role="host")
    client.force_login(user)
    assert "/rooms/annex/host/" in links(client, "/player/")


def test_staff_are_led_to_the_console(client: Client, room: Room) -> None:
    client.force_login(User.objects.create_superuser("root"))
    assert "/admin/" in links(client, "/player/")


def test_the_trash_is_shown_to_hosts(host: Client, client: Client) -> None:
    assert "<h1>Trash</h1>" in host.get("/player/?trash=true").content.decode()
    user = User.objects.create_user("rita")
    user.groups.add(Group.objects.get(name=access.REVIEWERS))
    client.force_login(user)
    assert "<h1>Recordings</h1>" in client.get("/player/?trash=true").content.decode()


def test_a_host_of_several_rooms_finds_them_listed_and_what_they_record(client: Client, room: Room) -> None:
    user = User.objects.create_user("henry", password=PASSWORD)
    client.force_login(user)
    rooms = [Room.objects.create(slug=f"court-{n}", name=f"Court {n}") for n in (1, 2)]
    RoomRole.objects.bulk_create(RoomRole(user=user, room=each, role=access.HOST) for each in rooms)
    ArchiveRun.objects.create(room=rooms[1], name="Morning", status="recording", strategy="dual_session")
    page = client.get("/host/rooms/").content.decode()
    assert re.findall(r'class="card-name" href="([^"]*)"', page) == [
        "/rooms/court-1/host/",
        "/rooms/court-2/host/",
    ]
    assert "Morning" in page.partition("Court 2")[2]
    assert "Morning" not in page.partition("Court 2")[0]
    assert "/host/rooms/" in links(client, "/player/")
    found = client.get("/host/rooms/?q=court 2").content.decode()
    assert "Court 2" in found
    assert "Court 1" not in found


def test_the_list_of_rooms_says_when_there_are_more(host: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "ROOMS_SHOWN", 1)
    assert "a search finds the others" not in host.get("/host/rooms/").content.decode()
    Room.objects.create(slug="annex", name="Annex")
    assert "a search finds the others" in host.get("/host/rooms/").content.decode()


def test_a_form_without_its_token_gets_a_page_that_says_what_to_do(room: Room) -> None:
    answer = Client(enforce_csrf_checks=True).post("/accounts/login/", {"username": "a", "password": "b"})
    assert answer.status_code == 403
    page = answer.content.decode()
    assert "This form was open for too long" in page
    assert "css/base.css" in page


def test_an_address_that_is_not_ours_gets_a_page_too(room: Room, settings) -> None:
    settings.ALLOWED_HOSTS = ["record.example.org"]
    answer = Client().get("/", headers={"Host": "elsewhere.example.org"})
    assert answer.status_code == 400
    assert "This address or form cannot be used" in answer.content.decode()


@pytest.mark.parametrize("path", ["/rooms/no-such-room/", "/nowhere/"])
def test_an_error_leads_those_who_may_watch_to_the_recordings(host: Client, path: str) -> None:
    assert "To the recordings" in host.get(path).content.decode()
    assert "To the recordings" not in Client().get(path).content.decode()


def test_who_may_not_is_told_as_whom_they_are_signed_in(client: Client, room: Room) -> None:
    client.force_login(User.objects.create_user("nobody-much"))
    assert "You are signed in as nobody-much" in client.get("/host/").content.decode()


def test_the_host_page_says_when_it_would_restart(host: Client, room: Room, settings) -> None:
    settings.ARCHIVE_LIMIT = 7200
    Room.objects.update(restart_after_s=1800)
    assert 'placeholder="30"' in host.get("/host/").content.decode()
    Room.objects.update(restart_after_s=80_000)
    page = host.get("/host/").content.decode()
    assert 'placeholder="114"' in page, "six minutes before a limit of two hours"
    assert '"most_s": 6840' in page


@pytest.mark.parametrize("path", ["/", "/host/", "/player/", "/player/?name=x"])
def test_a_page_names_every_module_that_it_will_load(host: Client, path: str) -> None:
    page = host.get(path).content.decode()
    named = re.findall(r'<link rel="modulepreload" href="([^"]+)">', page)
    asked = set(re.findall(r'<script type="module" src="([^"]+)">', page))
    assert asked
    for url in named:
        source = Path(finders.find(url.removeprefix("/static/")) or "").read_text()
        asked |= {
            urljoin(url, name) for name in re.findall(r'^import .* from "(\.[^"]+)";', source, re.MULTILINE)
        }
    assert sorted(asked) == sorted(named)

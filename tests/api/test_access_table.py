"""Every address of the site, tried as every kind of caller; docs/access.md says the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import transaction
from django.http import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from archives import clock
from archives.api.legacy import views as seed
from archives.models import ArchiveRun, Export, Preview, Room
from archives.models.access import Invitation, RoomRole, Share
from archives.services import captions
from archives.services.jobs import previews
from archives.services.people.links import invitation_create, share_create
from archives.web import access
from tests.support.access_table import CALLERS, HIDDEN, NO, ROWS, SIGN_IN, YES, Row, rendered
from tests.support.media.stored_segments import keep_in
from tests.support.recording.world import World

pytestmark = pytest.mark.django_db
DOCUMENT = Path(__file__).resolve().parents[2] / "docs/access.md"
METHODS = ("get", "post", "put", "patch", "delete")
BODIES = {
    "/join/": {"name": "Ann"},
    "/away/": {"participant": "ann", "away_ms": 9500},
    "/sending/": {"participant": "ann", "media": []},
    "/postpone/": {"seconds": 60},
    "/tokens": {},
}


# --- what there is -----------------------------------------------------------------------------------
def routes(patterns: list[Any], namespace: str = "") -> Iterator[tuple[str, Callable[..., Any]]]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from routes(pattern.url_patterns, inner)
        elif isinstance(pattern, URLPattern):
            yield f"{namespace}{pattern.name}", pattern.callback


def methods(view: Any) -> set[str]:
    if actions := getattr(view, "actions", None):
        # The framework adds HEAD to a view once it has been asked; it answers as GET does.
        return {method.upper() for method in actions} - {"HEAD"}
    for kind in (getattr(view, "cls", None), getattr(view, "view_class", None)):
        if kind and kind.__module__.startswith("archives"):
            return {method.upper() for method in METHODS if hasattr(kind, method)}
    return set()


def test_every_route_and_method_has_a_row() -> None:
    rows = {(row.route, row.method) for row in ROWS}
    ours = {name: view for name, view in routes(get_resolver().url_patterns) if not name.startswith("admin:")}
    assert {name for name, _ in rows} == set(ours)
    missing = {(name, m) for name, view in ours.items() for m in methods(view)} - rows
    assert not missing


def test_the_document_says_the_same() -> None:
    assert DOCUMENT.read_text() == rendered(), "python -m tests.support.access_table > docs/access.md"


# --- the callers -------------------------------------------------------------------------------------
class Site:
    """A room by invitation that is being recorded, its people, and people of another room."""

    def __init__(self, world: World) -> None:
        self.room, self.run = world.room, world.start()
        self.other = Room.objects.create(slug="other", name="Other")
        self.segment = self.run.segments.get()
        self.share, self.invitation = share_create(run=self.run), invitation_create(room=self.room)
        self.names = {
            "run": self.run.pk,
            "segment": self.segment.pk,
            "archive": self.segment.archive_id,
            "invitation": self.invitation.pk,
            "share": self.share.pk,
            "export": self._exported().pk,
        }

    def _exported(self) -> Export:
        """An export, thumbnails and captions, so that whoever may have them finds them."""
        kept = storages["archives"]
        for name in previews.FILES:
            kept.save(f"previews/{name}", ContentFile(b"preview"))
        Preview.objects.update_or_create(run=self.run, defaults={"folder": "previews", "digest": "0" * 64})
        captions.attach(run=self.run, data=b"WEBVTT\n\n00:01.000 --> 00:02.000\nGood morning.\n", by="host")
        file = kept.save("export.mp4", ContentFile(b"export"))
        return Export.objects.create(run=self.run, status="done", file=file, size=6, digest="0" * 64)

    def caller(self, kind: str) -> Client:
        client = Client()
        if kind in ("invited", "expired", "other room"):
            self._enter(client, kind)
        elif kind == "shared":
            client.get("/player/", {"share": access.link_text(self.share)})
        elif kind != "anonymous":
            client.force_login(self._person(kind))
        return client

    def _enter(self, client: Client, kind: str) -> None:
        room = self.other if kind == "other room" else self.room
        invitation = invitation_create(room=room)
        client.get(f"/rooms/{room.slug}/", {"invite": access.link_text(invitation)})
        if kind == "expired":
            ended = clock.now() - timedelta(seconds=access.STAYS_S + 1)
            Invitation.objects.filter(pk=invitation.pk).update(expires_at=ended)

    def _person(self, kind: str) -> User:
        user = User.objects.create_user(kind.replace(" ", "_"), is_staff=kind.startswith("operator"))
        if kind == "operators":
            user.groups.add(Group.objects.get(name=access.OPERATORS))
        if kind in ("host", "host elsewhere"):
            room = self.room if kind == "host" else self.other
            RoomRole.objects.create(room=room, user=user, role="host")
        if kind == "reviewer":
            RoomRole.objects.create(room=self.room, user=user, role="reviewer")
        return user

    def ask(self, client: Client, row: Row) -> HttpResponseBase:
        path = row.path.format(**self.names)
        body = next((body for end, body in BODIES.items() if path.endswith(end)), {"name": "Day"})
        kwargs = {} if row.method == "GET" else {"data": body, "content_type": "application/json"}
        return getattr(client, row.method.lower())(path, **kwargs)


@pytest.fixture
def site(world: World, settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Site:
    keep_in(tmp_path, settings)
    settings.ROOM_ACCESS, settings.API_KEY, settings.WEBHOOK_SECRET = "invite", "100", ["a secret of tests"]
    # What a change-over takes is not waited for: that it was let through is what counts here.
    monkeypatch.setattr(seed, "WAIT_S", 0.0)
    cache.clear()
    return Site(world)


def outcome(answer: HttpResponseBase) -> str:
    if answer.status_code == 401 or "/login/" in answer.headers.get("Location", ""):
        return SIGN_IN
    return {403: NO, 404: HIDDEN}.get(answer.status_code, YES)


def undone(act: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    """Does `act` and takes back what it wrote, so that every call finds the same site."""
    # Not `atomic`: the platform may not be called inside a block, and this is none of the site's.
    before = transaction.savepoint()
    answer = act()
    transaction.savepoint_rollback(before)
    return answer


# --- the table ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", CALLERS)
def test_each_caller_gets_what_the_table_says(site: Site, kind: str) -> None:
    client = site.caller(kind)
    tried = [row for row in ROWS if row.route != "logout"]
    seen = {f"{row.method} {row.path}": outcome(undone(partial(site.ask, client, row))) for row in tried}
    assert seen == {f"{row.method} {row.path}": row.outcomes[kind] for row in tried}


@pytest.mark.parametrize("kind", CALLERS)
def test_anybody_may_sign_out(site: Site, kind: str) -> None:
    assert site.caller(kind).post("/accounts/logout/").status_code == 302


def test_lists_hold_only_what_one_may_see(site: Site) -> None:
    elsewhere, host = site.caller("host elsewhere"), site.caller("host")
    assert elsewhere.get("/api/runs/").json()["count"] == 0
    assert host.get("/api/runs/").json()["count"] == 1
    assert [room["slug"] for room in elsewhere.get("/api/rooms/").json()["results"]] == ["other"]


def test_a_browser_that_is_signed_in_acts_only_with_the_csrf_token(site: Site) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.create_superuser("root"))
    free = {"token", "webhook_archive", "webhook_session"}
    acts = [row for row in ROWS if row.method != "GET" and row.route not in free]
    assert {row.route: site.ask(client, row).status_code for row in acts} == {row.route: 403 for row in acts}
    assert ArchiveRun.objects.filter(stop_requested_at=None).count() == 1
    assert Share.objects.standing().count() == 1


# --- the console -------------------------------------------------------------------------------------
def console() -> list[str]:
    """The lists of the console, by the `<app>_<model>` of each."""
    names = [name for name, _ in routes(get_resolver().url_patterns)]
    return [n.removeprefix("admin:").removesuffix("_changelist") for n in names if n.endswith("_changelist")]


def pages_of(kind: str) -> list[str]:
    return [reverse(f"admin:{kind}_changelist"), reverse(f"admin:{kind}_change", args=["1"])]


@pytest.mark.parametrize("kind", [kind for kind in CALLERS if not kind.startswith("operator")])
def test_the_console_is_for_staff(site: Site, kind: str) -> None:
    client = site.caller(kind)
    for path in ["/admin/", *(page for model in console() for page in pages_of(model))]:
        assert outcome(client.get(path)) == SIGN_IN, path


def test_staff_without_permissions_see_no_list(site: Site) -> None:
    client = site.caller("operator")
    assert client.get("/admin/").status_code == 200
    for model in console():
        assert [client.get(page).status_code for page in pages_of(model)] == [403, 403], model


@pytest.mark.parametrize("model", ["archiverun", "room", "alarm", "callback", "transition", "streampresence"])
def test_each_permission_opens_its_own_list_alone(site: Site, model: str) -> None:
    user = User.objects.create_user("viewer", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename=f"view_{model}"))
    client = Client()
    client.force_login(user)
    opened = {kind for kind in console() if client.get(pages_of(kind)[0]).status_code == 200}
    assert opened == {f"archives_{model}"}
    assert client.get(f"/admin/archives/{model}/add/").status_code == 403


@pytest.mark.parametrize("action", ["stop", "restart"])
def test_acting_takes_the_permission_to_change(site: Site, action: str) -> None:
    user = User.objects.create_user("viewer", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_archiverun"))
    form = {"action": action, "_selected_action": str(site.run.pk), "confirmed": "yes"}

    def done() -> bool:
        client = Client()
        client.force_login(user)
        client.post("/admin/archives/archiverun/", form)
        site.run.refresh_from_db()
        return site.run.status != "recording" or site.run.unfinished_restart is not None

    assert not done()
    user.user_permissions.add(Permission.objects.get(codename="change_archiverun"))
    assert done()


def test_the_group_of_operators_may_do_what_the_console_offers(site: Site) -> None:
    held = set(Group.objects.get(name=access.OPERATORS).permissions.values_list("codename", flat=True))
    acts = {"change_archiverun", "change_alarm", "change_room", "add_roomrole"}
    acts |= {"hold_archiverun", "purge_archiverun"}
    assert acts | {"view_archiverun", "view_user"} <= held
    assert not {"delete_archiverun", "add_archiverun", "change_segment", "delete_room"} & held

"""What the fuzzing of the API stands on: its description, a site that finds itself as it was, the callers."""

from __future__ import annotations

import copy
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from zlib import crc32

import schemathesis
from django.contrib.auth.models import Group, Permission, User
from django.core.cache import cache
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from drf_spectacular.generators import SchemaGenerator
from rest_framework.authtoken.models import Token
from schemathesis import Case
from schemathesis.config import SchemathesisConfig

from archives import clock
from archives.models import ArchiveRun, Export, Segment
from archives.services.people.links import invitation_create, share_create
from archives.web import access
from tests.support.media.stored_segments import new_run
from tests.support.recording.world import World

CALLERS = ("anonymous", "host")
CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
]


def described(max_examples: int) -> Any:
    """The API's own description, asked over WSGI in this process."""
    config = SchemathesisConfig.from_dict({"generation": {"max-examples": max_examples}})
    schema = schemathesis.openapi.from_dict(SchemaGenerator().get_schema(public=True), config=config)
    schema.app = get_wsgi_application()
    return schema


def _cursor(text: str) -> str:
    return b64encode(text.encode()).decode()


# Parameters in a form that is nearly right, which nobody finds by chance.
INSTANTS = [
    "2026-02-30",
    "0001-01-01",
    "9999-12-31",
    "0001-01-01T00:00+14:00",
    "9999-12-31T23:59-14:00",
    "0" * 9,
]
ODD = {
    "cursor": [_cursor(f"p={each}") for each in [*INSTANTS, "\0", "main", "%ff"]]
    + [_cursor("o=" + "9" * 30), _cursor("r=" + "9" * 5000)],
    "from": INSTANTS,
    "until": INSTANTS,
    "page_size": ["0", "-1", "9" * 30, "1"],
}


class Site:
    """A room that is being recorded, what was recorded before, a host, links; the same for every call."""

    def __init__(self, world: World) -> None:
        self.world = world
        live = world.start()
        done = self._done()
        invitation, share = invitation_create(room=world.room), share_create(run=done)
        export = Export.objects.create(run=done, status="running", digest="0" * 64)
        self.token = Token.objects.create(user=_host()).key
        archive = live.segments.get().archive_id
        self.known = {
            "id": [str(live.pk), str(done.pk), str(done.pk).upper()],
            "slug": ["main"],
            "archive_id": [archive],
            "key": [str(invitation.pk), str(share.pk), str(export.pk)],
        }

    def _done(self) -> ArchiveRun:
        run = new_run("Before", status="complete")
        times = {"intent_at": clock.now(), "ended_at": clock.now(), "session_id": "1_one"}
        Segment.objects.create(
            run=run, ordinal=1, session="primary", status="available", archive_id="before", **times
        )
        return run

    @contextmanager
    def undone(self) -> Iterator[None]:
        """What is done inside is taken back, at the platform too."""
        platform = vars(self.world.platform)
        # All that it knows; whom it tells (on_signal and the like) stays.
        held = {name: copy.deepcopy(known) for name, known in platform.items() if not name.startswith("on_")}
        # Not `atomic`: the platform may not be called inside a block, and this is none of the site's.
        before = transaction.savepoint()
        cache.clear()
        try:
            with one_connection():
                yield
        finally:
            transaction.savepoint_rollback(before)
            platform.update(held)

    def headers(self, caller: str) -> dict[str, str]:
        return {"Authorization": f"Token {self.token}"} if caller == "host" else {}


@contextmanager
def one_connection() -> Iterator[None]:
    """A request over WSGI closes an old connection, and with it the transaction that the test lives in."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)


def _host() -> User:
    user = User.objects.create_user("host")
    user.groups.add(Group.objects.get_or_create(name=access.HOSTS)[0])
    user.user_permissions.add(Permission.objects.get(codename="hold_archiverun"))
    return user


def aim(case: Case, known: dict[str, list[str]]) -> None:
    """Most calls are about what is there: an id that was made up ends in the same 404 each time."""
    # By what was made up, so that the same case is always sent in the same way.
    choice = crc32(repr((case.path_parameters, case.query, case.body)).encode())
    for given, likely in ((case.path_parameters, known), (case.query, ODD)):
        for name in set(given or {}) & set(likely):
            if choice % 6:
                given[name] = likely[name][choice % len(likely[name])]

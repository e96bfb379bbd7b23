"""Callbacks in: only the platform's are taken, each once, and none can do harm."""

from __future__ import annotations

import hashlib
import json
import time
from typing import Any

import jwt
import pytest
from django.test import Client

from archives import clock
from archives.api.webhooks import MAX_BYTES
from archives.models import ArchiveRun, Callback, Room, Segment, StreamPresence

pytestmark = pytest.mark.django_db
SECRETS = ["the-old-signature-secret-0123456789", "the-new-signature-secret-0123456789"]


@pytest.fixture(autouse=True)
def _secrets(settings) -> None:
    settings.WEBHOOK_SECRET = SECRETS
    settings.WEBHOOK_ALLOW_UNSIGNED = False


@pytest.fixture
def room() -> Room:
    room = Room.objects.get()
    Room.objects.update(session_id_primary="session-1", session_id_secondary="session-2")
    room.refresh_from_db()
    return room


@pytest.fixture
def segment(room: Room) -> Segment:
    run = ArchiveRun.objects.create(
        room=room, name="A hearing", status="recording", strategy="dual_session", due_at=clock.after(3600)
    )
    return Segment.objects.create(
        run=run,
        ordinal=0,
        session="primary",
        session_id="session-1",
        archive_id="archive-1",
        status="started",
    )


def archive_event(**changes: Any) -> dict[str, Any]:
    return {
        "id": "archive-1",
        "event": "archive",
        "status": "stopped",
        "sessionId": "session-1",
        "duration": 12,
        "reason": "user initiated",
        **changes,
    }


def send(path: str, event: Any, *, secret: str = SECRETS[1], header: str | None = None, **claims: Any) -> Any:
    body = event if isinstance(event, bytes) else json.dumps(event).encode()
    said = {
        "iat": int(time.time()),
        "iss": "Vonage",
        "payload_hash": hashlib.sha256(body).hexdigest(),
        **claims,
    }
    signed = "Bearer " + jwt.encode(said, secret, "HS256")
    headers = {"Authorization": signed if header is None else header}
    return Client().post(path, body, content_type="application/json", headers=headers)


def test_it_takes_an_archives_new_status_over_and_wakes_the_run(segment: Segment) -> None:
    answer = send("/webhooks/archive/", archive_event())
    assert answer.status_code == 200
    segment.refresh_from_db()
    assert (segment.status, segment.duration_ms) == ("stopped", 12_000)
    assert segment.run.due_at <= clock.now()


def test_it_keeps_what_came_as_it_came(segment: Segment) -> None:
    send("/webhooks/archive/", archive_event())
    assert json.loads(Callback.objects.get().body) == archive_event()


def test_the_address_works_without_a_slash_too(segment: Segment) -> None:
    assert send("/webhooks/archive", archive_event()).status_code == 200


def test_the_same_callback_twice_counts_once(segment: Segment) -> None:
    assert send("/webhooks/archive/", archive_event()).json() == {"status": "taken"}
    assert send("/webhooks/archive/", archive_event()).json() == {"status": "known"}
    assert Callback.objects.count() == 1


def test_late_news_changes_nothing_back(segment: Segment) -> None:
    send("/webhooks/archive/", archive_event(status="uploaded"))
    send("/webhooks/archive/", archive_event(status="stopped"))
    send("/webhooks/archive/", archive_event(status="started"))
    segment.refresh_from_db()
    assert segment.status == "uploaded"


@pytest.mark.parametrize(
    "event",
    [
        archive_event(id="of somebody else", sessionId="elsewhere"),
        archive_event(id=None),
        archive_event(id={"a": 1}),
        archive_event(status="unheard of"),
        archive_event(status="started", duration="long", size=-1, createdAt="yesterday"),
        {},
    ],
)
def test_what_it_does_not_know_is_harmless(segment: Segment, event: dict[str, Any]) -> None:
    assert send("/webhooks/archive/", event).status_code == 200
    segment.refresh_from_db()
    assert segment.status == "started"


def test_it_notes_who_publishes(room: Room) -> None:
    data = json.dumps({"participant": "p1", "name": "Ann"})
    stream = {"id": "stream-1", "name": "Ann [p1]", "connection": {"id": "c1", "data": data}}
    send("/webhooks/session/", {"event": "streamCreated", "sessionId": "session-2", "stream": stream})
    presence = StreamPresence.objects.get()
    assert (presence.participant, presence.session) == ("p1", "secondary")


def test_a_rotation_of_the_media_server_brings_the_restart_forward(segment: Segment) -> None:
    ArchiveRun.objects.update(restart_due_at=clock.after(7200))
    event = {"event": "sessionNotification", "sessionId": "session-1", "reason": "serverRotation"}
    assert send("/webhooks/session/", event).status_code == 200
    run = ArchiveRun.objects.get()
    assert run.restart_due_at is not None
    assert run.restart_due_at <= clock.now()
    assert run.due_at <= clock.now()


@pytest.mark.parametrize("secret", SECRETS)
def test_each_of_the_secrets_signs(segment: Segment, secret: str) -> None:
    assert send("/webhooks/archive/", archive_event(), secret=secret).status_code == 200


@pytest.mark.parametrize(
    "forged",
    [
        {"secret": "a-secret-that-nobody-has-set-0123456789"},
        {"header": ""},
        {"header": "Bearer nonsense"},
        {"header": "Bearer " + jwt.encode({"iat": 1}, "", "none")},
        {"payload_hash": "0" * 64},
        {"exp": 1_000_000_000},
    ],
)
def test_what_the_platform_has_not_signed_is_refused(segment: Segment, forged: dict[str, Any]) -> None:
    answer = send("/webhooks/archive/", archive_event(), **forged)
    assert answer.status_code == 401
    assert answer.json()["code"] == "unsigned"
    assert not Callback.objects.exists()


def test_without_a_secret_nothing_is_taken(segment: Segment, settings) -> None:
    settings.WEBHOOK_SECRET = []
    assert send("/webhooks/archive/", archive_event(), header="").status_code == 401


def test_unsigned_ones_are_taken_only_where_that_is_allowed(segment: Segment, settings) -> None:
    settings.WEBHOOK_ALLOW_UNSIGNED = True
    assert send("/webhooks/archive/", archive_event(), header="").status_code == 200
    assert (
        send("/webhooks/archive/", archive_event(status="failed"), header="Bearer forged").status_code == 401
    )


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'"text"', b"\xff\xfe", b'{"id": "\\u0000"}', b'{"id": "' + b"x" * MAX_BYTES + b'"}'],
    ids=["empty", "cut", "array", "text", "not UTF-8", "NUL", "oversized"],
)
def test_a_malformed_body_is_400(segment: Segment, body: bytes) -> None:
    answer = send("/webhooks/archive/", body)
    assert answer.status_code == 400
    assert set(answer.json()) == {"code", "message", "detail"}
    assert not Callback.objects.exists()


def test_only_post_is_answered() -> None:
    assert Client().get("/webhooks/archive/").status_code == 405


def test_no_call_goes_out(segment: Segment, django_assert_max_num_queries) -> None:
    """The gateway is not configured here: a call would raise. And the answer is quick."""
    with django_assert_max_num_queries(20):
        assert send("/webhooks/archive/", archive_event()).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b'{"id": "archive-1", "duration": Infinity}',
        b'{"id": "archive-1", "duration": 1e999}',
        b'{"id": "archive-1", "size": NaN}',
        b'{"id": "archive-1", "reason": "\\ud800"}',
        b'{"id": ' + b"[" * 30_000 + b"]" * 30_000 + b"}",
    ],
)
def test_what_no_database_could_hold_is_refused(segment: Segment, body: bytes) -> None:
    assert send("/webhooks/archive/", body).status_code == 400
    assert not Callback.objects.exists()


@pytest.mark.parametrize("number", [10**30, -1, True, "12"])
def test_numbers_that_cannot_be_are_passed_over(segment: Segment, number: object) -> None:
    event = archive_event(duration=number, size=number, createdAt=number)
    assert send("/webhooks/archive/", event).status_code == 200
    segment.refresh_from_db()
    assert (segment.status, segment.duration_ms, segment.size) == ("stopped", 0, 0)

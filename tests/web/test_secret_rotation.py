"""Secrets are replaced while the site runs: old and new hold side by side, then the old one does no more."""

from __future__ import annotations

import json
import time
from typing import Any

import jwt
import pytest
from django.contrib.auth.models import User
from django.test import Client

from archives.models import Room
from archives.services.people.links import invitation_create
from archives.web import access

pytestmark = pytest.mark.django_db
OLD, NEW = "an old key, long enough for signing sessions", "a new key, long enough for signing sessions"


def test_whoever_is_signed_in_stays_so_while_the_key_changes(settings: Any) -> None:
    settings.SECRET_KEY = OLD
    client = Client()
    client.force_login(User.objects.create_superuser("operator"))
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [OLD]
    assert client.get("/host/").status_code == 200
    settings.SECRET_KEY_FALLBACKS = []
    assert client.get("/host/").status_code == 200, "the first visit has signed the session anew"


def test_without_the_old_key_everybody_signs_in_again(settings: Any) -> None:
    settings.SECRET_KEY = OLD
    client = Client()
    client.force_login(User.objects.create_superuser("operator"))
    settings.SECRET_KEY = NEW
    assert client.get("/host/").status_code == 302


def test_invitations_that_were_sent_go_on_working(settings: Any) -> None:
    settings.SECRET_KEY, settings.ROOM_ACCESS = OLD, "invite"
    invitation = access.link_text(invitation_create(room=Room.objects.get()))
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [OLD]
    answer = Client().get("/", {"invite": invitation}, follow=True)
    assert answer.status_code == 200


@pytest.mark.parametrize(("known", "status"), [([OLD, NEW], 200), ([NEW], 401)])
def test_callbacks_may_be_signed_by_either_secret(settings: Any, known: list[str], status: int) -> None:
    settings.WEBHOOK_SECRET = known
    token = jwt.encode({"iat": int(time.time())}, OLD, algorithm="HS256")
    answer = Client().post(
        "/webhooks/session/",
        json.dumps({"event": "sessionCreated", "sessionId": "s"}),
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}"},
    )
    assert answer.status_code == status

"""Signing in: guessing ends in waiting, for that name from that address; passwords are changed in a page."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client

pytestmark = pytest.mark.django_db
LOGIN, PASSWORD, NEW = "/accounts/login/", "a password for tests", "quite another one 7"


@pytest.fixture(autouse=True)
def hanna(settings: Any) -> User:
    cache.clear()
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    return User.objects.create_user("hanna", password=PASSWORD)


def sign_in(client: Client, password: str, path: str = LOGIN, **headers: Any) -> Any:
    return client.post(path, {"username": "hanna", "password": password}, **headers)


def guess(client: Client, times: int, path: str = LOGIN) -> list[int]:
    return [sign_in(client, f"guess {n}", path).status_code for n in range(times)]


@pytest.mark.parametrize("path", [LOGIN, "/admin/login/"])
def test_after_ten_failures_the_right_password_waits_too(client: Client, path: str) -> None:
    assert guess(client, 10, path) == [200] * 9 + [429]
    answer = sign_in(client, PASSWORD, path)
    assert (answer.status_code, answer["Retry-After"]) == (429, "900")
    assert "Wait 15 minutes" in answer.content.decode()
    assert "_auth_user_id" not in client.session


def test_waiting_for_the_page_is_waiting_for_the_token(client: Client) -> None:
    guess(client, 10)
    answer = sign_in(client, PASSWORD, "/api/token/", content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (429, "throttled")


def test_a_forged_address_does_not_help(client: Client) -> None:
    guess(client, 10)
    assert sign_in(client, PASSWORD, HTTP_X_FORWARDED_FOR="10.1.2.3").status_code == 429


def test_nobody_is_locked_out_from_elsewhere(client: Client) -> None:
    guess(client, 10)
    assert sign_in(client, PASSWORD, REMOTE_ADDR="10.1.2.3").status_code == 302


def test_signing_in_forgets_the_failures_before(client: Client) -> None:
    guess(client, 9)
    assert sign_in(client, PASSWORD).status_code == 302
    assert guess(Client(), 9) == [200] * 9


def test_the_password_is_changed_in_a_page(client: Client) -> None:
    sign_in(client, PASSWORD)
    form = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    assert "New password" in client.get("/accounts/password_change/").content.decode()
    wrong = client.post("/accounts/password_change/", form | {"new_password2": "other"})
    assert "was not changed" in wrong.content.decode()
    assert client.post("/accounts/password_change/", form, follow=True).status_code == 200
    assert sign_in(Client(), NEW).status_code == 302

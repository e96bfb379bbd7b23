"""Signing in for scripts, health, the documents, and addresses that do not exist."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError, connection
from rest_framework.test import APIClient

from archives import errors
from tests.support.answer_shape import refused
from tests.support.platform.fake_platform import FakePlatform

pytestmark = pytest.mark.django_db
PASSWORD = "a host's password"


def sign_in(client: APIClient, username: str = "host", password: str = PASSWORD) -> Any:
    return client.post("/api/token/", {"username": username, "password": password})


# --- tokens ------------------------------------------------------------------------------------------
def test_a_password_gives_a_token_that_works(guest: APIClient, host_user: User) -> None:
    answer = sign_in(guest)
    assert (answer.status_code, set(answer.json())) == (200, {"token"})
    guest.credentials(HTTP_AUTHORIZATION=f"Token {answer.json()['token']}")
    assert guest.get("/api/runs/").status_code == 200


@pytest.mark.parametrize(("username", "password"), [("host", "wrong"), ("nobody here", PASSWORD)])
def test_a_wrong_password_is_401(guest: APIClient, host_user: User, username: str, password: str) -> None:
    refused(sign_in(guest, username, password), 401, "wrong_token")


def test_an_account_that_was_closed_is_401(guest: APIClient, host_user: User) -> None:
    User.objects.update(is_active=False)
    refused(sign_in(guest), 401, "wrong_token")


@pytest.mark.parametrize("body", [{}, {"username": "host"}, {"username": ["host"], "password": 1}])
def test_what_is_missing_is_told(guest: APIClient, body: dict[str, Any]) -> None:
    refused(guest.post("/api/token/", body, format="json"), 400, "invalid")


def test_guessing_passwords_is_throttled(guest: APIClient, host_user: User) -> None:
    for _ in range(9):
        refused(sign_in(guest, password="guess"), 401, "wrong_token")
    refused(sign_in(guest, password="guess"), 429, "throttled")
    refused(sign_in(guest), 429, "throttled")


def test_a_forged_forwarding_header_does_not_get_round_it(guest: APIClient, host_user: User) -> None:
    answers = [
        guest.post("/api/token/", {"username": "host", "password": "x"}, HTTP_X_FORWARDED_FOR=f"10.0.0.{n}")
        for n in range(11)
    ]
    assert answers[-1].status_code == 429


# --- health ------------------------------------------------------------------------------------------
def test_it_is_well_when_database_and_platform_answer(guest: APIClient, platform: FakePlatform) -> None:
    answer = guest.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_it_says_that_the_platform_is_down(guest: APIClient, platform: FakePlatform) -> None:
    platform.fail("ping", errors.PlatformUnavailable())
    body = refused(guest.get("/healthz"), 503, "unhealthy")
    assert body["detail"] == {"database": "ok", "platform": "platform_unavailable"}


def test_it_says_that_the_database_is_down(
    guest: APIClient, platform: FakePlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down() -> None:
        raise OperationalError("could not connect")

    monkeypatch.setattr(connection, "cursor", down)
    body = refused(guest.get("/healthz"), 503, "unhealthy")
    assert body["detail"] == {"database": "down", "platform": "ok"}


def test_many_probes_ask_the_platform_once(guest: APIClient, platform: FakePlatform) -> None:
    for _ in range(5):
        guest.get("/healthz")
    assert platform.calls.count("ping") == 1


# --- documents ---------------------------------------------------------------------------------------
def test_the_schema_names_every_call(guest: APIClient) -> None:
    schema = guest.get("/api/schema/?format=json").json()
    assert {
        "/api/token/",
        "/api/runs/",
        "/api/runs/{id}/",
        "/api/runs/{id}/restart/",
        "/api/runs/{id}/stop/",
        "/api/runs/{id}/postpone/",
        "/api/runs/{id}/offsets/",
        "/api/rooms/",
        "/api/rooms/{slug}/",
        "/api/rooms/{slug}/join/",
        "/api/rooms/{slug}/state/",
    } <= set(schema["paths"])


def test_the_documents_need_no_other_server(guest: APIClient) -> None:
    page = guest.get("/api/docs/").content.decode()
    assert "/static/drf_spectacular_sidecar/swagger-ui-dist/" in page
    assert "cdn." not in page


# --- errors ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("method", ["get", "post", "delete"])
@pytest.mark.parametrize("path", ["/api/", "/api/nothing/", "/api/runs", "/api/runs/1/nothing/"])
def test_an_unknown_address_is_404_in_the_same_shape(guest: APIClient, method: str, path: str) -> None:
    refused(getattr(guest, method)(path), 404, "not_found")


def test_another_kind_of_body_is_415(host: APIClient) -> None:
    answer = host.post("/api/runs/", "<name/>", content_type="application/xml")
    refused(answer, 415, "unsupported_media_type")


def test_a_database_that_fails_is_503(host: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(**_: object) -> None:
        raise OperationalError("the connection was closed")

    monkeypatch.setattr("archives.services.rooms.get", down)
    refused(host.post("/api/runs/", {"name": "Hearing"}), 503, "database_unavailable")


def test_a_mistake_of_ours_is_500_in_the_same_shape(host: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def mistake(**_: object) -> None:
        raise RuntimeError("a secret detail")

    monkeypatch.setattr("archives.services.rooms.get", mistake)
    host.raise_request_exception = False
    answer = host.post("/api/runs/", {"name": "Hearing"})
    refused(answer, 500, "internal_error")
    assert "secret detail" not in answer.content.decode()


# --- the description ---------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def described() -> Any:
    from drf_spectacular.generators import SchemaGenerator

    return SchemaGenerator().get_schema(request=None, public=True)


def test_every_call_has_an_example(described: Any) -> None:
    from archives.api.openapi import BODIES

    calls = {f"{m} {path}": call for path, of in described["paths"].items() for m, call in of.items()}
    assert set(BODIES) <= set(calls), "an example of a call that there is no more"
    for name, call in calls.items():
        assert "curl -X " in call["description"], name
        required = "requestBody" in call and name.startswith(("post /api", "patch /api"))
        assert not required or name in BODIES, f"{name} takes a body, and no example shows one"


def test_the_description_comes_packed_and_says_nothing_over_and_over(guest: APIClient) -> None:
    packed = guest.get("/api/schema/?format=json", HTTP_ACCEPT_ENCODING="gzip")
    assert packed["Content-Encoding"] == "gzip"
    assert len(packed.content) < 40_000
    assert len(gzip.decompress(packed.content)) < 250_000


def test_every_error_lists_its_codes(described: Any) -> None:
    from archives.api.openapi import codes

    for of in described["paths"].values():
        for call in of.values():
            for status, answer in call["responses"].items():
                if int(status) >= 400:
                    error = described["components"]["responses"][answer["$ref"].rpartition("/")[2]]
                    listed = error["content"]["application/json"]["examples"]
                    assert set(listed) == set(codes()[int(status)])
    every = {code for of in codes().values() for code in of}
    assert {"on_hold", "no_clients", "already_recording", "not_signed_in", "throttled"} <= every
    assert all(f"`{code}`" in described["info"]["description"] for code in every)

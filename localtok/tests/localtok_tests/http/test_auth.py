"""Tokens, made by the vendor's SDK and by hand."""

from __future__ import annotations

import base64
import time
from typing import Any

import jwt
import opentok
import pytest

from localtok.errors import ClientError, Forbidden
from localtok.http.auth import Project, check_project, read_client_token
from localtok.sessions.sessions import new_session_id

PROJECT = Project("100", "a secret that is long enough for HS256")
OTHER = "another secret that is long enough for HS256"
NOW = int(time.time())
SESSION = new_session_id("100", NOW * 1000)


def sdk(secret: str = PROJECT.secret, key: str = "100") -> Any:
    return opentok.Client(key, secret)


def made(*, secret: str = PROJECT.secret, **options: Any) -> str:
    return str(sdk(secret).generate_token(SESSION, **options))


@pytest.mark.parametrize("use_jwt", [True, False])
@pytest.mark.parametrize("role", list(opentok.Roles))
def test_it_reads_what_the_sdk_makes(use_jwt: bool, role: opentok.Roles) -> None:
    token = made(
        use_jwt=use_jwt, role=role, data='{"name": "Ann & Ben"}', initial_layout_class_list=["a", "b"]
    )
    read = read_client_token(PROJECT, token, SESSION, NOW)
    assert (read.role, read.data, read.layout_classes) == (role.value, '{"name": "Ann & Ben"}', ("a", "b"))


@pytest.mark.parametrize("use_jwt", [True, False])
def test_it_refuses_an_expired_token(use_jwt: bool) -> None:
    # Far ahead, because the SDK makes no token for the past, and the suite may have begun long ago.
    end = NOW + 86_400
    token = made(use_jwt=use_jwt, expire_time=end)
    read_client_token(PROJECT, token, SESSION, end)
    with pytest.raises(ClientError, match="expired"):
        read_client_token(PROJECT, token, SESSION, end + 100)


@pytest.mark.parametrize("use_jwt", [True, False])
def test_it_refuses_a_token_of_another_session(use_jwt: bool) -> None:
    with pytest.raises(ClientError, match="another session"):
        read_client_token(PROJECT, made(use_jwt=use_jwt), new_session_id("100", 1), NOW)


@pytest.mark.parametrize("use_jwt", [True, False])
def test_it_refuses_a_token_with_another_secret(use_jwt: bool) -> None:
    with pytest.raises(ClientError) as refused:
        read_client_token(PROJECT, made(use_jwt=use_jwt, secret=OTHER), SESSION, NOW)
    assert (refused.value.name, refused.value.code) == ("OT_AUTHENTICATION_ERROR", 1004)


@pytest.mark.parametrize("use_jwt", [True, False])
def test_it_refuses_a_token_with_another_key(use_jwt: bool) -> None:
    session_of_101 = new_session_id("101", 1)
    token = sdk(key="101").generate_token(session_of_101, use_jwt=use_jwt)
    with pytest.raises(ClientError, match="this API key"):
        read_client_token(PROJECT, token, session_of_101, NOW)


def test_it_refuses_a_changed_t1_token() -> None:
    text = base64.b64decode(made(use_jwt=False, role=opentok.Roles.subscriber)[4:]).decode()
    forged = "T1==" + base64.b64encode(text.replace("role=subscriber", "role=moderator").encode()).decode()
    with pytest.raises(ClientError, match="signature"):
        read_client_token(PROJECT, forged, SESSION, NOW)


@pytest.mark.parametrize(
    "token", ["", "nothing", "T1==", "T1==%%%", "T1==YWJj", "a.b.c", "x" * 9000, "T1==" + "é" * 8]
)
def test_it_refuses_what_is_no_token(token: str) -> None:
    with pytest.raises(ClientError):
        read_client_token(PROJECT, token, SESSION, NOW)


def test_it_refuses_an_unsigned_token() -> None:
    claims = jwt.decode(made(), options={"verify_signature": False})
    with pytest.raises(ClientError):
        read_client_token(PROJECT, jwt.encode(claims, "", algorithm="none"), SESSION, NOW)


def test_a_client_token_is_no_project_token() -> None:
    claims = {"iss": "100", "ist": "project", "exp": NOW + 100, "session_id": SESSION, "role": "moderator"}
    token = jwt.encode(claims, PROJECT.secret, algorithm="HS256")
    with pytest.raises(ClientError, match="scope"):
        read_client_token(PROJECT, token, SESSION, NOW)
    with pytest.raises(Forbidden, match="scope"):
        check_project(PROJECT, made(), NOW)


@pytest.mark.parametrize(
    "change", [{"iss": "101"}, {"ist": "account"}, {"exp": NOW - 100}, {"exp": None}, {"exp": "soon"}]
)
def test_it_refuses_a_project_token_that_is_not_in_order(change: dict[str, Any]) -> None:
    claims = {"iss": "100", "ist": "project", "iat": NOW, "exp": NOW + 100}
    check_project(PROJECT, jwt.encode(claims, PROJECT.secret, algorithm="HS256"), NOW)
    with pytest.raises(Forbidden):
        check_project(PROJECT, jwt.encode({**claims, **change}, PROJECT.secret, algorithm="HS256"), NOW)


@pytest.mark.parametrize(("good_for_s", "taken"), [(300, True), (400, False)])
def test_a_call_may_be_signed_for_five_minutes(good_for_s: int, taken: bool) -> None:
    claims = {"iss": "100", "ist": "project", "iat": NOW, "exp": NOW + good_for_s}
    header = jwt.encode(claims, PROJECT.secret)
    if taken:
        check_project(PROJECT, header, NOW)
    else:
        with pytest.raises(Forbidden, match="five minutes"):
            check_project(PROJECT, header, NOW)


@pytest.mark.parametrize("use_jwt", [True, False])
def test_a_page_is_let_in_for_thirty_days_at_most(use_jwt: bool) -> None:
    end = NOW + 30 * 86_400
    token = made(use_jwt=use_jwt, expire_time=end)
    read_client_token(PROJECT, token, SESSION, NOW)
    with pytest.raises(ClientError, match="thirty days"):
        read_client_token(PROJECT, token, SESSION, NOW - 3600)

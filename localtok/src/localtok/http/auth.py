"""Who may call: the project by its JWT, a page by its token (JWT or the older `T1==` form)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote

import jwt

from localtok.errors import ClientError, Forbidden

ROLES = {"subscriber", "publisher", "publisheronly", "moderator"}
T1_SENTINEL = "T1=="
MAX_DATA = 1000
MAX_TOKEN = 8192
CLOCK_SKEW_S = 30
# How long a token may be good for: a project's for a call, a page's for a session.
LONGEST_CALL_S = 5 * 60
LONGEST_PAGE_S = 30 * 24 * 3600


@dataclass(frozen=True)
class Project:
    """The one customer: as an OpenTok project, and as an application of the Unified platform when
    `application_id` and `public_key` (PEM) are given."""

    key: str
    secret: str
    application_id: str = ""
    public_key: str = ""

    def sign(self, text: str) -> str:
        return hmac.new(self.secret.encode(), text.encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True)
class ClientToken:
    session_id: str
    role: str
    data: str
    layout_classes: tuple[str, ...] = ()

    def may(self, action: str) -> bool:
        """`action` is publish, subscribe, signal or moderate."""
        allowed = {
            "subscriber": {"subscribe", "signal"},
            "publisher": {"publish", "subscribe", "signal"},
            "publisheronly": {"publish"},
            "moderator": {"publish", "subscribe", "signal", "moderate"},
        }
        return action in allowed[self.role]


def caller(project: Project, headers: Mapping[str, str], now_s: int) -> str:
    """Whose call it is: the API key, or the application id. Raises Forbidden when it is nobody's."""
    bearer = headers.get("Authorization", "")
    if bearer.startswith("Bearer ") and "X-OPENTOK-AUTH" not in headers:
        check_application(project, bearer.removeprefix("Bearer "), now_s)
        return project.application_id
    check_project(project, headers.get("X-OPENTOK-AUTH"), now_s)
    return project.key


def check_application(project: Project, token: str, now_s: int) -> None:
    """Raises Forbidden unless `token` is a live JWT (RS256) of the project's application."""
    if not project.application_id or not project.public_key:
        raise Forbidden("No application is set up: start localtok with --application-id and --public-key.")
    try:
        claims = _claims(project, token, unified=True)
    except jwt.PyJWTError as error:
        raise Forbidden(f"Invalid token: {error}.") from None
    if claims.get("application_id") != project.application_id:
        raise Forbidden("Invalid token: application_id is not this application's.")
    if "session_id" in claims or claims.get("scope") == "session.connect":
        raise Forbidden("Invalid token: its scope is a page's, not the application's.")
    if _expired(claims.get("exp"), now_s):
        raise Forbidden("Invalid token: it has expired, or has no exp.")


def check_project(project: Project, header: str | None, now_s: int) -> None:
    """Raises Forbidden unless `header` (X-OPENTOK-AUTH) is a live project JWT of this project."""
    if not header:
        raise Forbidden("No X-OPENTOK-AUTH header: send a project JWT signed with the API secret.")
    try:
        claims = _claims(project, header)
    except jwt.PyJWTError as error:
        raise Forbidden(f"Invalid token: {error}.") from None
    if claims.get("iss") != project.key:
        raise Forbidden("Invalid token: iss is not the API key of this project.")
    if claims.get("ist") not in (None, "project"):
        raise Forbidden("Invalid token: ist is not project.")
    if "scope" in claims:
        raise Forbidden("Invalid token: its scope is a page's, not the project's.")
    if _expired(claims.get("exp"), now_s):
        raise Forbidden("Invalid token: it has expired, or has no exp.")
    if not _expired(claims.get("exp"), now_s + LONGEST_CALL_S + 2 * CLOCK_SKEW_S):
        raise Forbidden("Invalid token: it is good for more than five minutes.")


def read_client_token(project: Project, token: str, session_id: str, now_s: int) -> ClientToken:
    """What a page's token allows in `session_id`; raises ClientError OT_AUTHENTICATION_ERROR."""
    if not isinstance(token, str) or not token or len(token) > MAX_TOKEN:
        raise _refused("the token is missing or too long")
    claims = _t1_claims(project, token) if token.startswith(T1_SENTINEL) else _jwt_claims(project, token)
    if claims.get("session_id") != session_id:
        raise _refused("the token is for another session")
    if _expired(claims.get("expire_time"), now_s):
        raise _refused("the token has expired")
    if not _expired(claims.get("expire_time"), now_s + LONGEST_PAGE_S + 2 * CLOCK_SKEW_S):
        raise _refused("the token is good for more than thirty days")
    role = claims.get("role") or "publisher"
    data = claims.get("connection_data") or ""
    if role not in ROLES or not isinstance(data, str) or len(data) > MAX_DATA:
        raise _refused("its role or connection data is invalid")
    classes = str(claims.get("initial_layout_class_list") or "").split()
    return ClientToken(session_id, role, data, tuple(classes))


def _jwt_claims(project: Project, token: str) -> dict[str, object]:
    try:
        unified = bool(project.public_key) and jwt.get_unverified_header(token).get("alg") == "RS256"
        claims = _claims(project, token, unified)
    except jwt.PyJWTError as error:
        raise _refused(str(error)) from None
    if unified and claims.get("application_id") != project.application_id:
        raise _refused("it was not made with this application id")
    if not unified and claims.get("iss") != project.key:
        raise _refused("it was not made with this API key")
    if claims.get("scope") != "session.connect":
        raise _refused("its scope is not session.connect")
    return {**claims, "expire_time": claims.get("exp")}


def _t1_claims(project: Project, token: str) -> dict[str, object]:
    try:
        text = base64.b64decode(token[len(T1_SENTINEL) :], validate=True).decode()
        head, payload = text.split(":", 1)
        partner = dict(part.split("=", 1) for part in head.split("&"))
    except (ValueError, binascii.Error):
        raise _refused("it is not readable") from None
    expected = hmac.new(project.secret.encode(), payload.encode(), hashlib.sha1).hexdigest()
    if partner.get("partner_id") != project.key:
        raise _refused("it was not made with this API key")
    if not hmac.compare_digest(expected.encode(), unquote(partner.get("sig", "")).encode()):
        raise _refused("its signature is wrong")
    return {name: values[0] for name, values in parse_qs(payload).items()}


def _claims(project: Project, token: str, unified: bool = False) -> dict[str, object]:
    # The expiry is checked by our own rule below: PyJWT would take the time from elsewhere.
    options = {"verify_exp": False, "verify_iat": False, "verify_aud": False, "verify_iss": False}
    key, algorithm = (project.public_key, "RS256") if unified else (project.secret, "HS256")
    claims: dict[str, object] = jwt.decode(token, key, algorithms=[algorithm], options=options)  # type: ignore[arg-type]
    return claims


def _expired(expires: object, now_s: int) -> bool:
    try:
        return float(str(expires)) + CLOCK_SKEW_S <= now_s
    except ValueError:
        return True


def _refused(why: str) -> ClientError:
    return ClientError("OT_AUTHENTICATION_ERROR", f"Invalid token: {why}. Ask the server for a new one.")

"""Callbacks in: proven to come from the platform, stored, taken over. No call goes out from here."""

from __future__ import annotations

import hashlib
import hmac
import logging
from typing import Any

import jwt
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from archives import errors
from archives.models import Callback
from archives.services import callbacks

log = logging.getLogger(__name__)

MAX_BYTES = 64 * 1024
# The vendor retries for up to 24 h with the token of the first try, and clocks differ.
LEEWAY_S = 86_400


class MethodNotAllowed(errors.InvalidInput):
    status = 405
    code = "method_not_allowed"
    message = "Callbacks are sent with POST."


class UnsignedCallback(errors.ArchiveError):
    status = 401
    code = "unsigned"
    message = (
        "The callback is not signed by the platform. Set WEBHOOK_SECRET to the signature secret of the "
        "platform's dashboard."
    )


@csrf_exempt
def archive(request: HttpRequest) -> JsonResponse:
    return _answer(request, Callback.Source.ARCHIVE)


@csrf_exempt
def session(request: HttpRequest) -> JsonResponse:
    return _answer(request, Callback.Source.SESSION)


def _answer(request: HttpRequest, source: str) -> JsonResponse:
    try:
        if request.method != "POST":
            raise MethodNotAllowed
        body = _body(request)
        _verify(request.headers.get("Authorization", ""), body)
        callback = callbacks.receive(source=source, body=body)
    except errors.ArchiveError as error:
        return JsonResponse(error.as_dict(), status=error.status)
    return JsonResponse({"status": "taken" if callback else "known"})


def _body(request: HttpRequest) -> bytes:
    try:
        body = request.body if int(request.headers.get("Content-Length") or 0) <= MAX_BYTES else None
    except (RequestDataTooBig, ValueError):
        body = None
    if body is None or len(body) > MAX_BYTES:
        raise errors.InvalidInput(f"The body is larger than {MAX_BYTES} bytes.")
    if b"\\u0000" in body:
        # PostgreSQL cannot hold it in JSON, and no platform has a reason to send it.
        raise errors.InvalidInput("The body has a NUL character in it.")
    return body


def _verify(header: str, body: bytes) -> None:
    """Raises UnsignedCallback but for a JWT (HS256) by one of the secrets, and of this very body."""
    if settings.WEBHOOK_ALLOW_UNSIGNED and not header:
        return
    token = header.removeprefix("Bearer ").strip()
    claims = next((found for secret in settings.WEBHOOK_SECRET if (found := _claims(token, secret))), None)
    if claims is None:
        log.warning("a callback came without a signature of ours")
        raise UnsignedCallback
    stated = claims.get("payload_hash")
    if stated is not None and not hmac.compare_digest(str(stated), hashlib.sha256(body).hexdigest()):
        raise UnsignedCallback("The callback's signature is of another body.")


def _claims(token: str, secret: str) -> dict[str, Any] | None:
    try:
        return jwt.decode(
            token,
            secret,
            algorithms=["HS256"],
            leeway=LEEWAY_S,
            options={"verify_aud": False, "require": ["iat"]},
        )
    except jwt.InvalidTokenError:
        return None

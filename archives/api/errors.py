"""Every error under /api/ and the seed's paths in one shape: {"code", "message", "detail"}."""

from __future__ import annotations

import logging
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponseBase, JsonResponse
from django.views import defaults
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import set_rollback

from archives.api.parsers import TooLarge
from archives.errors import ArchiveError, InvalidInput, error_body

log = logging.getLogger(__name__)

RETRY_AFTER_S = 5
# What each of the framework's errors is called, and what it says when the framework has nothing better.
NAMES: dict[type[exceptions.APIException], tuple[str, str]] = {
    exceptions.ParseError: ("malformed", "The body is not valid JSON."),
    exceptions.NotAuthenticated: ("not_signed_in", "Sign in, or send a token in the Authorization header."),
    exceptions.AuthenticationFailed: ("wrong_token", "The token or the password is not valid."),
    exceptions.PermissionDenied: ("forbidden", "You may not do this."),
    exceptions.NotFound: ("not_found", "There is nothing at this address."),
    exceptions.MethodNotAllowed: ("method_not_allowed", "This address does not answer to that method."),
    exceptions.NotAcceptable: ("not_acceptable", "Only JSON is answered here."),
    exceptions.UnsupportedMediaType: ("unsupported_media_type", "Send the body as application/json."),
    exceptions.Throttled: ("throttled", "Too many requests. Wait a little, then try again."),
}


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Django REST framework's hook; None lets an unforeseen error become a logged 500."""
    set_rollback()
    if isinstance(error, SuspiciousOperation):
        error = TooLarge() if isinstance(error, RequestDataTooBig) else InvalidInput()
    if isinstance(error, ArchiveError):
        return _of_ours(error)
    if isinstance(error, OperationalError | InterfaceError):
        return _database_down(error)
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    if isinstance(error, exceptions.APIException):
        return _of_the_framework(error)
    return None


def _of_ours(error: ArchiveError) -> Response:
    if error.status >= 500:
        log.warning("answered %s %s: %s", error.status, error.code, error)
    headers = {"Retry-After": str(RETRY_AFTER_S)} if error.retry and error.status >= 500 else None
    return Response(error.as_dict(), status=error.status, headers=headers)


def _database_down(error: Exception) -> Response:
    log.error("the database failed: %s", type(error).__name__, exc_info=error)
    body = error_body("database_unavailable", "The database does not answer. Try again in a moment.")
    return Response(body, status=503, headers={"Retry-After": str(RETRY_AFTER_S)})


def _of_the_framework(error: exceptions.APIException) -> Response:
    headers = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(int(wait))
    return Response(_described(error), status=error.status_code, headers=headers)


def _described(error: exceptions.APIException) -> dict[str, object]:
    if isinstance(error, exceptions.ValidationError):
        return error_body("invalid", _first_message(error.detail), error.detail)
    for kind, (code, message) in NAMES.items():
        if isinstance(error, kind):
            return error_body(code, message, _own_words(error))
    return error_body(str(error.default_code), str(error.detail))


def _own_words(error: exceptions.APIException) -> str | None:
    """What the framework says beyond its standard sentence, such as where the JSON breaks off."""
    words = str(error.detail)
    return None if words == str(error.default_detail) else words


def _first_message(detail: Any) -> str:
    """The first thing wrong, with its field's name, so that the message alone tells what to do."""
    if isinstance(detail, dict):
        field, value = next(iter(detail.items()))
        text = _first_message(value)
        return text if field == api_settings.NON_FIELD_ERRORS_KEY else f"{field}: {text}"
    if isinstance(detail, list):
        return _first_message(detail[0])
    return str(detail)


def server_error(request: HttpRequest) -> HttpResponseBase:
    """Django's handler500: people get its page, programs the API's shape."""
    if "text/html" in request.headers.get("Accept", "") and not request.path.startswith("/api/"):
        return defaults.server_error(request)
    return JsonResponse(error_body("internal_error", ArchiveError.message), status=500)

"""Signing in for scripts, the health of the installation, and addresses that do not exist."""

from __future__ import annotations

from django.contrib.auth import authenticate
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions
from rest_framework.authentication import TokenAuthentication
from rest_framework.authtoken.models import Token
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from archives import errors
from archives.api.requests import body_of, text_of
from archives.api.serializers import CredentialsSerializer, ErrorSerializer, TokenSerializer
from archives.api.throttles import PasswordThrottle
from archives.errors import error_body
from archives.platform import gateway

# Load balancers and strangers ask often; the platform is asked at most this often for all of them.
PLATFORM_HEALTH_S = 2
NAME_MAX = 150  # of a user, in characters


class TokenView(APIView):
    """A token for scripts: send it as `Authorization: Token <token>`."""

    authentication_classes = [TokenAuthentication]
    permission_classes = [AllowAny]
    throttle_classes = [PasswordThrottle]

    @extend_schema(
        request=CredentialsSerializer,
        responses={200: TokenSerializer, 400: ErrorSerializer, 401: ErrorSerializer, 429: ErrorSerializer},
    )
    def post(self, request: Request) -> Response:
        body = body_of(request)
        username, password = text_of(body, "username"), text_of(body, "password")
        if not username or not password:
            raise errors.InvalidInput("Send username and password.")
        # Nobody has a longer name, and what counts failures could not write it down.
        known = len(username) <= NAME_MAX
        user = authenticate(request._request, username=username, password=password) if known else None
        if user is None:
            raise exceptions.AuthenticationFailed("The username or the password is not right.")
        token, _ = Token.objects.get_or_create(user=user)
        return Response({"token": token.key}, headers={"Cache-Control": "no-store"})


class UnknownAddress(APIView):
    """Whatever is not an address of the API gets the API's own 404."""

    permission_classes = [AllowAny]
    schema = None

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        super().initial(request, *args, **kwargs)
        raise exceptions.NotFound(f"There is nothing at {request.path[:200]}; addresses end with a slash.")


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 where the database and the platform answer, else 503 with which of them does not."""
    detail = {"database": _database(), "platform": _platform()}
    if set(detail.values()) == {"ok"}:
        return JsonResponse({"status": "ok"})
    down = " and ".join(name for name, state in detail.items() if state != "ok")
    return JsonResponse(error_body("unhealthy", f"Not answering: {down}.", detail), status=503)


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return "down"
    return "ok"


def _platform() -> str:
    return str(cache.get_or_set("healthz:platform", _asked_platform, PLATFORM_HEALTH_S))


def _asked_platform() -> str:
    try:
        gateway.platform().ping()
    except errors.ArchiveError as error:
        return error.code
    return "ok"

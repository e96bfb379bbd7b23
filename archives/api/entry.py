"""Signing in for scripts, and addresses that do not exist."""

from __future__ import annotations

from django.contrib.auth import authenticate
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

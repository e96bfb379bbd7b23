"""Guessing passwords ends in waiting. django-axes counts failures in the database, for all processes."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from archives.errors import error_body


def caller_address(request: HttpRequest) -> str | None:
    """The address that the throttles of the API count by: a forged `X-Forwarded-For` changes nothing."""
    return BaseThrottle().get_ident(Request(request)) or None


def too_many_failures(request: HttpRequest, response: Any = None, credentials: Any = None) -> HttpResponse:
    """What is answered from the last failure allowed until the wait is over: a page, or the API's error."""
    wait_s = int(settings.AXES_COOLOFF_TIME.total_seconds())
    headers = {"Retry-After": str(wait_s), "Cache-Control": "no-store"}
    advice = f"Wait {wait_s // 60} minutes, then try again."
    if request.path.startswith("/api/"):
        return JsonResponse(
            error_body("throttled", f"Too many wrong passwords. {advice}"), status=429, headers=headers
        )
    answer = render(request, "registration/locked.html", {"message": advice}, status=429)
    for name, value in headers.items():
        answer[name] = value
    return answer

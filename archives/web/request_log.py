"""A number for each request, told in every line of the log and in the answer, and a line for each answer."""

from __future__ import annotations

import logging
import re
import uuid
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from archives import clock
from dualarchive import logs

log = logging.getLogger(__name__)

HEADER = "X-Request-ID"
# As routers and proxies make them; anything else could forge lines of the log.
WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{8,64}")
# Asked all the time by machines, or the same for everybody.
QUIET = ("/static/", "/healthz", "/readyz", "/metrics")


class RequestLog:
    """Django middleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        given = request.headers.get(HEADER, "")
        number = given if WELL_FORMED.fullmatch(given) else uuid.uuid4().hex
        with logs.about(request=number):
            began = clock.steady()
            response = self.get_response(request)
            response.headers[HEADER] = number
            level = logging.DEBUG if request.path.startswith(QUIET) else logging.INFO
            took_ms = 1000 * (clock.steady() - began)
            # repr: a line break in an address must not begin a line of the log.
            log.log(level, "%s %r %s %.0f ms", *_said(request), response.status_code, took_ms)
            # A run that the view found out stays with this request alone.
            logs.run_id.set("")
            return response

    def process_view(self, request: HttpRequest, view: Any, args: list[Any], names: dict[str, Any]) -> None:
        match = request.resolver_match
        is_run = match is not None and (match.url_name or "").startswith("run-")
        run = names.get("run_id") or (names.get("pk") if is_run else "")
        if run and len(str(run)) <= 40:
            logs.run_id.set(str(run))


def _said(request: HttpRequest) -> tuple[str, str]:
    return request.method or "-", request.get_full_path()[:500]

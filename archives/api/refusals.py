"""Errors that an operation may answer with, for the API's description: `responses={200: …, **MAY_CHANGE}`."""

from __future__ import annotations

from archives.api.serializers import ErrorSerializer

Refusals = dict[int, type[ErrorSerializer]]


def refusals(*statuses: int) -> Refusals:
    return dict.fromkeys(statuses, ErrorSerializer)


MAY_READ = refusals(401, 403, 404)
MAY_CHANGE = refusals(400, 401, 403, 404)
MAY_CONFLICT = refusals(400, 401, 403, 404, 409)

"""Pages that cost the same wherever in a list they are: each begins after the last row of the one before."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from typing import Any

from django.utils.dateparse import parse_datetime
from rest_framework.exceptions import NotFound
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response

from archives import errors
from archives.models.lists import COUNTED, counted


class Newest(CursorPagination):
    """{count, next, previous, results}; `?page_size=` up to 200. Follow `next`: a cursor is not made by hand.

    `count` ends at COUNTED.
    """

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200
    ordering: tuple[str, ...] = ("-created_at", "id")
    count = 0

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any] | None:
        self.count = counted(queryset)
        return super().paginate_queryset(queryset, request, view)

    def decode_cursor(self, request: Request) -> Cursor | None:
        """Raises InvalidInput: the framework would say 404, and ask the database for any position at all."""
        try:
            cursor = super().decode_cursor(request)
            if cursor and cursor.position is not None:
                self.check_position(str(cursor.position))
        except (NotFound, ValueError, OverflowError):
            detail = {"field": self.cursor_query_param}
            raise errors.InvalidInput("There is no such page. Begin without cursor.", detail=detail) from None
        return cursor

    def check_position(self, position: str) -> None:
        """Raises ValueError or OverflowError where no row can stand there."""
        instant = parse_datetime(position)
        if instant is None or instant.tzinfo is None:
            raise ValueError("not an instant")
        instant.astimezone(UTC)

    def get_paginated_response(self, data: Any) -> Response:
        links = {"next": self.get_next_link(), "previous": self.get_previous_link()}
        return Response({"count": self.count, **links, "results": data})

    def get_paginated_response_schema(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        told: dict[str, Any] = super().get_paginated_response_schema(dict(schema))
        about = f"How many there are, up to {COUNTED}: that many, or more."
        told["properties"] = {"count": {"type": "integer", "description": about}, **told["properties"]}
        told["required"] = ["count", "results"]
        return told


class BySlug(Newest):
    ordering = ("slug",)

    def check_position(self, position: str) -> None:
        # PostgreSQL refuses a NUL in a text; no slug has one.
        if "\0" in position:
            raise ValueError("not a slug")

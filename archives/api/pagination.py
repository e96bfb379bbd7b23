"""Pages that cost the same wherever in a list they are: each begins after the last row of the one before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response

from archives.lists import COUNTED, counted


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

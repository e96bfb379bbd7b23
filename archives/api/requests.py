"""Reading a request's body, whatever was sent."""

from typing import Any

from rest_framework.request import Request

from archives import errors


def body_of(request: Request) -> dict[str, Any]:
    """The body's fields. Raises InvalidInput where it is not an object."""
    if not isinstance(request.data, dict):
        raise errors.InvalidInput("The body must be a JSON object.")
    return request.data


def text_of(body: dict[str, Any], field: str) -> str:
    """A text field, "" where it is left out or null. Raises InvalidInput where it is not a text."""
    value = body.get(field)
    if value is None:
        return ""
    # PostgreSQL has no text with a NUL in it.
    if not isinstance(value, str) or "\0" in value:
        raise errors.InvalidInput(f"{field} must be plain text.", detail={"field": field})
    return value

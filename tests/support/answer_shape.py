"""What every error looks like."""

from typing import Any


def refused(answer: Any, status: int, code: str) -> dict[str, Any]:
    """Asserts the one shape of errors and gives the body."""
    assert answer.status_code == status, answer.content
    body = answer.json()
    assert set(body) == {"code", "message", "detail"}
    assert body["code"] == code
    assert body["message"]
    return dict(body)

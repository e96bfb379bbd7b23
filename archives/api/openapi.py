"""What the API's description says beyond the shapes: an example of each call, the codes of each error."""

from __future__ import annotations

import json
from typing import Any

from archives.api.errors import NAMES
from archives.errors import ArchiveError

ID = "4c1f0e7a-5f0e-4c3e-9b56-0f6f3f1f7a10"
# The bodies to send, by method and path; what is not here takes none.
BODIES: dict[str, dict[str, Any]] = {
    "post /api/token/": {"username": "operator", "password": "…"},
    "post /api/runs/": {"name": "Hearing, morning session", "room": "main"},
    "patch /api/runs/{id}/": {"name": "Hearing, first morning"},
    "post /api/runs/{id}/postpone/": {"seconds": 600},
    "post /api/runs/{id}/retention/": {"retention_days": 365},
    "post /api/runs/{id}/hold/": {"why": "file 12/27"},
    "post /api/runs/{id}/release/": {"why": "file 12/27 is closed"},
    "post /api/runs/{id}/shares/": {"hours": 168},
    "post /api/runs/{id}/exports/": {"gaps": "black"},
    "post /api/rooms/{slug}/join/": {"name": "Ann Archer"},
    "post /api/rooms/{slug}/sending/": {
        "participant": "4f2a9c1e7b30",
        "name": "Ann Archer",
        "media": [{"session": "primary", "kind": "camera", "state": "flows", "for_ms": 41000}],
    },
    "post /api/rooms/{slug}/away/": {"participant": "4f2a9c1e7b30", "name": "Ann Archer", "away_ms": 9500},
    "post /api/rooms/{slug}/invitations/": {"person": "Ann Archer", "hours": 720},
    "post /archives/": {"sessionName": "Hearing, morning session"},
}
PARTS = {"{slug}": "main", "{id}": ID, "{key}": ID, "{archive_id}": ID}
# What happens outside of any class of error.
MORE = [
    (400, "invalid", "The request is not valid."),
    (500, "internal_error", ArchiveError.message),
    (503, "database_unavailable", "The database does not answer. Try again in a moment."),
]
ERROR = {"$ref": "#/components/schemas/Error"}
Codes = dict[int, dict[str, str]]


def describe(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """drf-spectacular's hook."""
    known = codes()
    for path, methods in result["paths"].items():
        for method, operation in methods.items():
            _example(f"{method} {path}", path, method, operation)
            _errors(operation, known)
    result["components"]["responses"] = {_named(status): _error(of) for status, of in sorted(known.items())}
    listed = [f"- **{status}**: `{'`, `'.join(sorted(of))}`" for status, of in sorted(known.items())]
    title = "<summary>Errors by status, each {code, message, detail}</summary>"
    result["info"]["description"] += "\n\n".join(["", f"<details>{title}", "\n".join(listed), "</details>"])
    return result


def codes() -> Codes:
    """Every code there is, with its words, by status."""
    known: Codes = {}
    ours = [(kind.status, kind.code, kind.message) for kind in _kinds(ArchiveError)]
    framework = [(kind.status_code, code, words) for kind, (code, words) in NAMES.items()]
    for status, code, words in (*ours, *framework, *MORE):
        known.setdefault(status, {}).setdefault(code, words)
    return known


def _kinds(base: type[ArchiveError]) -> list[type[ArchiveError]]:
    return [kind for child in base.__subclasses__() for kind in (child, *_kinds(child))]


def _example(name: str, path: str, method: str, operation: dict[str, Any]) -> None:
    body = BODIES.get(name)
    for part, value in PARTS.items():
        path = path.replace(part, value)
    words = [f"curl -X {method.upper()}"]
    if name != "post /api/token/":
        words.append("-H 'Authorization: Token …'")
    if body is not None:
        words.append(f"-H 'Content-Type: application/json' -d '{json.dumps(body, ensure_ascii=False)}'")
        for content in operation.get("requestBody", {}).get("content", {}).values():
            content["example"] = body
    call = f"{' '.join(words)} https://record.example.org{path}"
    operation["description"] = f"{operation.get('description', '')}\n\n```\n{call}\n```".strip()


def _errors(operation: dict[str, Any], known: Codes) -> None:
    """Which errors it may answer with; any call may also meet a server in trouble."""
    answers = operation["responses"]
    read = {"400", "413", "415"} if "requestBody" in operation else set()
    for status in {"401", "403", "500", "503"} | read | {told for told in answers if int(told) >= 400}:
        if int(status) in known:
            answers[status] = {"$ref": f"#/components/responses/{_named(int(status))}"}


def _named(status: int) -> str:
    return f"Error{status}"


def _error(of: dict[str, str]) -> dict[str, Any]:
    """Described once for all calls: in each of them it would make up nine tenths of the description."""
    examples = {
        code: {"value": {"code": code, "message": words, "detail": None}}
        for code, words in sorted(of.items())
    }
    return {
        "description": "One of: " + ", ".join(f"`{code}`" for code in sorted(of)),
        "content": {"application/json": {"schema": ERROR, "examples": examples}},
    }

"""Bodies that no schema makes up: broken, of another kind, too large, nested too deep, full of odd values."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from archives.api.legacy import views as seed
from tests.support.api_fuzzing import Site
from tests.support.recording.world import World

SCHEMA = SchemaGenerator().get_schema(public=True)
JSON = "application/json"
# What is sent, as what, and the status that says what is wrong with it.
BODIES = {
    "broken": ('{"name": ', JSON, 400),
    "a list": ("[]", JSON, 400),
    "another kind": ("name=a", "text/plain", 415),
    "too large": (json.dumps({"name": "a" * 1_100_000}), JSON, 413),
    "a large form": ("name=" + "a" * 1_100_000, "application/x-www-form-urlencoded", 413),
    "too deep": ("[" * 100_000, JSON, 400),
    "not a number": ('{"name": NaN}', JSON, 400),
    "a long number": ('{"name": ' + "9" * 5000 + "}", JSON, 400),
    "another alphabet": (b'{"name": "\xff"}', JSON, 400),
}
ODD = {
    "string": ["\ud800", "\0", "a" * 100_000, 5, {}, [], True],
    "integer": [10**30, -(10**30), 1e300, float("1e999"), True, "5", "", {}, -1],
}


def acts() -> list[tuple[str, str, dict[str, Any]]]:
    """The operations that take JSON."""
    found = []
    for path, methods in SCHEMA["paths"].items():
        for method, operation in methods.items():
            if JSON in operation.get("requestBody", {}).get("content", {}):
                found.append((method, path, operation))
    return found


ACTS = acts()
NAMES = [f"{method} {path}" for method, path, _ in ACTS]


@pytest.fixture
def site(world: World, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Site:
    settings.API_KEY, settings.API_SECRET = "100", "secret"
    monkeypatch.setattr(seed, "time", SimpleNamespace(sleep=world.tick))
    return Site(world)


def send(site: Site, method: str, path: str, body: Any, kind: str) -> Any:
    address = path.format(**{name: values[0] for name, values in site.known.items()})
    with site.undone():
        send = getattr(Client(raise_request_exception=False), method)
        return send(address, body, content_type=kind, headers=site.headers("host"))


@pytest.mark.parametrize(("method", "path", "operation"), ACTS, ids=NAMES)
def test_a_body_that_cannot_be_read_is_refused(site: Site, method: str, path: str, operation: Any) -> None:
    for name, (body, kind, status) in BODIES.items():
        answer = send(site, method, path, body, kind)
        assert answer.status_code == status, f"{name}: {answer.status_code} {answer.content[:300]!r}"
        assert set(answer.json()) == {"code", "message", "detail"}, name
        assert str(status) in operation["responses"], name


@pytest.mark.parametrize(("method", "path", "operation"), ACTS, ids=NAMES)
def test_odd_values_are_answered_as_described(site: Site, method: str, path: str, operation: Any) -> None:
    shape = operation["requestBody"]["content"][JSON]["schema"]["$ref"].rpartition("/")[2]
    fields = SCHEMA["components"]["schemas"][shape]["properties"]
    good = {"name": "A", "username": "a", "password": "b", "sessionName": "A", "room": "main"}
    for field, about in fields.items():
        for value in ODD.get(about.get("type", ""), []):
            body = json.dumps({**{name: good[name] for name in fields if name in good}, field: value})
            answer = send(site, method, path, body.replace("Infinity", "1e999"), JSON)
            told = f"{field}={value!r:.40}: {answer.status_code} {answer.content[:300]!r}"
            assert str(answer.status_code) in operation["responses"], told
            assert answer.status_code < 500, told

"""How often one address may ask: counted by all processes together where they share a Redis."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from django.core.cache import caches
from rest_framework.test import APIClient

from dualarchive.addons import redis_counts
from tests.support.answer_shape import refused
from tests.support.servers.redis_server import Redis, is_available

pytestmark = pytest.mark.django_db
RATE = 10
NUMBERS = count()


@pytest.fixture(scope="module")
def redis() -> Iterator[Redis]:
    if not is_available():
        pytest.skip("LEFT OUT: no redis-server here (Debian: apt install redis-server)")
    server = Redis()
    yield server
    server.close()


def guess(client: APIClient) -> Any:
    """Each of another name: who has tried one name too often is locked out by the rows."""
    name = f"person-{next(NUMBERS)}"
    return client.post("/api/token/", {"username": name, "password": "a guess"})


def another_process_begins() -> None:
    for name in ("default", "answers"):
        caches[name].clear()


def test_guesses_are_counted_by_each_process_without_redis(guest: APIClient) -> None:
    answers = [guess(guest) for _ in range(RATE + 1)]
    refused(answers[-1], 429, "throttled")
    another_process_begins()
    refused(guess(guest), 401, "wrong_token")


@pytest.mark.parametrize("tls", [False, True])
def test_guesses_are_counted_by_all_processes_with_redis(
    guest: APIClient, redis: Redis, settings: Any, tls: bool
) -> None:
    counts = redis_counts(redis.tls_url if tls else redis.url, verify=False)
    settings.CACHES = {**settings.CACHES, "throttles": {**counts, "KEY_PREFIX": f"tls-{tls}"}}
    for _ in range(RATE):
        refused(guess(guest), 401, "wrong_token")
        another_process_begins()
    refused(guess(guest), 429, "throttled")


def test_nobody_is_refused_while_redis_is_away(guest: APIClient, settings: Any) -> None:
    away = redis_counts("redis://127.0.0.1:1/0", verify=True)
    settings.CACHES = {**settings.CACHES, "throttles": away}
    for _ in range(RATE + 2):
        refused(guess(guest), 401, "wrong_token")

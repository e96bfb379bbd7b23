"""A room with people, a host, and somebody who is not one; over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.cache import cache
from rest_framework.authtoken.models import Token
from rest_framework.test import APIClient

from archives.api.legacy import views as seed
from archives.web import access
from tests.support.recording.world import World


@pytest.fixture(autouse=True)
def _settled(settings: Any) -> None:
    """Throttles and health are kept in the cache; every test starts with an empty one."""
    cache.clear()
    settings.API_KEY, settings.API_SECRET = "100", "secret"
    settings.SESSION_JOIN_DELAY = settings.SESSION_STOP_DELAY_PRIMARY = 1.0
    settings.SESSION_STOP_DELAY_SECONDARY = 1.0
    settings.KEEP_FILES = False
    # The real one is slow by design.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def host_user(db: None) -> User:
    user = User.objects.create_user("host", password="a host's password")
    user.groups.add(Group.objects.get_or_create(name=access.HOSTS)[0])
    return user


@pytest.fixture
def host(host_user: User) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {Token.objects.create(user=host_user).key}")
    return client


@pytest.fixture
def nobody(db: None) -> APIClient:
    """Signed in, but not a host."""
    client = APIClient()
    client.force_login(User.objects.create_user("nobody"))
    return client


@pytest.fixture
def guest() -> APIClient:
    return APIClient()


@pytest.fixture
def working(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """While a request waits, the worker works: its sleep is a tick of the world."""

    class Time:
        sleep: Callable[[float], None] = staticmethod(lambda seconds: world.tick(seconds))

    monkeypatch.setattr(seed, "time", Time)
    return world

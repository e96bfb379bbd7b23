"""Whatever is sent to the API, it answers with what its description promises, and never with a 5xx."""

from __future__ import annotations

import os
from types import SimpleNamespace
from typing import Any

import hypothesis
import pytest
from hypothesis import HealthCheck
from schemathesis import Case
from schemathesis.checks import CHECKS

from archives.api.legacy import views as seed
from tests.support import api_fuzzing
from tests.support.recording.world import World

schema = api_fuzzing.described(max_examples=int(os.environ.get("FUZZ_EXAMPLES", "5")))


@pytest.fixture
def site(world: World, settings: Any, monkeypatch: pytest.MonkeyPatch) -> api_fuzzing.Site:
    settings.API_KEY, settings.API_SECRET = "100", "secret"
    settings.SESSION_JOIN_DELAY = settings.SESSION_STOP_DELAY_PRIMARY = 1.0
    settings.SESSION_STOP_DELAY_SECONDARY = 1.0
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # While a request waits, the worker works.
    monkeypatch.setattr(seed, "time", SimpleNamespace(sleep=world.tick))
    return api_fuzzing.Site(world)


@pytest.mark.parametrize("caller", api_fuzzing.CALLERS)
@schema.parametrize()
@hypothesis.settings(suppress_health_check=list(HealthCheck), derandomize=True, database=None, deadline=None)
def test_it_answers_as_described(case: Case, site: api_fuzzing.Site, caller: str) -> None:
    api_fuzzing.aim(case, site.known)
    with site.undone():
        answer = case.call(headers=site.headers(caller))
        case.validate_response(answer, checks=CHECKS.get_by_names(api_fuzzing.CHECKS))

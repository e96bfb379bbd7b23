import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from archives import clock
from archives.models import Strategy
from archives.platform import gateway
from tests.support.platform.fake_platform import FakePlatform
from tests.support.recording.real_site import Site
from tests.support.recording.world import World, mistakes_end_the_test
from tests.support.servers.postgres import Postgres, is_available


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what uses the database, by mark or by fixture, so that it can be run on another one."""
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        if item.get_closest_marker("django_db") or {"db", "transactional_db"} & set(fixtures):
            item.add_marker(pytest.mark.database)


hypothesis_settings.register_profile(
    "nightly", max_examples=int(os.environ.get("RECORDING_EXAMPLES", "10000")), print_blob=True
)
# The same examples each time: a red run must mean a change, not luck. The nightly profile looks for new ones.
hypothesis_settings.register_profile("repeatable", derandomize=True, deadline=None)
hypothesis_settings.load_profile("repeatable")


@pytest.fixture
def recording_settings() -> hypothesis_settings:
    """For the recording machine: the same hundred examples each time, or what the nightly profile says."""
    nightly = hypothesis_settings.get_current_profile_name() == "nightly"
    return hypothesis_settings(
        max_examples=hypothesis_settings.default.max_examples if nightly else 100,
        derandomize=not nightly,
        stateful_step_count=25,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


@pytest.fixture(autouse=True)
def _files_are_not_kept(settings: Any) -> None:
    """A run would wait for the media process; what keeps files is tested with KEEP_FILES on."""
    settings.KEEP_FILES = False


@pytest.fixture
def platform(db: None) -> Iterator[FakePlatform]:
    """The fake platform in the gateway's place; it owns the clock."""
    fake = FakePlatform()
    gateway.use(fake)
    clock.use(fake.clock)
    with mistakes_end_the_test():
        yield fake
    gateway.use(None)
    clock.use(None)


@pytest.fixture
def world(platform: FakePlatform) -> World:
    """Ann and Ben in the default room, on the dual-session strategy."""
    return World(platform)


@pytest.fixture
def overlap_world(platform: FakePlatform) -> World:
    return World(platform, Strategy.OVERLAP)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    if not is_available():
        pytest.skip("LEFT OUT: no PostgreSQL programs here (Debian: apt install postgresql)")
    server = Postgres()
    yield server
    server.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A new database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'site.sqlite3'}"
    postgres: Postgres = request.getfixturevalue("postgres")
    return postgres.create(f"site_{uuid.uuid4().hex[:8]}")


@pytest.fixture
def site(database_url: str, tmp_path: Path, django_db_blocker: Any, django_db_setup: None) -> Iterator[Site]:
    with django_db_blocker.unblock(), Site(database_url, tmp_path).opened() as opened:
        yield opened

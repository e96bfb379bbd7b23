"""The migration of remarks on tiles, on both databases: remarks from before stay as they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import IntegrityError, connections, transaction
from django.db.migrations.executor import MigrationExecutor

from tests.support.servers.scratch_database import scratch_database

THIS, BEFORE = "0027_tile_remarks", "0026_sendings"


@pytest.fixture
def scratch(database_url: str, django_db_blocker: Any, django_db_setup: None) -> Iterator[None]:
    with django_db_blocker.unblock(), scratch_database(database_url):
        yield


def migrated(name: str) -> Any:
    """The models as they were after this migration of the app."""
    MigrationExecutor(connections["default"]).migrate([("archives", name)])
    return MigrationExecutor(connections["default"]).loader.project_state(("archives", name)).apps


def test_remarks_stay_and_two_tiles_may_be_dark_from_the_begin(scratch: None) -> None:
    old = migrated(BEFORE)
    run = old.get_model("archives", "ArchiveRun").objects.create(
        room=old.get_model("archives", "Room").objects.get(), name="Hearing", status="complete"
    )
    segment = old.get_model("archives", "Segment").objects.create(run=run, ordinal=0, session="primary")
    facts = {"segment_id": segment.pk, "from_ms": 0, "until_ms": 4000}
    old.get_model("archives", "Remark").objects.create(code="skew", values={"skew_ms": 240}, **facts)
    remarks = migrated(THIS).get_model("archives", "Remark").objects
    assert list(remarks.values_list("code", "from_ms", "until_ms", "values")) == [
        ("skew", 0, 4000, {"skew_ms": 240})
    ]
    remarks.create(code="tile_dark", **facts)
    remarks.create(code="tile_dark", **{**facts, "until_ms": 9000})
    with pytest.raises(IntegrityError), transaction.atomic():
        remarks.create(code="tile_dark", **facts)
    with pytest.raises(IntegrityError), transaction.atomic():
        remarks.create(code="of a later version", **facts)

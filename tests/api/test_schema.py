"""What the models promise is in the database: a migration may take away more than it says."""

import pytest
from django.apps import apps
from django.db import connection

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "model", apps.get_app_config("archives").get_models(), ids=lambda model: model.__name__
)
def test_every_constraint_and_index_is_there(model: type) -> None:
    meta = model._meta  # type: ignore[attr-defined]
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, meta.db_table)
    promised = {each.name for each in (*meta.constraints, *meta.indexes)}
    assert promised <= set(found), f"missing: {promised - set(found)}"

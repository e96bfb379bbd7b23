"""A database of its own for one test, in place of the test run's: outside transactions, at any migration."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import environ
from django.conf import settings
from django.db import connections
from django.db.utils import ConnectionHandler


@contextmanager
def scratch_database(url: str) -> Iterator[None]:
    database = environ.Env.db_url_config(url)
    if database["ENGINE"].endswith("sqlite3"):
        database["OPTIONS"] = settings.DATABASES["default"]["OPTIONS"]
    before = connections["default"]
    connections["default"] = ConnectionHandler({"default": database})["default"]
    try:
        yield
    finally:
        connections["default"].close()
        connections["default"] = before

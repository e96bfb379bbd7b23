"""Every page, call and step of the worker finds its rows by an index: the plans of a real PostgreSQL say so.

`benchmarks.plans` walks them over a filled database, here a small one; where the planner reads a table from
end to end although it was told to avoid that at any cost, no index could have helped.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.servers.postgres import Postgres

ROOT = Path(__file__).resolve().parents[2]
SHAPE = ["--rooms", "300", "--runs", "1500", "--live", "10"]
Walked = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def python(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., str]:
    """Runs a module against a database of its own."""
    folder = tmp_path_factory.mktemp("plans")
    environment = os.environ | {
        "DATABASE_URL": postgres.create("plans"),
        "ARCHIVES_DIR": str(folder),
        "DJANGO_SETTINGS_MODULE": "dualarchive.settings",
        "LOG_LEVEL": "CRITICAL",
        "DEBUG": "true",
    }

    def run(*arguments: str) -> str:
        command = [sys.executable, "-m", *arguments]
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600, check=False
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    run("benchmarks.rows", *SHAPE)
    return run


def walked(python: Callable[..., str], *more: str) -> Walked:
    found: Walked = json.loads(python("benchmarks.plans", "--json", *more))
    return found


def test_no_table_that_grows_is_read_from_end_to_end(python: Callable[..., str]) -> None:
    visits = walked(python)
    assert len(visits) > 90
    assert {name: visit["status"] for name, visit in visits.items() if visit["status"] >= 400} == {}
    # The sum of what is kept is made every ten minutes; a word that most names have is met on the way.
    unindexed = {name: visit["unindexed"] for name, visit in visits.items() if visit["unindexed"]}
    assert {name: tables for name, tables in unindexed.items() if "=hearing" not in name} == {}


def test_it_would_be_seen_if_an_index_were_missing(python: Callable[..., str]) -> None:
    missing = ("--without", "run_newest", "--without", "archives_archiverun_name_words")
    without = walked(python, *missing, "--only", "/api/runs/?")
    assert "archives_archiverun" in without["operator /api/runs/?page_size=200"]["unindexed"]
    assert "archives_archiverun" in without["operator /api/runs/?search=never+said"]["unindexed"]

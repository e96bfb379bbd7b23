"""The fuzzing of the API at length, on PostgreSQL, which refuses what SQLite takes: NULs, huge numbers."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.support.servers.postgres import Postgres

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = os.environ.get("FUZZ_EXAMPLES", "60")


def test_it_answers_as_described(postgres: Postgres) -> None:
    environment = os.environ | {"DATABASE_URL": postgres.create("fuzz"), "FUZZ_EXAMPLES": EXAMPLES}
    files = ["tests/api/test_fuzz.py", "tests/api/test_odd_bodies.py"]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *files]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=3000)
    assert done.returncode == 0, done.stdout[-20_000:]

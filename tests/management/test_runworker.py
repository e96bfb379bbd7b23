"""The worker as a process: it does what is due, and ends when it is asked to."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    environment = os.environ | {
        "DATABASE_URL": f"sqlite:///{tmp_path / 'worker.sqlite3'}",
        "API_KEY": "100",
        "API_SECRET": "a secret that is long enough for HS256",
        "PYTHONUNBUFFERED": "1",
    }
    _manage(environment, "migrate", "-v", "0")
    return environment


def _manage(environment: dict[str, str], *arguments: str) -> None:
    command = [sys.executable, "manage.py", *arguments]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, timeout=60, capture_output=True)


def test_once_ends_when_nothing_is_due(environment: dict[str, str]) -> None:
    _manage(environment, "runworker", "--once")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_with_0_when_asked_to(environment: dict[str, str], number: signal.Signals) -> None:
    command = [sys.executable, "manage.py", "runworker", "--threads", "2"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdout
        assert worker.stdout.readline() == "worker ready, 2 threads\n"
        worker.send_signal(number)
        assert worker.wait(20) == 0

"""The half of the contract that is for the vendor, led to localtok: people are real pages in Chromium."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from localtok.testing import RunningLocaltok
from tests.support.browser.participants import chromium_path

ROOT = Path(__file__).parents[2]


@pytest.mark.e2e
@pytest.mark.skipif(chromium_path() is None, reason="no Chromium on this machine")
def test_the_vendors_half_runs(tmp_path: Path) -> None:
    running = RunningLocaltok(tmp_path / "data")
    try:
        environment = {
            **os.environ,
            "CONTRACT_API_KEY": running.api_key,
            "CONTRACT_API_SECRET": running.api_secret,
            "CONTRACT_API_URL": running.url,
            "CONTRACT_SCRIPT_URL": running.script_url,
        }
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-k",
            "vendor",
            "tests/contract",
        ]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=540)
    finally:
        running.stop()
    assert done.returncode == 0, done.stdout[-6000:]
    # Those that would need four hours are left out, and no others.
    assert " passed" in done.stdout
    assert done.stdout.count("cannot be moved") <= 3, done.stdout[-3000:]

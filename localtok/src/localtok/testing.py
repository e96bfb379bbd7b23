"""Fixtures for pytest: a localtok for the tests of whoever builds on it.

In a conftest.py: `pytest_plugins = ["localtok.testing"]`. Then a test that takes `localtok` has a server in a
process of its own, with `localtok.url`, `localtok.api_key`, `localtok.api_secret`, and its controls."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

READY_TIMEOUT_S = 60.0
END_TIMEOUT_S = 60.0
CALL_TIMEOUT_S = 30.0


class RunningLocaltok:
    """A localtok that runs as a command. `options` are further ones of its command line."""

    def __init__(
        self,
        data_dir: Path,
        *options: str,
        api_key: str = "100",
        api_secret: str = "localtok-secret",  # noqa: S107 - an example of nobody's
    ) -> None:
        self.api_key, self.api_secret = api_key, api_secret
        command = [sys.executable, "-m", "localtok", "--dev", "--port", "0", "--data-dir", str(data_dir)]
        credentials = ["--api-key", api_key, "--api-secret", api_secret]
        self._process = subprocess.Popen(
            [*command, *credentials, *options], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self.url = self._await_ready()
        self.script_url = f"{self.url}/v2/js/opentok.min.js"

    def control(self, path: str, body: dict[str, Any]) -> Any:
        """POSTs to `/_localtok/<path>`; raises urllib.error.HTTPError when it is refused."""
        request = urllib.request.Request(  # noqa: S310 - our own server's address
            f"{self.url}/_localtok/{path}",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=CALL_TIMEOUT_S) as response:  # noqa: S310
            return json.loads(response.read() or "null")

    def advance(self, seconds: float) -> None:
        self.control("clock", {"advance_s": seconds})

    def fault(self, **fault: Any) -> None:
        self.control("faults", fault)

    def reset(self) -> None:
        self.control("reset", {})

    def stop(self) -> None:
        """Lets it finish its recordings; a process that does not end is killed."""
        self._process.terminate()
        try:
            self._process.wait(END_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _await_ready(self) -> str:
        lines: queue.Queue[str] = queue.Queue()
        reading = threading.Thread(target=self._read_into, args=(lines,), daemon=True)
        reading.start()
        try:
            line = lines.get(timeout=READY_TIMEOUT_S)
        except queue.Empty:
            line = ""
        if not line.startswith("localtok ready "):
            self.stop()
            raise RuntimeError(f"localtok did not become ready within {READY_TIMEOUT_S:.0f} s: {line!r}")
        return line.split()[2]

    def _read_into(self, lines: queue.Queue[str]) -> None:
        for line in self._process.stdout or []:
            lines.put(line)
        lines.put("")


@pytest.fixture
def localtok(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLocaltok]:
    server = RunningLocaltok(tmp_path_factory.mktemp("localtok"))
    yield server
    server.stop()

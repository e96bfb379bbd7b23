"""localtok by itself: a fresh environment with what it says it needs, and nothing of the product."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.contract.platforms import Wire
from tests.support.media.recorded_frames import missing, read_file

ROOT = Path(__file__).parents[2]
SECRET = "localtok-secret"
TRIES = 3
DEADLINE_S = 60.0
# Ready costs no more than this many times what importing its three libraries costs by itself.
MOST_TIMES = 2.5

pytestmark = [pytest.mark.media, pytest.mark.realtime]


class Alone:
    """A Python with localtok installed from a copy of its folder, and nothing else."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.python = folder / "venv" / "bin" / "python"
        shutil.copytree(
            ROOT / "localtok", folder / "copy", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info")
        )
        subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True, timeout=120)
        install = [self.python, "-m", "pip", "install", "-q", folder / "copy"]
        done = subprocess.run(install, capture_output=True, text=True, timeout=400)
        if done.returncode:
            pytest.skip(f"pip could not install, so localtok alone is NOT tried: {done.stderr[-300:]}")

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.python, *words], cwd=self.folder, capture_output=True, text=True, timeout=DEADLINE_S
        )

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [self.python, "-m", "localtok", *words],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def serve(self) -> tuple[subprocess.Popen[str], str]:
        """The server and its address, once it is ready."""
        server = self.start("--dev", "--port", "0", "--temporary")
        assert server.stdout
        line = server.stdout.readline()
        assert line.startswith("localtok ready http"), line
        return server, line.split()[2]


def end(process: subprocess.Popen[str]) -> int:
    process.terminate()
    try:
        return process.wait(DEADLINE_S)
    finally:
        process.kill()


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alone]:
    folder = tmp_path_factory.mktemp("alone")
    yield Alone(folder)
    shutil.rmtree(folder, ignore_errors=True)


def test_nothing_of_the_product_is_there(alone: Alone) -> None:
    for name in ("django", "archives", "opentok", "requests"):
        assert alone.run("-c", f"import {name}").returncode == 1, f"{name} should not be there"
    source = alone.folder / "copy" / "src"
    modules = [
        str(path.relative_to(source).with_suffix("")).replace("/", ".").removesuffix(".__init__")
        for path in source.rglob("*.py")
        # The fixtures for pytest need pytest; `__main__` would begin to serve.
        if path.name not in ("testing.py", "__main__.py")
    ]
    done = alone.run("-c", f"import importlib; [importlib.import_module(m) for m in {modules!r}]")
    assert done.returncode == 0, done.stderr


def test_both_commands_say_how_it_is_used(alone: Alone) -> None:
    done = alone.run("-m", "localtok", "--help")
    assert done.returncode == 0, done.stderr
    assert "--dev" in done.stdout
    script = subprocess.run(
        [alone.python.with_name("localtok"), "--help"], capture_output=True, text=True, timeout=DEADLINE_S
    )
    assert "--dev" in script.stdout, script.stderr


def test_it_records_what_a_synthetic_person_publishes(alone: Alone, tmp_path: Path) -> None:
    server, url = alone.serve()
    wire = Wire(url, "100", SECRET)
    session = wire.new_session()
    publisher = alone.start("publish", "--url", url, "--session", session)
    try:
        assert publisher.stdout
        assert publisher.stdout.readline().startswith("publishing ")
        answer = wire.call("POST", "/archive", json={"sessionId": session, "name": "hearing"})
        assert answer.status_code == 200, answer.text
        archive = answer.json()["id"]
        time.sleep(3)
        wire.call("POST", f"/archive/{archive}/stop")
        done = finished(wire, archive)
    finally:
        codes = end(publisher), end(server)
    assert codes == (0, 0)
    file = tmp_path / "archive.mp4"
    file.write_bytes(done)
    reading = read_file(file)
    assert len(reading.numbers(0)) > 20
    assert missing([reading], 0) == []
    assert reading.audio_ms == pytest.approx(reading.frames * 40, abs=100)


def finished(wire: Wire, archive: str) -> bytes:
    until = time.monotonic() + DEADLINE_S
    while (found := wire.call("GET", f"/archive/{archive}").json())["status"] != "available":
        assert time.monotonic() < until, found
        time.sleep(0.1)
    return requests.get(found["url"], timeout=DEADLINE_S).content


def test_it_is_ready_about_when_its_libraries_are(alone: Alone, record_property: Any) -> None:
    libraries = min(imported(alone) for _ in range(TRIES))
    ready = min(served(alone) for _ in range(TRIES))
    times = ready / libraries
    record_property("ready", f"{ready:.2f} s, {times:.2f} times its libraries ({libraries:.2f} s)")
    print(f"ready in {ready:.2f} s, {times:.2f} times its libraries ({libraries:.2f} s)")
    assert times < MOST_TIMES


def imported(alone: Alone) -> float:
    began = time.monotonic()
    assert alone.run("-c", "import aiohttp, av, aiortc").returncode == 0
    return time.monotonic() - began


def served(alone: Alone) -> float:
    began = time.monotonic()
    server, _ = alone.serve()
    took = time.monotonic() - began
    assert end(server) == 0
    return took

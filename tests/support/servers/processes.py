"""The whole product as real processes, localtok, web, worker and media tasks, over scratch data."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import requests

ROOT = Path(__file__).resolve().parents[3]
STOP_WAIT_S = 15
OPERATOR, PASSWORD = "operator", "an operator of tests"

Answer = TypeVar("Answer")


def wait_for(check: Callable[[], Answer | None], what: str, seconds: float = 20) -> Answer:
    """What `check` says as soon as it is true; AssertionError naming `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        found = check()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:g} s: {what}; last seen: {found!r}")
        time.sleep(0.1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Part:
    """One process in a process group of its own, its output in a log file."""

    def __init__(self, name: str, command: list[str], environment: dict[str, str], log: Path) -> None:
        self.name, self.command, self.environment, self.log = name, command, environment, log
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command, cwd=ROOT, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )

    def stop(self, by: signal.Signals = signal.SIGTERM) -> int:
        """Ends the whole process group, and returns the exit code; one that does not obey is killed."""
        assert self.process is not None
        self._signal(by)
        try:
            return self.process.wait(STOP_WAIT_S)
        except subprocess.TimeoutExpired:
            self._signal(signal.SIGKILL)
            self.process.wait(STOP_WAIT_S)
            raise AssertionError(f"{self.name} did not end within {STOP_WAIT_S} s of {by.name}") from None

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def _signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        if self.process.poll() is None:
            os.killpg(self.process.pid, number)

    def tail(self, lines: int = 60) -> str:
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])


class Product:
    """Every process of the product over one scratch folder; `http` speaks to it as the operator."""

    def __init__(self, scratch: Path, **settings: str) -> None:
        self.scratch = scratch
        web_port, localtok_port = free_port(), free_port()
        self.url, self.localtok_url = f"http://127.0.0.1:{web_port}", f"http://127.0.0.1:{localtok_port}"
        self.environment = os.environ | {
            "PORT": str(web_port),
            "LOCALTOK_PORT": str(localtok_port),
            "API_KEY": "100",
            "ROOM_ACCESS": "open",
            "API_SECRET": "an api secret of tests, long enough to sign",
            "SECRET_KEY": "a secret key of tests: fifty characters at the very least",
            "DEBUG": "true",
            "DATABASE_URL": f"sqlite:///{scratch / 'product.sqlite3'}",
            "ARCHIVES_DIR": str(scratch / "archives"),
            "OPENTOK_API_URL": self.localtok_url,
            "OPENTOK_SCRIPT_URL": f"{self.localtok_url}/v2/js/opentok.min.js",
            "PYTHONUNBUFFERED": "1",
            **settings,
        }
        self.parts = {name: self._part(name, command) for name, command in self._commands().items()}
        self.http = Http(self.url)

    def _commands(self) -> dict[str, list[str]]:
        """As in Procfile.dev, started with the Python that runs the tests."""
        python, settings = sys.executable, self.environment
        localtok = f"localtok --port {settings['LOCALTOK_PORT']} --api-key {settings['API_KEY']}"
        callbacks = self._callbacks(settings["WEBHOOK_SECRET"]) if "WEBHOOK_SECRET" in settings else []
        secrets = ["--api-secret", settings["API_SECRET"], "--data-dir", str(self.scratch / "localtok")]
        web = f"gunicorn dualarchive.wsgi --bind 127.0.0.1:{settings['PORT']} --workers 1 --threads 8"
        return {
            "localtok": [python, "-m", *localtok.split(), *secrets, *callbacks],
            "web": [python, "-m", *web.split()],
            "worker": [python, "manage.py", "runworker"],
            "media": [python, "manage.py", "media"],
        }

    def _callbacks(self, secret: str) -> list[str]:
        """Only where a test wants them: nothing may hang on callbacks."""
        addresses = {kind: f"{self.url}/webhooks/{kind}/" for kind in ("archive", "session")}
        urls = [part for kind, url in addresses.items() for part in (f"--{kind}-callback-url", url)]
        return [*urls, "--callback-secret", secret]

    def _part(self, name: str, command: list[str]) -> Part:
        return Part(name, command, self.environment, self.scratch / f"{name}.log")

    def start(self) -> None:
        self.manage("migrate", "--noinput", "-v", "0")
        self.manage("createsuperuser", "--noinput", "--username", OPERATOR, "--email", "")
        for part in self.parts.values():
            part.start()
        wait_for(self.is_healthy, "web and localtok answer /healthz", 40)
        self.http.sign_in(OPERATOR, PASSWORD)

    def manage(self, *arguments: str) -> None:
        environment = self.environment | {"DJANGO_SUPERUSER_PASSWORD": PASSWORD}
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, f"manage.py {arguments[0]}: {done.stdout}{done.stderr}"

    def is_healthy(self) -> bool:
        ended = [part.name for part in self.parts.values() if not part.is_running]
        assert not ended, f"ended instead of starting: {ended}\n{self.logs()}"
        return self.http.answers("/healthz")

    def stop(self) -> None:
        """Ends every part, also when one does not obey; says then which."""
        stubborn = []
        for name in ("media", "worker", "web", "localtok"):
            try:
                if self.parts[name].is_running:
                    self.parts[name].stop()
            except AssertionError as error:
                stubborn.append(str(error))
        assert not stubborn, stubborn

    def logs(self) -> str:
        return "\n".join(f"--- {part.name} ---\n{part.tail()}" for part in self.parts.values())


class Http:
    """The product's API as the operator uses it: every call has a time-out, none goes through a proxy."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = requests.Session()
        self.session.trust_env = False

    def sign_in(self, username: str, password: str) -> None:
        answer = self.post("/api/token/", {"username": username, "password": password})
        assert answer.status_code == 200, answer.text
        self.session.headers["Authorization"] = f"Token {answer.json()['token']}"

    def get(self, path: str) -> requests.Response:
        return self.session.get(self.url + path, timeout=30)

    def post(self, path: str, data: dict[str, object] | None = None) -> requests.Response:
        return self.session.post(self.url + path, json=data or {}, timeout=30)

    def answers(self, path: str) -> bool:
        try:
            return self.get(path).status_code == 200
        except requests.ConnectionError:
            return False

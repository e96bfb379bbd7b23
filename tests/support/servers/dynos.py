"""The product as Heroku runs it: a clean folder, its own packages, add-ons, a router, dynos that come and go.

The environment is what app.json says, the answers that a person gives at the button, and what add-ons set.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import requests
import urllib3
from botocore.config import Config

from tests.support.servers.postgres import Postgres
from tests.support.servers.processes import (
    OPERATOR,
    PASSWORD,
    ROOT,
    Http,
    Part,
    free_port,
    wait_for,
)
from tests.support.servers.redis_server import Redis

HOST, BUCKET = "rehearsal.herokuapp.com", "recordings"
# Between SIGTERM and SIGKILL.
PATIENCE_S = 30
# What a name of the machine that runs the rehearsal must not decide.
NOT_FROM_HERE = ("DATABASE_URL", "REDIS_URL", "DEBUG", "SECRET_KEY", "PYTHONPATH", "VIRTUAL_ENV")


class Router:
    """Ends TLS, as Heroku's does: passes requests on with the headers that it adds."""

    def __init__(self, web_port: int) -> None:
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), _passing_on_to(web_port))
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.http.shutdown()
        self.http.server_close()


def _passing_on_to(web_port: int) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _pass_on(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            added = {
                "Host": HOST,
                "X-Forwarded-Proto": "https",
                "X-Forwarded-For": "203.0.113.7",
                "X-Request-ID": str(uuid.uuid4()),
                "Connection": "close",
            }
            try:
                answer = requests.request(
                    self.command,
                    f"http://127.0.0.1:{web_port}{self.path}",
                    headers={**self.headers, **added},
                    data=self.rfile.read(length),
                    allow_redirects=False,
                    stream=True,
                    timeout=30,
                )
                self._say(answer.status_code, answer.raw.headers.items(), answer.raw.read())
            except (requests.RequestException, urllib3.exceptions.HTTPError):
                # H10 and its like: no dyno answers.
                self._say(503, [], b"")

        def _say(self, status: int, headers: Any, body: bytes) -> None:
            self.send_response_only(status)
            for name, value in headers:
                if name.lower() not in ("connection", "transfer-encoding", "content-length"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            with suppress(OSError):
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

        do_GET = do_POST = do_HEAD = do_DELETE = do_PATCH = do_PUT = _pass_on

        def log_message(self, *args: object) -> None:
            pass

    return Handler


class Dyno(Part):
    """One process type under honcho, which stands where Heroku's own starter does."""

    def __init__(self, app: Path, kind: str, environment: dict[str, str], log: Path) -> None:
        honcho = [str(app / ".venv/bin/honcho"), "start", "-e", os.devnull]
        command = [*honcho, "-p", environment["PORT"], kind]
        super().__init__(kind, command, environment | {"DYNO": f"{kind}.1"}, log)
        self.app = app

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=self.app,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def cycle(self) -> float:
        """As once a day: SIGTERM to every process inside, and another dyno. Seconds that the end took."""
        assert self.process is not None
        began = time.monotonic()
        for group in _groups_below(self.process.pid):
            os.killpg(group, signal.SIGTERM)
        self.process.wait(PATIENCE_S)
        took_s = time.monotonic() - began
        self.start()
        return took_s

    def end(self) -> None:
        if self.is_running:
            assert self.process is not None
            for group in _groups_below(self.process.pid):
                os.killpg(group, signal.SIGTERM)
            try:
                self.process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                self._signal(signal.SIGKILL)


def _groups_below(pid: int) -> set[int]:
    """Of the processes that honcho has started: each began a group of its own."""
    told = subprocess.run(["ps", "-e", "-o", "pid=,ppid=,pgid="], check=True, capture_output=True, text=True)
    rows = [tuple(map(int, line.split())) for line in told.stdout.splitlines()]
    found = {pid}
    while more := {one for one, parent, _ in rows if parent in found} - found:
        found |= more
    return {group for one, _, group in rows if one in found - {pid}} - {os.getpgid(pid)}


class Heroku:
    """`parts` are the dynos; localtok stands for the vendor, moto for the bucket."""

    def __init__(self, scratch: Path) -> None:
        self.scratch, self.app = scratch, scratch / "app"
        self.app.mkdir()
        self.postgres, self.redis = Postgres(), Redis()
        port = free_port()
        self.router = Router(port)
        self.url, self.http = self.router.url, Http(self.router.url)
        self.localtok_url = f"http://127.0.0.1:{free_port()}"
        self.s3_url = f"http://127.0.0.1:{free_port()}"
        self.environment = self._machine() | self._button() | self._person() | self._add_ons()
        self.environment["PORT"] = str(port)
        self.outside = {
            "localtok": Part("localtok", self._localtok(), self._machine(), scratch / "localtok.log"),
            "s3": Part("s3", self._s3(), self._machine(), scratch / "s3.log"),
        }
        self.parts = {
            kind: Dyno(self.app, kind, self.environment, scratch / f"{kind}.log")
            for kind in ("web", "worker", "media")
        }

    # --- the environment ---
    def _machine(self) -> dict[str, str]:
        ours = {name: value for name, value in os.environ.items() if name not in NOT_FROM_HERE}
        path = f"{self.app / '.venv/bin'}:{ours['PATH']}"
        return ours | {"PATH": path, "PYTHONUNBUFFERED": "1"}

    def _button(self) -> dict[str, str]:
        """What app.json gives by itself."""
        described = json.loads((ROOT / "app.json").read_text())["env"]
        made = {name: secrets.token_hex(32) for name, entry in described.items() if "generator" in entry}
        return made | {name: entry["value"] for name, entry in described.items() if "value" in entry}

    def _person(self) -> dict[str, str]:
        """What is typed in at the button, or set right after it."""
        given = {
            "API_KEY": "100",
            "API_SECRET": secrets.token_hex(20),
            "WEBHOOK_SECRET": secrets.token_hex(20),
            # localtok instead of the vendor, whose addresses would follow from the key.
            "OPENTOK_API_URL": self.localtok_url,
            "OPENTOK_SCRIPT_URL": f"{self.localtok_url}/v2/js/opentok.min.js",
            # The router has another address here than at Heroku, and moto than Amazon.
            "CSRF_TRUSTED_ORIGINS": self.router.url,
            "S3_ENDPOINT_URL": self.s3_url,
        }
        described = json.loads((ROOT / "app.json").read_text())["env"]
        assert set(given) <= set(described), "the button does not ask for it"
        return given

    def _add_ons(self) -> dict[str, str]:
        return {
            "DATABASE_URL": self.postgres.create("rehearsal"),
            "REDIS_URL": self.redis.tls_url,
            "BUCKETEER_BUCKET_NAME": BUCKET,
            "BUCKETEER_AWS_REGION": "eu-west-1",
            "BUCKETEER_AWS_ACCESS_KEY_ID": "key",
            "BUCKETEER_AWS_SECRET_ACCESS_KEY": "secret",
        }

    # --- what stands outside ---
    def _localtok(self) -> list[str]:
        person = self.environment
        words = {
            "--port": self.localtok_url.rpartition(":")[2],
            "--api-key": person["API_KEY"],
            "--api-secret": person["API_SECRET"],
            "--data-dir": str(self.scratch / "localtok"),
            "--archive-callback-url": f"{self.url}/webhooks/archive/",
            "--session-callback-url": f"{self.url}/webhooks/session/",
            "--callback-secret": person["WEBHOOK_SECRET"],
        }
        return [sys.executable, "-m", "localtok", *(word for pair in words.items() for word in pair)]

    def _s3(self) -> list[str]:
        return [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", self.s3_url.rpartition(":")[2]]

    def bucket(self) -> Any:
        keys = {"aws_access_key_id": "key", "aws_secret_access_key": "secret"}
        config = Config(s3={"addressing_style": "path"})
        return boto3.resource(
            "s3", endpoint_url=self.s3_url, region_name="eu-west-1", config=config, **keys
        ).Bucket(BUCKET)

    # --- build, release, run ---
    def build(self) -> float:
        """As the buildpack does; seconds that it took."""
        began = time.monotonic()
        archive = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, check=True, capture_output=True)
        subprocess.run(["tar", "-x"], cwd=self.app, check=True, input=archive.stdout)
        self.do([sys.executable, "-m", "venv", ".venv"])
        self.do([".venv/bin/python", "-m", "pip", "install", "-q", "-r", "requirements.txt"], timeout=900)
        self.do([".venv/bin/python", "manage.py", "collectstatic", "--noinput", "-v", "0"])
        return time.monotonic() - began

    def do(self, command: list[str], timeout: float = 120) -> str:
        done = subprocess.run(
            command, cwd=self.app, env=self.environment, capture_output=True, text=True, timeout=timeout
        )
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def release(self) -> str:
        return self.do([".venv/bin/honcho", "start", "-e", os.devnull, "release"])

    def start(self) -> None:
        for part in self.outside.values():
            part.start()
        wait_for(lambda: _listens(self.s3_url) and _listens(self.localtok_url), "localtok and S3 answer", 60)
        self.bucket().create(CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        self.build_s = self.build()
        self.released = self.release()
        names = {"DJANGO_SUPERUSER_PASSWORD": PASSWORD}
        create = ["manage.py", "createsuperuser", "--noinput", "--username", OPERATOR, "--email", ""]
        assignments = [f"{name}={value}" for name, value in names.items()]
        self.do(["env", *assignments, ".venv/bin/python", *create])
        for part in self.parts.values():
            part.start()
        wait_for(self.is_ready, "every part is ready", 180)
        self.http.sign_in(OPERATOR, PASSWORD)

    def is_ready(self) -> bool:
        try:
            return self.http.answers("/readyz")
        except requests.RequestException:
            return False

    def stop(self) -> None:
        for dyno in self.parts.values():
            dyno.end()
        for part in self.outside.values():
            if part.is_running:
                part.stop()
        self.router.close()
        self.redis.close()
        self.postgres.close()

    def logs(self) -> str:
        every = [*self.parts.values(), *self.outside.values()]
        return "\n".join(f"--- {part.name} ---\n{part.tail()}" for part in every)


def _listens(url: str) -> bool:
    host, port = url.removeprefix("http://").split(":")
    try:
        socket.create_connection((host, int(port)), timeout=1).close()
    except OSError:
        return False
    return True

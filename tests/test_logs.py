"""Log lines: what they are about, and nothing that lets somebody in."""

from __future__ import annotations

import io
import json
import logging
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sentry_sdk
from django.test import Client
from sentry_sdk.transport import Transport

from archives.reconciler import worker
from dualarchive import logs
from tests.support.recording.world import World

ROOT = Path(__file__).resolve().parents[1]
SECRETS = {
    "/rooms/main/?invite=SECRET&name=Ann": "/rooms/main/?invite=[hidden]&name=Ann",
    "/player/?run=7&share=SECRET": "/player/?run=7&share=[hidden]",
    "https://b.s3.amazonaws.com/a.mp4?X-Amz-Credential=SECRET%2F1&X-Amz-Signature=SECRET&x=1":
        "https://b.s3.amazonaws.com/a.mp4?X-Amz-Credential=[hidden]&X-Amz-Signature=[hidden]&x=1",
    "/hook?signature=SECRET#there": "/hook?signature=[hidden]#there",
    "/x?token=SECRET": "/x?token=[hidden]",
    "Authorization: Bearer SECRETSECRETSECRET": "Authorization: Bearer [hidden]",
    "Authorization: Token SECRETSECRETSECRET": "Authorization: Token [hidden]",
    "postgres://user:SECRET@db.example.org/name": "postgres://user:[hidden]@db.example.org/name",
    "rediss://:SECRET@redis.example.org:6380": "rediss://:[hidden]@redis.example.org:6380",
    'sent {"token": "SECRET", "name": "Ann"}': 'sent {"token": "[hidden]", "name": "Ann"}',
    "X-OPENTOK-AUTH eyJhbGciOi.SECRET.SECRET": "X-OPENTOK-AUTH [hidden]",
    "T1==cGFydG5lcl9pZD0xSECRET": "[hidden]",
    "-----BEGIN RSA PRIVATE KEY-----\nSECRET\n-----END RSA PRIVATE KEY-----": "[hidden]",
}  # fmt: skip
HARMLESS = ["the token is missing", "/api/runs/?page=2&name=Ann", "GET /tokens 200", "share of 3 in 4"]


@pytest.mark.parametrize(("said", "told"), SECRETS.items())
def test_it_hides_what_lets_somebody_in(said: str, told: str) -> None:
    assert logs.redact(said) == told


@pytest.mark.parametrize("said", HARMLESS)
def test_it_leaves_the_rest_alone(said: str) -> None:
    assert logs.redact(said) == said


@pytest.fixture
def lines(request: pytest.FixtureRequest) -> Iterator[Any]:
    """What is logged while the test runs, in the form that its parameter names."""
    stream, root = io.StringIO(), logging.getLogger()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.Json() if getattr(request, "param", "json") == "json" else logs.Text())
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield lambda: stream.getvalue().splitlines()
    root.removeHandler(handler)
    root.setLevel(level)


def test_a_line_of_json_says_what_it_is_about(lines: Any) -> None:
    with logs.about(request="request-1", run="run-1"):
        try:
            raise ValueError("at /x?token=SECRET")
        except ValueError:
            logging.getLogger("archives.test").exception("failed for %s", "?invite=SECRET")
    logging.getLogger("archives.test").info("later\nand on")
    first, second = (json.loads(line) for line in lines())
    assert (first["request"], first["run"], first["level"]) == ("request-1", "run-1", "ERROR")
    assert first["message"] == "failed for ?invite=[hidden]"
    assert "SECRET" not in first["error"]
    assert "ValueError" in first["error"]
    assert (second["message"], "request" in second) == ("later\nand on", False)


@pytest.mark.parametrize("lines", ["text"], indirect=True)
def test_a_line_of_text_says_so_too(lines: Any) -> None:
    with logs.about(request="request-1", run="run-1"):
        logging.getLogger("archives.test").info("begun at ?share=%s", "SECRET")
    (line,) = lines()
    assert "INFO archives.test request=request-1 run=run-1 begun at ?share=[hidden]" in line


# --- requests ----------------------------------------------------------------------------------------
@pytest.mark.django_db
@pytest.mark.parametrize("given", ["3f0a8b1c-0000-4000-8000-123456789abc", "abcdefgh"])
def test_the_number_of_a_router_is_taken_over(lines: Any, given: str) -> None:
    answer = Client().get("/api/docs/", headers={"X-Request-ID": given})
    assert answer.headers["X-Request-ID"] == given
    told = json.loads(lines()[-1])
    assert told["request"] == given
    assert re.fullmatch(r"GET '/api/docs/' 200 \d+ ms", told["message"])


@pytest.mark.django_db
@pytest.mark.parametrize(
    "given", ["", "short", "x" * 65, "two words here", "line\nbreak-of-mine", "<script>alert()"]
)
def test_an_ill_formed_number_is_replaced(given: str) -> None:
    answer = Client().get("/api/docs/", headers={"X-Request-ID": given})
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["X-Request-ID"])


@pytest.mark.django_db
def test_a_line_of_a_request_names_its_run_and_no_secret(lines: Any, world: World) -> None:
    run = world.start()
    Client().get(f"/api/runs/{run.pk}/?share=SECRET")
    Client().get("/rooms/main/?invite=SECRET")
    first, second = (json.loads(line) for line in lines() if "archives.web.request_log" in line)
    assert first["run"] == str(run.pk)
    assert "share=[hidden]" in first["message"]
    assert "run" not in second
    assert "invite=[hidden]" in second["message"]


@pytest.mark.django_db
def test_the_worker_names_the_run_that_it_visits(
    lines: Any, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = world.start()
    logger = logging.getLogger("archives.reconciler.worker")

    def look(claim: object) -> float:
        logger.warning("looked")
        return 1.0

    monkeypatch.setattr(worker, "attend", look)
    assert worker.Worker("one").visit(run.pk)
    assert json.loads(lines()[-1])["run"] == str(run.pk)


# --- processes ---------------------------------------------------------------------------------------
def test_gunicorn_logs_as_everything_else_does_and_without_query_strings(tmp_path: Path) -> None:
    code = (
        "import runpy; c = runpy.run_path('gunicorn.conf.py'); import logging.config as l;"
        "l.dictConfig(c['logconfig_dict']); import logging;"
        # As in each of its processes: Django's configuration comes after.
        "import sys; sys.argv[0] = 'gunicorn'; import django; django.setup();"
        "logging.getLogger('gunicorn.error').info('Booting ?invite=SECRET');"
        "logging.getLogger('gunicorn.access').info('twice told');"
        "logging.getLogger('gunicorn.access').warning('GET /x?share=SECRET'); print(c['access_log_format'])"
    )
    environment = os.environ | {"LOG_FORMAT": "json", "DJANGO_SETTINGS_MODULE": "dualarchive.settings"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=30
    )
    told = [json.loads(line)["message"] for line in done.stdout.splitlines() if line.startswith("{")]
    assert done.returncode == 0, done
    assert told == ["Booting ?invite=[hidden]", "GET /x?share=[hidden]"]
    assert done.stderr == "", "what stays running logs to stdout"
    # %(r)s, %(q)s and %(f)s would tell the query string and where the caller comes from.
    assert not re.search(r"%\((r|q|f)\)s", done.stdout)


# Made here, so that it does not stand in the source that is sent along with an error.
SECRET = "very-secret-" * 3


# --- Sentry ------------------------------------------------------------------------------------------
class Kept(Transport):
    def __init__(self) -> None:
        super().__init__()
        self.events: list[dict[str, Any]] = []

    def capture_envelope(self, envelope: Any) -> None:
        event = envelope.get_event()
        if event:
            self.events.append(event)


@pytest.fixture
def told_to_sentry() -> Iterator[Kept]:
    transport = Kept()
    logs.start_sentry(
        "https://key@sentry.example.org/1", environment="tests", release="1", transport=transport
    )
    yield transport
    sentry_sdk.init()


@pytest.mark.django_db
def test_sentry_is_told_of_an_error_and_of_no_secret(
    told_to_sentry: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object) -> None:
        local_secret = SECRET  # noqa: F841 - it must not be sent
        raise RuntimeError(f"broke at ?token={SECRET}")

    monkeypatch.setattr("archives.ops.health._from_the_database", fail)
    client = Client(raise_request_exception=False)
    client.cookies["sessionid"] = SECRET
    headers = {"Authorization": f"Bearer {SECRET}", "X-Request-ID": "request-1"}
    answer = client.get(f"/readyz?invite={SECRET}", headers=headers)
    assert answer.status_code == 500
    (event,) = told_to_sentry.events
    assert event["exception"]["values"][0]["value"] == "broke at ?token=[hidden]"
    assert event["tags"]["request"] == "request-1"
    assert SECRET not in json.dumps(event, default=str)
    assert "user" not in event or not event["user"]

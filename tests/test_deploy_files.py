"""What is written for hosts fits the product: Dockerfile, systemd, nginx, and the settings of the seed."""

from __future__ import annotations

import configparser
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import get_commands

ROOT = Path(__file__).resolve().parents[1]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
# The rules of a common linter for Dockerfiles that this one could break, as patterns that must not be found.
RULES = {
    "a floating tag": r"(?m)^FROM \S+:latest|^FROM [^:\s]+(\s|$)",
    "cd instead of WORKDIR": r"(?m)^RUN .*\bcd ",
    "sudo": r"\bsudo\b",
    "ADD for files": r"(?m)^ADD ",
    "a cache in the image": r"pip install (?!--no-cache-dir)",
    "a shell form of CMD": r"(?m)^(CMD|ENTRYPOINT) (?!\[)",
    "root": r"(?m)^USER (root|0)$",
    "a relative WORKDIR": r"(?m)^WORKDIR (?!/)",
    "a secret": r"(?i)(SECRET|TOKEN|PASSWORD|API_KEY)=",
}
SEED = {
    "PORT": "3000",
    "API_KEY": "46123456",
    "API_SECRET": "0123456789abcdef0123456789abcdef01234567",
    "SESSION_ID_PRIMARY": "1_MX40NjEyMzQ1Nn5-MTcwMDAwMDAwMDAwMH5hfg",
    "SESSION_ID_SECONDARY": "1_MX40NjEyMzQ1Nn5-MTcwMDAwMDAwMDAwMX5ifg",
    "SESSION_JOIN_DELAY": "5",
    "SESSION_STOP_DELAY_PRIMARY": "1",
    "SESSION_STOP_DELAY_SECONDARY": "1",
    "PLAYER_OFFSET_PRIMARY": "1",
    "PLAYER_OFFSET_SECONDARY": "1",
}


@pytest.mark.parametrize("rule", RULES)
def test_the_dockerfile_keeps_the_rule_against(rule: str) -> None:
    assert not re.search(RULES[rule], DOCKERFILE)


def test_the_dockerfile_ends_as_nobody_in_particular() -> None:
    instructions = re.findall(r"(?m)^([A-Z]+)\b(.*)", DOCKERFILE)
    users = [words.strip() for name, words in instructions if name == "USER"]
    assert users == ["10001"]
    assert {name for name, _ in instructions} <= {
        "FROM", "ENV", "RUN", "COPY", "WORKDIR", "USER", "EXPOSE", "STOPSIGNAL", "CMD",
    }  # fmt: skip
    for name in re.findall(r"(?m)^COPY (?!--from)(\S+) ", DOCKERFILE):
        assert (ROOT / name).exists()
    assert f"python:{(ROOT / '.python-version').read_text().strip()}-" in DOCKERFILE


def procfile() -> dict[str, str]:
    lines = (ROOT / "Procfile").read_text().splitlines()
    return {name: command.strip() for name, _, command in (line.partition(":") for line in lines)}


def test_systemd_and_the_container_start_what_the_procfile_starts() -> None:
    unit = (ROOT / "docs/systemd/dualarchive@.service").read_text()
    processes = procfile()
    assert set(processes) == {"release", "web", "worker", "media"}
    for kind in ("worker", "media"):
        assert f"{kind}) {processes[kind]} ;;" in unit
        assert processes[kind].removeprefix("exec ") in (ROOT / "docs/deploy.md").read_text()
    assert f"web) {processes['web'].replace('0.0.0.0:$PORT', '127.0.0.1:$$PORT')} ;;" in unit
    assert json.dumps(processes["web"].removeprefix("exec ").replace("$PORT", "8000").split()) in DOCKERFILE
    assert set(json.loads((ROOT / "app.json").read_text())["formation"]) == set(processes) - {"release"}


def test_every_kind_of_host_is_told_to_clean_up() -> None:
    """Nothing is removed by its age unless somebody has it run."""
    unit, of_processes = (configparser.ConfigParser(strict=False, interpolation=None) for _ in range(2))
    unit.read(ROOT / "docs/systemd/dualarchive-cleanup.service")
    of_processes.read(ROOT / "docs/systemd/dualarchive@.service")
    *python, command = unit["Service"]["ExecStart"].split()
    assert python == ["/srv/dualarchive/app/.venv/bin/python", "manage.py"]
    assert command in get_commands()
    for name in ("User", "WorkingDirectory", "EnvironmentFile", "ReadWritePaths", "ProtectSystem"):
        assert unit["Service"][name] == of_processes["Service"][name]
    assert "OnCalendar=" in (ROOT / "docs/systemd/dualarchive-cleanup.timer").read_text()
    guide = (ROOT / "docs/deploy.md").read_text()
    for part in ("Heroku", "A Debian machine", "A container"):
        assert "cleanup" in re.split(r"(?m)^## ", guide.split(f"\n## {part}\n", 1)[1])[0], part


def test_the_logs_of_nginx_hold_no_query_string() -> None:
    config = (ROOT / "docs/systemd/nginx.conf").read_text()
    (form,) = re.findall(r"log_format path_only '([^\n]*)';", config)
    assert "$uri" in form
    assert not re.search(r"\$(request|request_uri|args|query_string|http_referer)\b", form)


# --- the settings of the system before -----------------------------------------------------------------
def of_the_seed(tmp_path: Path, code: str) -> str:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environment = kept | SEED | {"DATABASE_URL": f"sqlite:///{tmp_path / 'seed.sqlite3'}"}
    command = [sys.executable, "manage.py", *code.split(" ", 2)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_the_settings_of_the_system_before_start_this_one(tmp_path: Path) -> None:
    told = of_the_seed(tmp_path, "check --deploy")
    assert set(re.findall(r"archives\.\w+", told)) == {"archives.W010", "archives.W025"}
    of_the_seed(tmp_path, "migrate -v 0")
    asked = "from django.conf import settings as s; print(s.OPENTOK_API_URL, s.OPENTOK_SCRIPT_URL, s.PORT)"
    told = of_the_seed(tmp_path, f"shell --no-imports -c={asked}")
    assert told.split() == [
        "https://api.opentok.com",
        "https://static.opentok.com/v2/js/opentok.min.js",
        "3000",
    ]


def test_its_sessions_become_those_of_the_default_room(tmp_path: Path) -> None:
    of_the_seed(tmp_path, "migrate -v 0")
    code = (
        "from django.test import Client; from django.contrib.auth.models import User;"
        "client = Client(); client.force_login(User.objects.create_superuser('host'));"
        "get = lambda path: client.get(path, headers={'host': 'localhost'}).json();"
        "print(get('/apiKey'), get('/sessionIds'))"
    )
    told = of_the_seed(tmp_path, f"shell --no-imports -c={code}")
    assert SEED["API_KEY"] in told
    assert SEED["SESSION_ID_PRIMARY"] in told
    assert SEED["SESSION_ID_SECONDARY"] in told

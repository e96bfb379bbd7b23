"""How many answers a second, and how late, with 10 pieces in the database and with 100,000.

    python -m benchmarks.api [--pieces 10 100000] [--seconds 5] [--rounds 3] [--connections 16]

gunicorn as the Procfile starts it, an own PostgreSQL, wrk (Debian: apt install wrk) in a process of its own.
The sizes take turns in each round, so that what else the machine does meets them alike; what is told is the
middle of the rounds, and how many times slower the largest size is than the smallest. Exit code 1 where that
is more than 1.5, or an answer was not 2xx.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import requests

from tests.support.servers.postgres import Postgres
from tests.support.servers.processes import free_port

ROOT = Path(__file__).resolve().parents[1]
BAR = 1.5
# Its contract knows no pages: all there is, up to 1,000 archives. Told, and not held to the bar.
LARGER = "all archives"
# Each call as from another address, through one proxy: how often one may join is limited by address.
WRK = """
math.randomseed(os.time())
request = function()
  local from = "10." .. math.random(255) .. "." .. math.random(255) .. "." .. math.random(255)
  wrk.headers["X-Forwarded-For"] = from
  return wrk.format()
end
done = function(summary, latency)
  local bad = summary.errors
  print(string.format('{"requests": %d, "seconds": %f, "p50_ms": %f, "p95_ms": %f, "bad": %d}',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(95) / 1e3,
    bad.status + bad.connect + bad.read + bad.write + bad.timeout))
end
"""
# Makes a token for a host of everything, and says which run to ask for.
SET_UP = """
import json
from django.contrib.auth.models import Group, User
from rest_framework.authtoken.models import Token
from archives.web import access
from archives.models import ArchiveRun, Room
Room.objects.filter(slug="main").update(session_id_primary="1_MX4xMDB-", session_id_secondary="1_MX4xMDB-")
host = User.objects.create_user("benchmark")
host.groups.add(Group.objects.get_or_create(name=access.HOSTS)[0])
run = ArchiveRun.objects.filter(room__slug="main", status="complete", trashed_at=None).first()
print(json.dumps({"token": Token.objects.create(user=host).key, "run": str(run.pk)}))
"""
HEAD = "| call | pieces | requests/s | p50 ms | p95 ms | not 2xx | times slower |"


class Site:
    """gunicorn over a database of so many pieces."""

    def __init__(self, pieces: int, postgres: Postgres, folder: Path) -> None:
        self.pieces, self.port = pieces, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        ours = {name: value for name, value in os.environ.items() if name != "DEBUG"}
        self.environment = ours | {
            "DATABASE_URL": postgres.create(f"pieces_{pieces}"),
            "API_KEY": "100",
            "API_SECRET": secrets.token_hex(20),
            "SECRET_KEY": secrets.token_hex(32),
            "DJANGO_SETTINGS_MODULE": "dualarchive.settings",
            "ARCHIVES_DIR": str(folder),
            "PORT": str(self.port),
            "NUM_PROXIES": "1",
            "ROOM_ACCESS": "open",
            "LOG_LEVEL": "WARNING",
            "REDIS_URL": "",
        }
        self._fill()

    def _fill(self) -> None:
        runs = max(1, self.pieces // 10)
        shape = ["--rooms", str(max(1, runs // 10)), "--runs", str(runs), "--pieces", "10", "--live", "0"]
        self._do("-m", "benchmarks.rows", *shape)
        told = self._do("manage.py", "shell", "--no-imports", "-v", "0", "-c", SET_UP)
        self.known: dict[str, Any] = json.loads(told.strip().splitlines()[-1])

    def _do(self, *words: str) -> str:
        command = [sys.executable, *words]
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=900
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    @contextmanager
    def served(self) -> Iterator[None]:
        line = next(line for line in (ROOT / "Procfile").read_text().splitlines() if line.startswith("web:"))
        command = line.removeprefix("web:").strip()
        path = f"{Path(sys.executable).parent}:{self.environment['PATH']}"
        web = subprocess.Popen(["sh", "-c", command], cwd=ROOT, env=self.environment | {"PATH": path})
        try:
            self._wait()
            yield
        finally:
            web.send_signal(signal.SIGTERM)
            web.wait(30)

    def _wait(self) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                requests.get(f"{self.url}/apiKey", timeout=5).raise_for_status()
                return
            except requests.RequestException:
                time.sleep(0.2)
        raise SystemExit("gunicorn does not answer")

    def calls(self) -> dict[str, str]:
        run = self.known["run"]
        return {
            # One recording in either, so that the answers are of the same size.
            "list": "/api/runs/?page_size=1",
            "offsets": f"/api/runs/{run}/offsets/",
            "tokens": "/tokens",
            LARGER: "/archives",
        }


def wrk(site: Site, path: str, options: argparse.Namespace, script: Path, seconds: float) -> dict[str, float]:
    command = ["wrk", "-t1", f"-c{options.connections}", f"-d{seconds:g}s", "-s", str(script)]
    command += ["-H", f"Authorization: Token {site.known['token']}", f"{site.url}{path}"]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=seconds + 60)
    told = json.loads(done.stdout.strip().splitlines()[-1])
    return {**told, "per_s": told["requests"] / told["seconds"]}


def measure(options: argparse.Namespace, folder: Path, postgres: Postgres) -> int:
    script = folder / "wrk.lua"
    script.write_text(WRK)
    sites = [Site(pieces, postgres, folder) for pieces in options.pieces]
    seen: dict[tuple[str, int], list[dict[str, float]]] = {}
    with ExitStack() as stack:
        for site in sites:
            stack.enter_context(site.served())
        for number in range(options.rounds + 1):
            for name in sites[0].calls():
                for site in sites:
                    # The first round warms up.
                    seconds = options.seconds if number else 1
                    told = wrk(site, site.calls()[name], options, script, seconds)
                    if number:
                        seen.setdefault((name, site.pieces), []).append(told)
    return report(seen, options)


def report(seen: dict[tuple[str, int], list[dict[str, float]]], options: argparse.Namespace) -> int:
    least, most = min(options.pieces), max(options.pieces)
    print(f"{HEAD}\n|{'---|' * 7}")
    failed = 0
    for (name, pieces), rounds in seen.items():
        middle = {key: median(one[key] for one in rounds) for key in rounds[0]}
        bad = sum(one["bad"] for one in rounds)
        # Round by round, so that both sizes met the same machine.
        pairs = zip(seen[name, least], rounds, strict=True)
        times = median(small["per_s"] / large["per_s"] for small, large in pairs)
        failed |= bad > 0 or (pieces == most and times > BAR and name != LARGER)
        figures = [f"{middle[key]:,.0f}" for key in ("per_s", "p50_ms", "p95_ms")]
        print(f"| {name} | {pieces:,} | {' | '.join(figures)} | {bad:g} | {times:.2f} |")
    print(f"\nload average {os.getloadavg()}, {os.cpu_count()} cores")
    return int(failed)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pieces", type=int, nargs="+", default=[10, 100_000])
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=16)
    options = parser.parse_args()
    # What was started ends with it.
    signal.signal(signal.SIGTERM, lambda *told: sys.exit(1))
    postgres = Postgres()
    try:
        with tempfile.TemporaryDirectory(prefix="api-") as folder:
            return measure(options, Path(folder), postgres)
    finally:
        postgres.close()


if __name__ == "__main__":
    sys.exit(main())

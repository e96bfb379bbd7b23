"""A run as a script sees it through the API, and its files."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
from opentok import Client

from tests.support.servers.processes import Http, Product, wait_for


class Run:
    """One run, of the default room unless another is named."""

    def __init__(self, http: Http, started: dict[str, Any]) -> None:
        self.http, self.id = http, started["id"]

    @classmethod
    def start(cls, http: Http, name: str, room: str = "") -> "Run":
        answer = http.post("/api/runs/", {"name": name, "room": room})
        assert answer.status_code == 201, answer.text
        run = cls(http, answer.json())
        run.wait_until("recording")
        return run

    def get(self) -> dict[str, Any]:
        answer = self.http.get(f"/api/runs/{self.id}/")
        assert answer.status_code == 200, answer.text
        return answer.json()

    @property
    def segments(self) -> list[dict[str, Any]]:
        return self.get()["segments"]

    def wait_until(self, *statuses: str, seconds: float = 40) -> None:
        def reached() -> bool:
            run = self.get()
            assert run["status"] in statuses or run["status"] != "failed", run
            return run["status"] in statuses

        wait_for(reached, f"run {self.id} is {' or '.join(statuses)}", seconds)

    def restart(self, seconds: float = 60) -> None:
        """A whole change-over: two more pieces, and again recording on the primary alone."""
        before = len(self.segments)
        self.begin_restart()
        wait_for(lambda: len(self.segments) == before + 2, "the restart has made both its pieces", seconds)
        self.wait_until("recording", seconds=seconds)

    def begin_restart(self) -> None:
        answer = self.http.post(f"/api/runs/{self.id}/restart/")
        assert answer.status_code == 202, answer.text

    def stop(self, seconds: float = 60) -> None:
        answer = self.http.post(f"/api/runs/{self.id}/stop/")
        assert answer.status_code == 202, answer.text
        self.wait_until("complete", seconds=seconds)

    def offsets(self) -> dict[str, Any]:
        answer = self.http.get(f"/api/runs/{self.id}/offsets/")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def fetch_pieces(self, folder: Path) -> list[Path]:
        """Every piece's file, through the addresses that the player uses."""
        spans = [span for span in self.offsets()["spans"] if span["kind"] == "segment"]
        urls = dict.fromkeys(span["url"] for span in spans)
        return [fetch(self.http, url, folder / f"{number}.mp4") for number, url in enumerate(urls)]


def fetch(http: Http, url: str, path: Path) -> Path:
    whole = url if url.startswith("http") else http.url + url
    answer = http.session.get(whole, timeout=60)
    assert answer.status_code == 200, f"{whole}: {answer.status_code} {answer.text[:300]}"
    path.write_bytes(answer.content)
    return path


@contextmanager
def run(product: Product, name: str, room: str = "") -> Iterator[Run]:
    """A run that is stopped whatever happens, so that the next test can start one."""
    started = Run.start(product.http, name, room)
    try:
        yield started
    finally:
        if started.get()["status"] not in ("complete", "failed", "processing", "stopping"):
            started.stop()


def publishers(product: Product) -> dict[str, set[str]]:
    """Who publishes in the default room, as the platform itself says: participants' names by session."""
    settings = product.environment
    platform = Client(settings["API_KEY"], settings["API_SECRET"], api_url=product.localtok_url, timeout=10)
    sessions = product.http.get("/sessionIds").json()
    return {
        side: {stream.name.partition(" [")[0] for stream in platform.list_streams(session_id).items}
        for side, session_id in sessions.items()
    }


def published(product: Product) -> dict[str, list[dict[str, Any]]]:
    """By session of the default room, each stream as localtok has it.

    Of use are `name`, `screen`, `hasAudio`, `hasVideo`, `connection`.
    """
    state = requests.get(f"{product.localtok_url}/_localtok/state", timeout=10).json()
    people = {session["id"]: session["connections"] for session in state["sessions"]}
    return {
        side: [
            _described(stream, connection["id"])
            for connection in people.get(session_id, [])
            for stream in connection["streams"]
        ]
        for side, session_id in product.http.get("/sessionIds").json().items()
    }


def _described(stream: dict[str, Any], connection_id: str) -> dict[str, Any]:
    name, _, tag = stream["name"].partition(" [")
    return {**stream, "name": name, "screen": tag.endswith(":screen]"), "connection": connection_id}

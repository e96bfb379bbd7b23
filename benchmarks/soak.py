"""A long run under a short limit: real Chromium with counting cameras, restarts that come by themselves, and
callbacks that are lost, doubled and overtaken at random. Says what was recorded and what was not.

    python -m benchmarks.soak [--minutes 30] [--limit 60] [--restart-after 40] [--strategy dual_session]
        [--seed 1] [--keep-files] [--json FILE]

"missing" are numbers between a camera's first and last recorded one that no segment holds, classified by
tests/support/media/sent_frames.py: "lost" was sent by the browser; "never_sent" was left out by a browser
that had too much to do, as the capture times in its packets say. Exit code 0 when nothing is lost, every
segment plays and no archive is left over.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import av
import requests
from opentok import Client
from playwright.sync_api import sync_playwright

from tests.support.browser.participants import Participant, participant
from tests.support.browser.recorded_run import Run, fetch
from tests.support.media.recorded_frames import Reading, read_file
from tests.support.media.sent_frames import classify, standstills_in
from tests.support.servers.processes import Part, Product

SECRET = "a callback secret of the soak that is long enough for HS256"
TICK_S = 5.0
MEMORY_EVERY_S = 60.0
ENDED_WITHIN_S = 60.0
SETTLED_WITHIN_S = 600.0
READING_TIMEOUT_S = 900.0


class Soaked(Product):
    """The product with a short limit in localtok, and callbacks as on a bad network."""

    def __init__(self, scratch: Path, options: argparse.Namespace) -> None:
        self.limit_s = options.limit
        super().__init__(
            scratch,
            ARCHIVE_LIMIT=str(options.limit),
            RESTART_AFTER=str(options.restart_after),
            RESTART_JITTER="5",
            RESTART_STRATEGY=options.strategy,
            WEBHOOK_SECRET=SECRET,
            KEEP_FILES=str(options.keep_files).lower(),
        )

    def _commands(self) -> dict[str, list[str]]:
        commands = super()._commands()
        commands["localtok"] += ["--max-archive-seconds", str(self.limit_s), "--callback-secret", SECRET]
        for kind in ("archive", "session"):
            commands["localtok"] += [f"--{kind}-callback-url", f"{self.url}/webhooks/{kind}/"]
        return commands

    def spoil_callbacks(self, seed: int) -> None:
        effects = enumerate(("lost", "doubled", "reordered"))
        rules = [
            {"callback": "*", effect: True, "share": 0.25, "seed": seed + index} for index, effect in effects
        ]
        self._controls("POST", {"faults": rules})

    def spoiled(self) -> dict[str, int]:
        rules = self._controls("GET").json()["rules"]
        effects = ("lost", "doubled", "reordered")
        return {effect: sum(rule["struck"] for rule in rules if rule.get(effect)) for effect in effects}

    def _controls(self, method: str, body: dict[str, Any] | None = None) -> requests.Response:
        answer = requests.request(method, f"{self.localtok_url}/_localtok/faults", json=body, timeout=10)
        answer.raise_for_status()
        return answer

    def reception(self, archive_id: str) -> dict[str, Any]:
        """What localtok's recorder says of a finished archive; nothing where it knows nothing."""
        url = f"{self.localtok_url}/_localtok/archives/{archive_id}/reception"
        answer = requests.get(url, timeout=10)
        return answer.json() if answer.status_code == 200 else {}

    def archives(self) -> list[Any]:
        """All that the platform holds for the room."""
        settings = self.environment
        client = Client(settings["API_KEY"], settings["API_SECRET"], api_url=self.localtok_url, timeout=10)
        sessions = self.http.get("/sessionIds").json().values()
        return [archive for session in sessions for archive in _pages_of(client, session)]

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with sqlite3.connect(f"file:{self.scratch / 'product.sqlite3'}?mode=ro", uri=True) as database:
            return database.execute(query).fetchall()


def _pages_of(client: Client, session: str, size: int = 100) -> Iterator[Any]:
    for offset in range(0, 10_000, size):
        page = client.list_archives(session_id=session, count=size, offset=offset).items
        yield from page
        if len(page) < size:
            return


def resident_mb(part: Part) -> float:
    """Memory of a part's whole process group."""
    assert part.process
    total = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            if int(fields[2]) == part.process.pid:
                total += int((folder / "statm").read_text().split()[1])
        except OSError:
            continue  # It has ended meanwhile.
    return round(total * os.sysconf("SC_PAGE_SIZE") / 1e6, 1)


@dataclass
class Piece:
    """`reading` is worked out in a process of its own, nice to the others."""

    id: str
    session: str
    began_ms: int
    reception: dict[str, Any]
    reading: Future[Reading]

    @property
    def read(self) -> Reading:
        return self.reading.result(READING_TIMEOUT_S)

    @property
    def ended_ms(self) -> int:
        return self.began_ms + self.read.duration_ms


@dataclass
class Soak:
    product: Soaked
    people: list[Participant]
    reader: ProcessPoolExecutor
    pieces: dict[str, Piece] = field(default_factory=dict)
    memory: list[dict[str, float]] = field(default_factory=list)

    def run(self, minutes: float) -> dict[str, Any]:
        recorded = Run.start(self.product.http, "Soak")
        began = time.monotonic()
        while time.monotonic() < began + minutes * 60:
            self._tick(recorded, began)
            self.people[0].page.wait_for_timeout(TICK_S * 1000)
        stopped = time.monotonic()
        recorded.stop(SETTLED_WITHIN_S)
        self.memory.append(self._memory())
        self._tick(recorded, began)
        for person in self.people:
            person.page.goto("about:blank")
        time.sleep(max(0.0, stopped + ENDED_WITHIN_S - time.monotonic()))
        return self._figures(recorded)

    def _tick(self, recorded: Run, began: float) -> None:
        ended = [part.name for part in self.product.parts.values() if not part.is_running]
        assert not ended, f"ended in the middle: {ended}"
        self._take_pieces(recorded)
        if len(self.memory) * MEMORY_EVERY_S <= time.monotonic() - began:
            self.memory.append(self._memory())
            print(_clock(), len(self.pieces), "pieces", self.memory[-1], file=sys.stderr, flush=True)

    def _take_pieces(self, recorded: Run) -> None:
        began = dict(self.product.rows("select id, created_at_ms from archives_segment"))
        for segment in recorded.segments:
            if segment["status"] != "available" or segment["id"] in self.pieces:
                continue
            path = self.product.scratch / f"{segment['id']}.mp4"
            fetch(self.product.http, f"/media/segments/{segment['id']}/", path)
            began_ms = began[segment["id"].replace("-", "")]
            reception = self.product.reception(segment["archive_id"])
            reading = self.reader.submit(read_and_delete, path)
            self.pieces[segment["id"]] = Piece(
                segment["id"], segment["session"], began_ms, reception, reading
            )

    def _memory(self) -> dict[str, float]:
        return {name: resident_mb(part) for name, part in self.product.parts.items()}

    def _figures(self, recorded: Run) -> dict[str, Any]:
        rows, archives = self.product.rows, self.product.archives()
        known = {archive for (archive,) in rows("select archive_id from archives_segment")}
        spans = recorded.offsets()["spans"]
        pieces = sorted(self.pieces.values(), key=lambda piece: piece.began_ms)
        return {
            "pieces": Counter(piece.session for piece in pieces),
            "unplayable": [piece.id for piece in pieces if not piece.read.frames],
            "segments": dict(rows("select status, count(*) from archives_segment group by status")),
            "reasons": dict(rows("select reason, count(*) from archives_segment group by reason")),
            "restarts": dict(rows("select status, count(*) from archives_restart group by status")),
            "alarms": dict(rows("select code, count(*) from archives_alarm group by code")),
            "seams": _seams(pieces),
            "account": recorded.offsets()["account"],
            "gaps_in_timeline": [span for span in spans if span["kind"] == "gap"],
            "numbers": {p.name: len(_numbers(pieces, p.identity)) for p in self.people},
            "missing": {p.name: _missing(pieces, p) for p in self.people},
            "recorder": _recorder([piece.reception for piece in pieces]),
            "orphans": [archive.id for archive in archives if archive.id not in known],
            "still_recording": [a.id for a in archives if a.status in ("started", "paused")],
            "callbacks": self.product.spoiled()
            | {"taken": rows("select count(*) from archives_callback")[0][0]},
            "memory_mb": {"start": self.memory[0], "middle": _middle(self.memory), "end": self.memory[-1]},
        }


def _missing(pieces: list[Piece], person: Participant) -> dict[str, list[dict[str, Any]]]:
    still = [standstills_in(piece.reception, person.name) for piece in pieces]
    found = classify([piece.read for piece in pieces], still, person.identity)
    kinds = {"lost": found.lost, "never_sent": found.never_sent}
    return {kind: [_told(pieces, person.identity, each) for each in kinds[kind]] for kind in kinds}


def _told(pieces: list[Piece], identity: int, number: int) -> dict[str, Any]:
    at_ms = max(_seen_at(pieces, identity, before=number))
    covering = [piece.id for piece in pieces if piece.began_ms <= at_ms <= piece.ended_ms]
    return {"number": number, "at": _clock(at_ms), "pieces": covering}


def read_and_delete(path: Path) -> Reading:
    """What the piece shows; nothing where it cannot be played, which is a figure of its own."""
    try:
        return read_file(path)
    except (av.FFmpegError, IndexError):
        return Reading(path)
    finally:
        path.unlink()


def _seen_at(pieces: list[Piece], identity: int, before: int) -> Iterator[int]:
    for piece in pieces:
        for sighting in piece.read.sightings.get(identity, []):
            if sighting.number < before:
                yield piece.began_ms + sighting.time_ms


def _numbers(pieces: list[Piece], identity: int) -> set[int]:
    return set().union(*(piece.read.numbers(identity) for piece in pieces))


def _seams(pieces: list[Piece]) -> dict[str, Any]:
    """How much two neighbours have in common by the archives' times; negative where there is a hole."""
    common, until = [], pieces[0].ended_ms
    for piece in pieces[1:]:
        common.append(until - piece.began_ms)
        until = max(until, piece.ended_ms)
    holes = [overlap for overlap in common if overlap < 0]
    if not common:
        return {"count": 0}
    least, most = min(common), max(common)
    return {
        "count": len(common),
        "overlap_ms": {"least": least, "median": median(common), "most": most},
        "holes": holes,
    }


def _recorder(receptions: list[dict[str, Any]]) -> dict[str, int]:
    """What the platform's recorder says that it could not show, over all pieces."""
    streams = [stream for reception in receptions for stream in reception.get("streams", {}).values()]
    received = [stream for reception in receptions for stream in reception.get("received", {}).values()]
    return {
        "frames_written": sum(reception.get("frames_written", 0) for reception in receptions),
        "frames_not_composed": sum(reception.get("frames_dropped", 0) for reception in receptions),
        "pictures_passed_over": sum(stream["passed_over"] for stream in streams),
        "pictures_overflowed": sum(stream["overflowed"] for stream in streams),
        "packets_lost": sum(stream["packets_lost"] for stream in received),
        "cameras_stood_still_ms": sum(still["ms"] for stream in received for still in stream["standstills"]),
    }


def _middle(memory: list[dict[str, float]]) -> dict[str, float]:
    return memory[len(memory) // 2]


def _clock(at_ms: float | None = None) -> str:
    return f"{datetime.fromtimestamp(at_ms / 1000 if at_ms else time.time(), UTC):%H:%M:%S.%f}"[:-3]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.soak", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--limit", type=float, default=60, help="seconds that localtok lets one archive be")
    parser.add_argument("--restart-after", type=float, default=40, help="seconds")
    parser.add_argument("--strategy", default="dual_session", choices=("dual_session", "overlap"))
    parser.add_argument("--seed", type=int, default=1, help="of what befalls the callbacks")
    parser.add_argument(
        "--keep-files", action="store_true", help="also copies every piece, as KEEP_FILES does"
    )
    parser.add_argument("--json", type=Path, help="where the figures go besides the screen")
    return parser.parse_args()


def soak(options: argparse.Namespace, scratch: Path) -> dict[str, Any]:
    with ExitStack() as ending:
        product = Soaked(scratch, options)
        ending.callback(product.stop)
        product.start()
        product.spoil_callbacks(options.seed)
        chromium, notes = ending.enter_context(sync_playwright()), list[str]()
        seconds = round(options.minutes * 60) + 180
        people = [
            ending.enter_context(participant(chromium, scratch, name, identity, notes, seconds))
            for identity, name in enumerate(("Ann", "Ben"), 1)
        ]
        for person in people:
            person.join(product.url)
        fresh = multiprocessing.get_context("spawn")
        reader = ending.enter_context(ProcessPoolExecutor(1, fresh, initializer=os.nice, initargs=(10,)))
        return Soak(product, people, reader).run(options.minutes)


def main() -> int:
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        figures = soak(options, Path(folder))
    text = json.dumps(figures, indent=1)
    print(text)
    if options.json:
        options.json.write_text(text)
    lost = any(found["lost"] for found in figures["missing"].values())
    wrong = ("unplayable", "orphans", "still_recording")
    return 1 if lost or any(figures[name] for name in wrong) else 0


if __name__ == "__main__":
    sys.exit(main())

"""What localtok's own page shows: everything that is there, as one JSON."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jwt

from localtok.archives.archive import Archive, Archives
from localtok.faults.incidents import Incidents
from localtok.faults.rules import Faults
from localtok.http.auth import Project
from localtok.http.journal import Journal
from localtok.http.links import Links
from localtok.process.clock import Clock
from localtok.sessions.sessions import Session, Sessions

MOST_SHOWN = 50
# A link is good for ten minutes; the page asks for it again only when it is used.
FILE = "/_localtok/archives/{}"


@dataclass(frozen=True)
class Watched:
    """The parts of a server that its page shows. `calls` names its REST calls."""

    sessions: Sessions
    archives: Archives
    links: Links
    clock: Clock
    faults: Faults
    incidents: Incidents
    journal: Journal
    calls: Callable[[], list[str]]


def overview(watched: Watched, after: int) -> dict[str, Any]:
    """The newest sessions, those with somebody in them first, and archives. `after` is the number of the last
    log entry that the page has."""
    sessions = sorted(reversed(list(watched.sessions)), key=lambda session: not session.connections)
    archives = list(reversed(list(watched.archives)))
    return {
        "now_ms": watched.clock.now_ms(),
        "sessions": [_session(session) for session in sessions[:MOST_SHOWN]],
        "sessionsMore": max(0, len(sessions) - MOST_SHOWN),
        "archives": [_archive(watched, archive) for archive in archives[:MOST_SHOWN]],
        "archivesMore": max(0, len(archives) - MOST_SHOWN),
        "faults": {
            "rules": watched.faults.describe(),
            "incidents": watched.incidents.describe(),
        },
        "calls": watched.calls(),
        "log": watched.journal.after(after),
        "logged": watched.journal.last,
    }


def viewer_token(project: Project, session: Session) -> str:
    """Lets localtok's page watch a session, and do nothing else there."""
    now = int(time.time())
    claims = {
        "iss": project.key,
        "ist": "project",
        "iat": now,
        "exp": now + 3600,
        "nonce": uuid.uuid4().hex,
        "role": "subscriber",
        "scope": "session.connect",
        "session_id": session.id,
        "connection_data": "localtok's page",
    }
    return jwt.encode(claims, project.secret, algorithm="HS256")


def _session(session: Session) -> dict[str, Any]:
    return {
        "id": session.id,
        "routed": session.routed,
        "archiveMode": session.archive_mode,
        "connections": [
            {
                "id": connection.id,
                "data": connection.token.data,
                "streams": [
                    stream.for_page()
                    for stream in session.streams.values()
                    if stream.connection_id == connection.id
                ],
            }
            for connection in session.connections.values()
        ],
    }


def _archive(watched: Watched, archive: Archive) -> dict[str, Any]:
    available = watched.links.url(archive) is not None
    shown = ("id", "name", "status", "reason", "createdAt", "duration", "size", "outputMode", "sessionId")
    described = archive.for_rest(None)
    file = FILE.format(archive.id) if available else None
    live = {"live": archive.live, "recorded_s": archive.recorded_ms(watched.clock.now_ms()) / 1000}
    return {**{name: described[name] for name in shown}, **live, "file": file}

"""What localtok's own page shows: everything that is there, as one JSON."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, Any

import jwt

from localtok.archives import Archive
from localtok.auth import Project
from localtok.sessions import Session

if TYPE_CHECKING:
    from localtok.server import Localtok

MOST_SHOWN = 50
# A link is good for ten minutes; the page asks for it again only when it is used.
FILE = "/_localtok/archives/{}"


def overview(localtok: Localtok, after: int) -> dict[str, Any]:
    """The newest sessions, those with somebody in them first, and archives. `after` is the number of the last
    log entry that the page has."""
    sessions = sorted(reversed(list(localtok.sessions)), key=lambda session: not session.connections)
    archives = list(reversed(list(localtok.archives)))
    return {
        "now_ms": localtok.clock.now_ms(),
        "sessions": [_session(session) for session in sessions[:MOST_SHOWN]],
        "sessionsMore": max(0, len(sessions) - MOST_SHOWN),
        "archives": [_archive(localtok, archive) for archive in archives[:MOST_SHOWN]],
        "archivesMore": max(0, len(archives) - MOST_SHOWN),
        "faults": {"rules": localtok.faults.describe(), "incidents": localtok.incidents.describe()},
        "calls": localtok.rest.call_names(),
        "log": localtok.journal.after(after),
        "logged": localtok.journal.last,
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


def _archive(localtok: Localtok, archive: Archive) -> dict[str, Any]:
    available = localtok.links.url(archive) is not None
    shown = ("id", "name", "status", "reason", "createdAt", "duration", "size", "outputMode", "sessionId")
    described = archive.for_rest(None)
    file = FILE.format(archive.id) if available else None
    live = {"live": archive.live, "recorded_s": archive.recorded_ms(localtok.clock.now_ms()) / 1000}
    return {**{name: described[name] for name in shown}, **live, "file": file}

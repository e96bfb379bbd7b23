"""Muting by a moderator or by the server. The publisher's page is told, and may unmute itself later."""

from __future__ import annotations

from localtok.sessions.sessions import Session, Stream
from localtok.signalling.room import Room


def mute_stream(room: Room, session: Session, stream: Stream) -> None:
    room.pages.tell(stream.connection_id, {"event": "muteForced", "streamId": stream.id, "active": True})
    room.sessions.change(session, stream, has_audio=False)


def mute_session(room: Room, session: Session, active: bool, excluded: set[str]) -> None:
    """While active, streams that are published later are muted too."""
    session.muted = active
    room.pages.broadcast(session.id, {"event": "muteForced", "streamId": None, "active": active})
    for stream in list(session.streams.values()) if active else []:
        if stream.id not in excluded:
            mute_stream(room, session, stream)

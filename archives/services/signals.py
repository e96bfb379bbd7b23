"""Signals to the pages of a room. They only make pages faster: pages poll the state too."""

from __future__ import annotations

from archives.models import Room, Side
from archives.platform import gateway


def to_second_session(*, room: Room, type: str) -> None:
    """Ask every page to publish in the second session too ("join"), or to leave it ("leave").

    Raises PlatformError. The predecessor's pages take the session and its side from `data`.
    """
    data = {"sessionType": Side.SECONDARY.value, "sessionId": room.session_id_secondary}
    gateway.platform().signal(room.session_id_primary, type, data)

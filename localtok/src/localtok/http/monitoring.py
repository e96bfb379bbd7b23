"""Session monitoring: what the vendor tells a product of who comes and goes in its sessions."""

from __future__ import annotations

from localtok.sessions.sessions import SessionEvent

MONITORED = (
    *("sessionCreated", "sessionDestroyed", "sessionNotification"),
    *("connectionCreated", "connectionDestroyed", "streamCreated", "streamDestroyed"),
)


def session_callback(event: SessionEvent, now_ms: int) -> dict[str, object] | None:
    """The body of the callback; None for what the vendor does not report."""
    if event.kind not in MONITORED:
        return None
    body: dict[str, object] = {
        "sessionId": event.session.id,
        "applicationId" if event.session.unified else "projectId": event.session.project_key,
        "event": event.kind,
        "timestamp": now_ms,
    }
    if event.reason:
        body["reason"] = event.reason
    if event.connection is None:
        return body
    connection = {
        "id": event.connection.id,
        "createdAt": event.connection.created_ms,
        "data": event.connection.token.data,
    }
    if event.stream is None:
        return {**body, "connection": connection}
    stream = {
        "id": event.stream.id,
        "connection": connection,
        "createdAt": event.stream.created_ms,
        "name": event.stream.name,
        "videoType": event.stream.video_type,
    }
    return {**body, "stream": stream}

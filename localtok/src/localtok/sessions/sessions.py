"""Sessions, connections and streams: who is where, with no network in it."""

from __future__ import annotations

import base64
import secrets
import uuid
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from localtok.http.auth import ClientToken
from localtok.process.clock import Clock
from localtok.process.store import Store


@dataclass
class Stream:
    id: str
    connection_id: str
    created_ms: int
    name: str = ""
    initials: str = ""
    video_type: str = "camera"
    has_audio: bool = True
    has_video: bool = True
    width: int = 0
    height: int = 0
    frame_rate: float = 0
    layout_classes: list[str] = field(default_factory=list)
    connection_data: str = ""
    # False for a synthetic page that says it sends nothing: no recorder asks it to.
    media: bool = True
    # Chosen by the page, so that a publish sent twice over a shaky network makes one stream.
    key: str = ""

    def for_page(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "connectionId": self.connection_id,
            "creationTime": self.created_ms,
            "name": self.name,
            "initials": self.initials,
            "videoType": self.video_type,
            "hasAudio": self.has_audio,
            "hasVideo": self.has_video,
            "videoDimensions": {"width": self.width, "height": self.height},
            "frameRate": self.frame_rate,
        }

    def for_rest(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "videoType": self.video_type,
            "name": self.name,
            "layoutClassList": self.layout_classes,
        }


@dataclass
class Connection:
    id: str
    session_id: str
    created_ms: int
    token: ClientToken

    def for_page(self) -> dict[str, Any]:
        return {"id": self.id, "creationTime": self.created_ms, "data": self.token.data}


@dataclass
class Session:
    id: str
    project_key: str
    created_ms: int
    media_mode: str = "disabled"
    archive_mode: str = "manual"
    location: str = ""
    e2ee: bool = False
    archive_name: str | None = None
    archive_resolution: str = "640x480"
    # Made with the Unified platform's credentials: the key is an application's id.
    unified: bool = False
    # Whether a stream was ever published here.
    streamed: bool = False
    connections: dict[str, Connection] = field(default_factory=dict)
    streams: dict[str, Stream] = field(default_factory=dict)
    # Since when nobody has been connected; None while somebody is.
    empty_since_ms: int | None = None
    # Between sessionCreated and sessionDestroyed, as session monitoring tells it.
    active: bool = False
    # Streams published from now on begin muted.
    muted: bool = False

    @property
    def routed(self) -> bool:
        return self.media_mode == "disabled"

    def record(self) -> dict[str, Any]:
        live = {"connections", "streams", "empty_since_ms", "active", "muted"}
        return {name: value for name, value in asdict(self).items() if name not in live}


@dataclass(frozen=True)
class SessionEvent:
    """`kind` is the vendor's name: connectionCreated, streamDestroyed, streamPropertyChanged …

    Events of a session itself (sessionCreated, sessionDestroyed, sessionNotification) have no connection."""

    kind: str
    session: Session
    connection: Connection | None = None
    stream: Stream | None = None
    reason: str = ""


class Sessions:
    """All sessions of the project. Listeners hear every change, in the order they were added."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self.listeners: list[Callable[[SessionEvent], None]] = []
        self._sessions: dict[str, Session] = {}
        for record in store.load("sessions"):
            self._sessions[record["id"]] = Session(**record, empty_since_ms=clock.now_ms())

    def create(self, project_key: str, **options: Any) -> Session:
        now_ms = self._clock.now_ms()
        session = Session(new_session_id(project_key, now_ms), project_key, now_ms, **options)
        session.empty_since_ms = now_ms
        self._sessions[session.id] = session
        self._store.save("sessions", session.id, session.record())
        return session

    def find(self, session_id: str) -> Session | None:
        return self._sessions.get(session_id)

    def connection(self, connection_id: str) -> Connection | None:
        found = (session.connections.get(connection_id) for session in self._sessions.values())
        return next((connection for connection in found if connection is not None), None)

    def __iter__(self) -> Iterator[Session]:
        return iter(list(self._sessions.values()))

    def end(self, session: Session, reason: str = "") -> None:
        """The session is no longer in use, until somebody connects again."""
        if session.active:
            session.active = False
            self.tell(SessionEvent("sessionDestroyed", session, reason=reason))

    def forget_all(self) -> None:
        for session in self:
            self._store.remove("sessions", session.id)
        self._sessions.clear()

    def connect(self, session: Session, token: ClientToken) -> Connection:
        connection = Connection(str(uuid.uuid4()), session.id, self._clock.now_ms(), token)
        session.connections[connection.id] = connection
        session.empty_since_ms = None
        if not session.active:
            session.active = True
            self.tell(SessionEvent("sessionCreated", session))
        self.tell(SessionEvent("connectionCreated", session, connection))
        return connection

    def disconnect(self, connection: Connection, reason: str) -> None:
        session = self._sessions[connection.session_id]
        if connection.id not in session.connections:
            return
        for stream in [s for s in session.streams.values() if s.connection_id == connection.id]:
            self.unpublish(session, stream.id, reason)
        del session.connections[connection.id]
        if not session.connections:
            session.empty_since_ms = self._clock.now_ms()
        self.tell(SessionEvent("connectionDestroyed", session, connection, reason=reason))

    def publish(self, connection: Connection, key: str, **properties: Any) -> Stream:
        session = self._sessions[connection.session_id]
        for stream in session.streams.values():
            if key and stream.key == key and stream.connection_id == connection.id:
                return stream
        classes = list(connection.token.layout_classes)
        stream = Stream(
            str(uuid.uuid4()),
            connection.id,
            self._clock.now_ms(),
            layout_classes=classes,
            connection_data=connection.token.data,
            key=key,
            **properties,
        )
        session.streams[stream.id] = stream
        if not session.streamed:
            session.streamed = True
            self._store.save("sessions", session.id, session.record())
        self.tell(SessionEvent("streamCreated", session, connection, stream))
        return stream

    def change(self, session: Session, stream: Stream, **properties: Any) -> None:
        for name, value in properties.items():
            setattr(stream, name, value)
        connection = session.connections[stream.connection_id]
        self.tell(SessionEvent("streamPropertyChanged", session, connection, stream))

    def unpublish(self, session: Session, stream_id: str, reason: str) -> None:
        stream = session.streams.pop(stream_id, None)
        if stream is not None:
            connection = session.connections[stream.connection_id]
            self.tell(SessionEvent("streamDestroyed", session, connection, stream, reason))

    def tell(self, event: SessionEvent) -> None:
        for listener in self.listeners:
            listener(event)


def new_session_id(project_key: str, now_ms: int) -> str:
    """`2_` + base64url of `1~<key>~~<ms>~<random>~~`: the SDKs refuse an id without their key inside."""
    text = f"1~{project_key}~~{now_ms}~{secrets.token_hex(12)}~~"
    return "2_" + base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

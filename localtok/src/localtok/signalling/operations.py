"""What a connected page may ask for: one function per operation, `(room, connection, request) → answer`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from localtok.errors import ClientError
from localtok.sessions.sessions import Connection
from localtok.signalling.moderation import mute_session, mute_stream
from localtok.signalling.room import Room

MAX_SIGNAL_TYPE = 128
MAX_SIGNAL_DATA = 8192
MAX_NAME = 1000
# A browser that was not allowed a camera hides its addresses behind names that only multicast DNS
# resolves, and many networks and containers have none: the address it comes from stands in for them.
MDNS_NAME = re.compile(r"[0-9a-f-]{36}\.local")

Request = dict[str, Any]
Answer = dict[str, Any]


def signal_size_error(kind: str, data: str) -> str:
    """What is too large about a signal, or nothing."""
    if len(kind.encode()) > MAX_SIGNAL_TYPE:
        return f"The type of a signal may have {MAX_SIGNAL_TYPE} bytes at most."
    if len(data.encode()) > MAX_SIGNAL_DATA:
        return f"The data of a signal may have {MAX_SIGNAL_DATA} bytes at most."
    return ""


def publish(room: Room, connection: Connection, request: Request) -> Answer:
    _require(connection, "publish")
    room.session(connection)
    properties = _stream_properties(request)
    name, video_type = str(request.get("name") or "")[:MAX_NAME], str(request.get("videoType") or "camera")
    key = str(request.get("key") or "")
    properties |= {"name": name, "video_type": video_type, "media": request.get("media") is not False}
    properties["initials"] = str(request.get("initials") or "")[:MAX_NAME]
    stream = room.sessions.publish(connection, key, **properties)
    if room.session(connection).muted and stream.has_audio:
        mute_stream(room, room.session(connection), stream)
    return {"stream": stream.for_page()}


def unpublish(room: Room, connection: Connection, request: Request) -> Answer:
    stream = room.stream(connection, request["streamId"], "unpublish")
    room.sessions.unpublish(room.session(connection), stream.id, str(request.get("reason") or "unpublished"))
    return {}


def update(room: Room, connection: Connection, request: Request) -> Answer:
    stream = room.stream(connection, request["streamId"], "change")
    room.sessions.change(room.session(connection), stream, **_stream_properties(request))
    return {}


def subscribe(room: Room, connection: Connection, request: Request) -> Answer:
    _require(connection, "subscribe")
    stream = room.stream(connection, request["streamId"])
    offer_wanted = {
        "event": "subscribe",
        "streamId": stream.id,
        "peer": request["peer"],
        "from": connection.id,
    }
    room.pages.tell(stream.connection_id, offer_wanted)
    return {}


def relay(room: Room, connection: Connection, request: Request) -> Answer:
    """Passes SDP, ICE candidates or a good-bye between two pages of one session."""
    if request["to"] not in room.session(connection).connections:
        raise ClientError("OT_NOT_CONNECTED", "The other side has left the session.")
    body = request["body"]
    room.pages.tell(request["to"], _relayed(connection, request["peer"], body))
    candidate, address = body.get("candidate"), room.pages.address(connection.id)
    if isinstance(candidate, str) and address and MDNS_NAME.search(candidate):
        reachable = {**body, "candidate": MDNS_NAME.sub(address, candidate)}
        room.pages.tell(request["to"], _relayed(connection, request["peer"], reachable))
    return {}


def signal(room: Room, connection: Connection, request: Request) -> Answer:
    _require(connection, "signal")
    kind, data, to = request.get("type") or "", request.get("data"), request.get("to")
    if not isinstance(kind, str):
        raise ClientError("OT_INVALID_PARAMETER", "The type of a signal is a string.", 400)
    data = "" if data is None else data
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
    if too_large := signal_size_error(kind, text):
        raise ClientError("OT_INVALID_PARAMETER", too_large, 413)
    message = {"event": "signal", "type": kind, "data": data, "from": connection.id}
    if to is None:
        room.pages.broadcast(connection.session_id, message)
    elif to in room.session(connection).connections:
        room.pages.tell(to, message)
    else:
        raise ClientError("OT_INVALID_PARAMETER", "The client that the signal is for is not connected.", 404)
    return {}


def force_disconnect(room: Room, connection: Connection, request: Request) -> Answer:
    _require(connection, "moderate")
    if request["connectionId"] not in room.session(connection).connections:
        raise ClientError("OT_INVALID_PARAMETER", "That client is not connected.")
    room.pages.remove(request["connectionId"], "forceDisconnected")
    return {}


def force_unpublish(room: Room, connection: Connection, request: Request) -> Answer:
    _require(connection, "moderate")
    stream = room.stream(connection, request["streamId"])
    room.sessions.unpublish(room.session(connection), stream.id, "forceUnpublished")
    return {}


def force_mute(room: Room, connection: Connection, request: Request) -> Answer:
    """One stream, or with `streamId` null all but those of `excluded`; `active` false ends that."""
    _require(connection, "moderate")
    if request.get("streamId"):
        mute_stream(room, room.session(connection), room.stream(connection, request["streamId"]))
    else:
        excluded = {str(stream_id) for stream_id in request.get("excluded") or []}
        mute_session(room, room.session(connection), bool(request.get("active", True)), excluded)
    return {}


def disconnect(room: Room, connection: Connection, request: Request) -> Answer:
    room.pages.remove(connection.id, "clientDisconnected")
    return {}


def record_offer(room: Room, connection: Connection, request: Request) -> Answer:
    address, sdp = room.pages.address(connection.id), str(request["sdp"])
    offer = MDNS_NAME.sub(address, sdp) if address else sdp
    if not room.recorders.offered(str(request["peer"]), offer):
        raise ClientError("OT_INVALID_PARAMETER", "No recorder waits for this offer any more.")
    return {}


def record_failed(room: Room, connection: Connection, request: Request) -> Answer:
    room.recorders.peer_failed(str(request["peer"]), str(request.get("reason") or "failed"))
    return {}


def ping(room: Room, connection: Connection, request: Request) -> Answer:
    return {}


OPERATIONS: dict[str, Callable[[Room, Connection, Request], Answer]] = {
    "publish": publish,
    "unpublish": unpublish,
    "update": update,
    "subscribe": subscribe,
    "relay": relay,
    "signal": signal,
    "forceDisconnect": force_disconnect,
    "forceUnpublish": force_unpublish,
    "forceMute": force_mute,
    "disconnect": disconnect,
    "recordOffer": record_offer,
    "recordFailed": record_failed,
    "ping": ping,
}


def _require(connection: Connection, action: str) -> None:
    if not connection.token.may(action):
        raise ClientError("OT_PERMISSION_DENIED", f"The role {connection.token.role} may not {action}.")


def _stream_properties(request: Request) -> dict[str, Any]:
    """The properties of a stream that a request sets, in the domain's names."""
    properties: dict[str, Any] = {}
    if "hasAudio" in request:
        properties["has_audio"] = bool(request["hasAudio"])
    if "hasVideo" in request:
        properties["has_video"] = bool(request["hasVideo"])
    if "frameRate" in request:
        properties["frame_rate"] = float(request["frameRate"] or 0)
    if "videoDimensions" in request:
        size = request["videoDimensions"]
        properties["width"], properties["height"] = int(size["width"]), int(size["height"])
    return properties


def _relayed(connection: Connection, peer_id: str, body: dict[str, Any]) -> dict[str, Any]:
    return {"event": "relay", "from": connection.id, "peer": peer_id, "body": body}

"""What the vendor's REST calls answer, key by key, as the vendor publishes it. Facts, no code of its.

Each key names its JSON types, the platforms that have it, when it is there, and where that is published. The
sources are files of public repositories on GitHub; OPENAPI is the vendor's own description of its API.
"""

from __future__ import annotations

from dataclasses import dataclass, field

OPENTOK, UNIFIED = "opentok", "unified"
BOTH = (OPENTOK, UNIFIED)

# From developer.vonage.com/en/api/video; kept in api-evangelist/vonage under openapi/_original.
OPENAPI = "OpenAPI description of the Vonage Video API 0.3.2"
VONAGE_PYTHON = "Vonage/vonage-python-sdk video/tests/data/"
VONAGE_NODE = "Vonage/vonage-node-sdk packages/video/__tests__/video.test.ts"
VONAGE_JAVA = "Vonage/vonage-java-sdk src/test/java/com/vonage/client/video/"
PYTHON = "opentok/Opentok-Python-SDK tests/"
NODE = "opentok/opentok-node test/"
RUBY = "opentok/OpenTok-Ruby-SDK spec/cassettes/"
PHP = "opentok/OpenTok-PHP-SDK tests/"
JAVA = "opentok/Opentok-Java-SDK src/test/java/com/opentok/test/OpenTokTest.java"
EXAMPLE = "nexmo-se/video-express-react-app server/README.md"  # an answer of the platform, pasted


@dataclass(frozen=True)
class Key:
    """`types` are JSON's: string, integer, boolean, null, array, object. `when` is a trait of what was asked:
    the key is there if the request or the archive has it, and only then; "" is always."""

    types: str
    source: str
    when: str = ""
    on: tuple[str, ...] = BOTH
    items: dict[str, Key] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """`keys` are those of the object, or of the one in the array if `in_array`; None is an empty body."""

    status: int
    keys: dict[str, Key] | None = None
    in_array: bool = False
    source: str = ""


CREATED_SESSION = {
    "session_id": Key("string", VONAGE_PYTHON + "create_session.json; " + JAVA),
    "project_id": Key("string", VONAGE_PYTHON + "create_session.json; " + JAVA),
    "partner_id": Key("string", VONAGE_PYTHON + "create_session.json; " + JAVA),
    "create_dt": Key("string", VONAGE_PYTHON + "create_session.json; " + JAVA),
    "application_id": Key("string", OPENAPI + "; " + VONAGE_JAVA + "VideoClientTest.java", on=(UNIFIED,)),
    "media_server_url": Key("string", OPENAPI + "; " + JAVA),
    "session_segment_id": Key("string", VONAGE_PYTHON + "create_session.json"),
    "ice_credential_expiration": Key("integer", VONAGE_PYTHON + "create_session.json"),
    "session_status": Key("null", VONAGE_PYTHON + "create_session.json"),
    "status_invalid": Key("null", VONAGE_PYTHON + "create_session.json"),
    "media_server_hostname": Key("null", VONAGE_PYTHON + "create_session.json"),
    "messaging_server_url": Key("null", VONAGE_PYTHON + "create_session.json"),
    "messaging_url": Key("null", VONAGE_PYTHON + "create_session.json"),
    "symphony_address": Key("null", VONAGE_PYTHON + "create_session.json"),
    "properties": Key("null", VONAGE_PYTHON + "create_session.json"),
    "ice_server": Key("null", VONAGE_PYTHON + "create_session.json"),
    "ice_servers": Key("null", VONAGE_PYTHON + "create_session.json"),
}

CHOSEN_STREAM = {
    "streamId": Key("string", OPENAPI),
    "hasAudio": Key("boolean", OPENAPI),
    "hasVideo": Key("boolean", OPENAPI),
}

ARCHIVE = {
    "id": Key("string", VONAGE_PYTHON + "archive.json; " + NODE + "archiving-test.js"),
    "status": Key("string", VONAGE_PYTHON + "archive.json; " + NODE + "archiving-test.js"),
    "name": Key(
        "string null", VONAGE_PYTHON + "archive.json; " + PHP + "mock/v2/project/APIKEY/archive/session"
    ),
    "reason": Key("string", VONAGE_PYTHON + "archive.json; " + NODE + "archiving-test.js"),
    "sessionId": Key("string", VONAGE_PYTHON + "archive.json; " + NODE + "archiving-test.js"),
    "projectId": Key("integer", EXAMPLE + "; " + VONAGE_NODE, on=(OPENTOK,)),
    "partnerId": Key("integer", EXAMPLE + "; " + PYTHON + "test_archive_api.py", on=(OPENTOK,)),
    "applicationId": Key("string", VONAGE_PYTHON + "archive.json; " + OPENAPI, on=(UNIFIED,)),
    "createdAt": Key("integer", VONAGE_PYTHON + "archive.json; " + NODE + "archiving-test.js"),
    "updatedAt": Key("integer", VONAGE_PYTHON + "archive.json; " + NODE + "archiving-test.js"),
    "size": Key("integer", VONAGE_PYTHON + "archive.json; " + NODE + "archiving-test.js"),
    "duration": Key("integer", VONAGE_PYTHON + "archive.json; " + NODE + "archiving-test.js"),
    "outputMode": Key("string", VONAGE_PYTHON + "archive.json; " + NODE + "archiving-test.js"),
    "streamMode": Key("string", VONAGE_PYTHON + "archive.json; " + VONAGE_NODE),
    "hasAudio": Key("boolean", VONAGE_PYTHON + "archive.json; " + NODE + "archiving-test.js"),
    "hasVideo": Key("boolean", VONAGE_PYTHON + "archive.json; " + NODE + "archiving-test.js"),
    "hasTranscription": Key("boolean", VONAGE_PYTHON + "archive.json; " + OPENAPI),
    "sha256sum": Key("string", VONAGE_PYTHON + "archive.json; " + NODE + "archiving-test.js"),
    "password": Key("string", VONAGE_PYTHON + "archive.json; " + NODE + "archiving-test.js"),
    "event": Key("string", VONAGE_PYTHON + "archive.json; " + EXAMPLE),
    "url": Key("string null", VONAGE_PYTHON + "list_archives.json; " + NODE + "archiving-test.js"),
    "resolution": Key("string", VONAGE_PYTHON + "archive.json; " + OPENAPI, when="composed"),
    "multiArchiveTag": Key(
        "string", VONAGE_PYTHON + "archive.json; " + RUBY + "OpenTok_Archives/", when="tag"
    ),
    "maxBitrate": Key("integer", VONAGE_PYTHON + "archive.json, stop_archive.json", when="bitrate"),
    "quantizationParameter": Key(
        "integer", VONAGE_PYTHON + "archive.json, stop_archive.json", when="quality"
    ),
    "streams": Key(
        "array", OPENAPI + "; opentok/archives.py of the Python SDK", "selected", items=CHOSEN_STREAM
    ),
}

STREAM = {
    "id": Key("string", VONAGE_PYTHON + "get_stream.json; " + NODE + "stream-test.js"),
    "videoType": Key("string", VONAGE_PYTHON + "get_stream.json; " + NODE + "stream-test.js"),
    "name": Key("string", VONAGE_PYTHON + "get_stream.json; " + NODE + "stream-test.js"),
    "layoutClassList": Key("array", VONAGE_PYTHON + "get_stream.json; " + NODE + "stream-test.js"),
}

CONNECTION = {
    "connectionId": Key("string", OPENAPI + "; " + NODE + "connections-test.js"),
    "connectionState": Key("string", OPENAPI + "; " + NODE + "connections-test.js"),
    # A string at the Unified platform; at OpenTok a number by two SDKs, a string by the older one for PHP.
    "createdAt": Key("string", OPENAPI, on=(UNIFIED,)),
}
CONNECTION_OF_OPENTOK = {
    **CONNECTION,
    "createdAt": Key("integer", NODE + "connections-test.js; " + RUBY + "OpenTok_Connections/"),
}

PROJECT = {
    "id": Key("string", VONAGE_NODE, on=(OPENTOK,)),
    "secret": Key("string", VONAGE_NODE, on=(OPENTOK,)),
    "applicationId": Key("string", OPENAPI + "; " + VONAGE_JAVA + "ProjectDetailsTest.java", on=(UNIFIED,)),
    "status": Key("string", OPENAPI + "; " + VONAGE_NODE),
    "name": Key("string", OPENAPI + "; " + VONAGE_NODE),
    "environment": Key("string", OPENAPI + "; " + VONAGE_NODE),
    "createdAt": Key("integer", OPENAPI + "; " + VONAGE_NODE),
}

ERROR = {
    "code": Key("integer", VONAGE_PYTHON + "stop_archive_error.json; " + RUBY),
    "message": Key("string", VONAGE_PYTHON + "stop_archive_error.json; " + RUBY),
    "description": Key("string", VONAGE_PYTHON + "stop_archive_error.json; " + RUBY),
}


def listed(item: dict[str, Key], source: str, **more: Key) -> dict[str, Key]:
    return {"count": Key("integer", source), **more, "items": Key("array", source, items=item)}


def connections(platform: str) -> dict[str, Key]:
    return listed(
        CONNECTION if platform == UNIFIED else CONNECTION_OF_OPENTOK,
        OPENAPI + "; " + NODE + "connections-test.js",
        projectId=Key("string", NODE + "connections-test.js; " + PHP, on=(OPENTOK,)),
        applicationId=Key("string", OPENAPI, on=(UNIFIED,)),
        sessionId=Key("string", OPENAPI + "; " + NODE + "connections-test.js"),
    )


def answers(platform: str) -> dict[str, Answer]:
    """By the names that localtok's table of calls has."""
    return {
        "createSession": Answer(200, CREATED_SESSION, in_array=True),
        "startArchive": Answer(200, ARCHIVE),
        "listArchives": Answer(200, listed(ARCHIVE, VONAGE_PYTHON + "list_archives.json; " + NODE)),
        "getArchive": Answer(200, ARCHIVE),
        "deleteArchive": Answer(204, source=OPENAPI + "; " + NODE + "archiving-test.js"),
        "stopArchive": Answer(200, ARCHIVE),
        # The body is the archive in VONAGE_PYTHON test_archive.py, and not described in OPENAPI.
        "setArchiveLayout": Answer(200, ARCHIVE),
        "patchArchiveStreams": Answer(204, source=OPENAPI + "; " + NODE + "archiving-test.js"),
        "signal": Answer(204, source=OPENAPI + "; " + NODE + "signaling-test.js"),
        "signalConnection": Answer(204, source=OPENAPI + "; " + NODE + "signaling-test.js"),
        "listConnections": Answer(200, connections(platform)),
        "forceDisconnect": Answer(204, source=OPENAPI + "; " + NODE + "moderation-test.js"),
        "listStreams": Answer(200, listed(STREAM, VONAGE_PYTHON + "list_streams.json; " + PYTHON)),
        "getStream": Answer(200, STREAM),
        # The body is the list in VONAGE_PYTHON change_stream_layout.json, and not described in OPENAPI.
        "setStreamClasses": Answer(200, listed(STREAM, VONAGE_PYTHON + "change_stream_layout.json")),
        "muteSession": Answer(200, PROJECT),
        # The body is the project in VONAGE_NODE, not described in OPENAPI, and empty in RUBY.
        "muteStream": Answer(200, PROJECT),
    }

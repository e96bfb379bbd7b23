"""What of OpenTok's REST API and callbacks is here, from the code: `python -m localtok.http.coverage`.

The browser library is held against the vendor's published types by the project's tests.
docs/localtok-coverage.md has both.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from localtok.archives.archive import Status
from localtok.http.archive_calls import ArchiveCalls
from localtok.http.monitoring import MONITORED
from localtok.http.rest import REFUSED, Rest
from localtok.http.session_calls import SessionCalls
from localtok.http.storage_calls import StorageCalls
from localtok.recording.compose import stylesheet

CALLBACKS = {"sessionNotification": "of server rotations that were ordered as a fault"}
STATUSES = {Status.UPLOADED: "into a folder that stands for the bucket"}
START_OPTIONS = {
    "sessionId": "",
    "name": "",
    "hasAudio, hasVideo": "",
    "outputMode": "",
    "streamMode": "",
    "resolution": "",
    "layout": "how large the strip and the corner are is not documented; people who also share a screen are "
    "not preferred; custom: selectors `stream`, `.class`, `:first-child`, and "
    f"`{'`, `'.join(sorted({*stylesheet.LENGTHS, *stylesheet.OTHERS}))}` with px and %; all else answers 501",
    "multiArchiveTag": "",
    "maxBitrate, quantizationParameter": "",
    "hasTranscription": "501 when true",
}
SESSION_OPTIONS = {
    "p2p.preference": "relayed sessions cannot be archived; media goes browser to browser in both kinds",
    "archiveMode": "",
    "archiveName, archiveResolution": "",
    "location": "taken, without effect",
    "e2ee": "taken, without effect",
}


def table() -> str:
    """The tables of calls, options and callbacks, as Markdown."""
    return "\n".join([*_calls(), *_options(), *_callbacks()]) + "\n"


def _calls() -> Iterable[str]:
    yield from ("", "## REST", "", "| call | | |", "|---|---|---|")
    # The table of calls needs no server behind it.
    none: Any = None
    archives = ArchiveCalls(sessions=none, archives=none, archiving=none, links=none, store=none)
    sessions = SessionCalls(project=none, sessions=none, archiving=none, hub=none, strict=False)
    for call in Rest(none, archives, sessions, StorageCalls(none)).calls():
        path = call.path.replace("{project}", "{p}")
        yield f"| `{call.name}` | `{call.method} {path}` | {_state(call.differs)} |"
    for part, what in REFUSED.items():
        yield f"| {what} | `…{part}` | refused |"
    yield ""
    yield "Credentials: OpenTok's `X-OPENTOK-AUTH` (HS256) and the Unified platform's `Bearer` (RS256);"
    yield "pages' tokens as JWT and `T1==`. A call's name is what faults choose it by."


def _options() -> Iterable[str]:
    for title, described in (("startArchive", START_OPTIONS), ("createSession", SESSION_OPTIONS)):
        yield from ("", f"## Options of {title}", "", "| option | |", "|---|---|")
        for option, differs in described.items():
            yield f"| `{option.replace(', ', '`, `')}` | {_state(differs)} |"


def _callbacks() -> Iterable[str]:
    yield from ("", "## Callbacks", "", "| event | |", "|---|---|")
    for status in Status:
        yield f"| archive, `{status.value}` | {_state(STATUSES.get(status, ''))} |"
    for event in MONITORED:
        yield f"| `{event}` | {_state(CALLBACKS.get(event, ''))} |"
    yield ""
    yield "Signed with `--callback-secret`; posted again for a day until they are taken."


def _state(differs: str) -> str:
    return f"partly: {differs}" if differs else "done"


if __name__ == "__main__":
    print(table(), end="")

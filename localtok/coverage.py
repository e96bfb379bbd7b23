"""What of OpenTok is here, as a table that is made from the code: `python -m localtok.coverage`.

Methods and events of the browser library are read from its parts, so that nothing can be claimed that is
not there, and nothing can be there unlisted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, cast

from localtok import stylesheet
from localtok.archives import Status
from localtok.library import CLIENT
from localtok.monitoring import MONITORED
from localtok.rest import REFUSED, Rest

if TYPE_CHECKING:
    from localtok.server import Localtok

CLASSES = {
    "OT": ("ot",),
    "Session": ("session", "inbox"),
    "Publisher": ("publisher", "sender"),
    "Subscriber": ("subscriber",),
}
METHOD = re.compile(r"^  (?:async )?([a-z]\w*)\(", re.MULTILINE)
EVENT = re.compile(r"_fire\((?:[^'\n]*\? )?'([A-Za-z:]+)'(?: : '([A-Za-z:]+)')?")
STATE_EVENT = re.compile(r"_stateEvent\('\w+', '(\w+)'\)")
FIRED_ELSEWHERE = {
    "Publisher": {"streamCreated", "streamDestroyed", "audioLevelUpdated"},
    "Subscriber": {"videoEnabled", "videoDisabled", "audioLevelUpdated"},
    "Session": {"signal", "signal:type"},
}

NOT_METHODS = {"constructor", "if", "for", "while", "switch", "catch"}

DIFFERS = {
    "OT.upgradeSystemRequirements": "does nothing: there is nothing to upgrade",
    "OT.hasMediaProcessorSupport": "always false: there are no filters",
    "OT.hasEndToEndEncryptionSupport": "always false",
    "OT.checkScreenSharingCapability": "no extensions, which browsers no longer need",
    "Publisher.setStyle": "taken, and nothing is drawn",
    "Publisher.getStyle": "always empty",
    "Subscriber.setStyle": "taken, and nothing is drawn",
    "Subscriber.restrictFrameRate": "taken, without effect: there is no simulcast",
    "Subscriber.setPreferredResolution": "taken, without effect: there is no simulcast",
    "Subscriber.setPreferredFrameRate": "taken, without effect: there is no simulcast",
    "Publisher.getStats": "one entry per subscriber, as in relayed sessions",
}
REFUSED_METHODS = {
    "OT": "reportIssue",
    "Session": "setEncryptionSecret, setIceConfig",
    "Publisher": "applyVideoFilter, applyAudioFilter, publishCaptions",
    "Subscriber": "subscribeToCaptions",
}
CALLBACKS = {"sessionNotification": "of server rotations that were ordered as a fault"}
STATUSES = {Status.UPLOADED: "nothing is uploaded to a storage of yours"}
REFUSED_EVENTS = {
    "Session": "sessionNotification of captions and transcription",
    "Publisher": "audioFallback, videoDisableWarning, networkQualityLevelChanged, captionReceived",
    "Subscriber": "videoDisableWarning, videoDisableWarningLifted, captionReceived, encryptionSecretMismatch",
}

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
    """The whole page, as Markdown."""
    return "\n".join([*_head(), *_calls(), *_options(), *_callbacks(), *_library()]) + "\n"


def methods(name: str) -> list[str]:
    """The public methods of a class of the browser library, or of `OT`."""
    found = {each for text in _sources(name) for each in METHOD.findall(text)}
    return sorted(found - NOT_METHODS)


def events(name: str) -> list[str]:
    found = set(FIRED_ELSEWHERE.get(name, set()))
    for text in _sources(name):
        found |= {each for pair in EVENT.findall(text) for each in pair if each}
        found |= set(STATE_EVENT.findall(text))
    # A session's inbox tells subscribers too that their picture went or came back.
    return sorted(found - FIRED_ELSEWHERE["Subscriber"] if name == "Session" else found)


def _sources(name: str) -> Iterator[str]:
    for part in CLASSES[name]:
        yield (CLIENT / f"{part}.js").read_text()


def _head() -> Iterable[str]:
    yield "# What localtok covers of OpenTok"
    yield ""
    yield "Made by `python -m localtok.coverage` from the code, and held to it by a test. *Done* behaves as"
    yield "the vendor documents it; *partly* says what differs; *refused* answers 501, or is not there for a"
    yield "page to call."


def _calls() -> Iterable[str]:
    yield from ("", "## REST", "", "| call | | |", "|---|---|---|")
    # The table of calls needs no server behind it.
    for call in Rest(cast("Localtok", None)).calls():
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
        refused = STATUSES.get(status)
        yield f"| archive, `{status.value}` | {f'refused: {refused}' if refused else 'done'} |"
    for event in MONITORED:
        yield f"| `{event}` | {_state(CALLBACKS.get(event, ''))} |"
    yield ""
    yield "Signed with `--callback-secret`; posted again for a day until they are taken."


def _library() -> Iterable[str]:
    for name in CLASSES:
        yield from ("", f"## {name} in the browser", "", "| method | |", "|---|---|")
        for method in methods(name):
            yield f"| `{method}` | {_state(DIFFERS.get(f'{name}.{method}', ''))} |"
        refused = REFUSED_METHODS[name].replace(", ", "`, `")
        yield f"| `{refused}` | refused |"
        if not events(name):
            continue
        listed = "`, `".join(events(name))
        yield from ("", f"Events: `{listed}`.")
        if name in REFUSED_EVENTS:
            yield from ("", f"Not dispatched: {REFUSED_EVENTS[name]}.")


def _state(differs: str) -> str:
    return f"partly: {differs}" if differs else "done"


if __name__ == "__main__":
    print(table(), end="")

"""Why something is missing: codes, and their sentences for viewers, hosts and operators. Pure.

A row stores the code; technical detail stays beside it. `code_of` maps the platform's reasons to codes.
"""

from __future__ import annotations

from typing import NamedTuple

UNKNOWN = "unknown"
# Left out if there is a better reason.
VAGUE = (UNKNOWN, "archive_ended")


class Sentences(NamedTuple):
    """For viewers; for hosts and operators if they can do more about it than viewers can."""

    viewer: str
    host: str = ""
    operator: str = ""


CAUSES = {
    UNKNOWN: Sentences("Nothing was recorded; the reason is not known."),
    # --- why a stretch has no recording ---
    "length_limit": Sentences(
        "The recording had reached the video platform's length limit.",
        operator="The archive reached the platform's length limit before a restart had succeeded.",
    ),
    "idle_limit": Sentences(
        "Nobody sent picture or sound for a long time, so the video platform ended the recording.",
    ),
    "session_ended": Sentences("Everybody had left the call."),
    "stopped_elsewhere": Sentences(
        "The recording was stopped outside this software.",
        operator="The archive was stopped by a request that this software did not make.",
    ),
    "recorder_failed": Sentences("The video platform's recorder failed."),
    "archive_lost": Sentences(
        "The video platform has lost this part of the recording.",
        operator="The platform no longer knows an archive that it had started.",
    ),
    "archive_ended": Sentences("The video platform ended the recording; it gave no reason."),
    "never_started": Sentences("The video platform did not start recording."),
    "nobody_published": Sentences("Nobody was sending picture or sound."),
    "nothing_arrived": Sentences(
        "Picture and sound did not reach the recording.",
        operator="The archive was paused although people published in its session.",
    ),
    "recorder_stalled": Sentences(
        "The recording stood still.",
        operator="The file is shorter than the time that the archive was recording.",
    ),
    "file_ends_early": Sentences(
        "The file of this part ends before the next one begins.",
        operator="The archive was stopped after its successor was confirmed, and yet its file ends earlier.",
    ),
    "empty": Sentences("The video platform recorded neither picture nor sound."),
    "unreadable": Sentences(
        "The file of this part cannot be read.", operator="The stored file cannot be demuxed."
    ),
    "not_stored": Sentences(
        "The file of this part could not be stored.",
        operator="Ingest gave this file up; the segment's storage error says why.",
    ),
    "file_gone": Sentences("The file of this part is no longer available."),
    "elsewhere": Sentences("The file of this part lies in a storage that this site does not read."),
    "not_ready": Sentences("This part is not ready yet."),
    # --- why one person is not in a recording that goes on ---
    "connection_lost": Sentences("The connection was lost."),
    "left_and_returned": Sentences("Left the call and came back."),
    "removed": Sentences("Was removed from the call."),
    "not_publishing": Sentences("Sent neither picture nor sound."),
    "not_in_second_session": Sentences(
        "Had not arrived in the second session in time.",
        "Had not arrived in the second session when the recording moved there.",
    ),
    "sends_nothing": Sentences(
        "Their browser was in the call and sent neither picture nor sound.",
        operator="By its own statistics their page published, and no bytes of it reached the platform.",
    ),
    "page_stood_still": Sentences("Their browser or computer stood still."),
}

_CODES = {
    "maximum duration exceeded": "length_limit",
    "maximum idle time exceeded": "idle_limit",
    "session ended": "session_ended",
    "user initiated": "stopped_elsewhere",
    "failure": "recorder_failed",
}


def code_of(reason: str) -> str:
    """The code for a reason of the platform's; "" if it is none that is known."""
    return _CODES.get(reason.strip(), "")


def sentence(code: str, audience: str = "viewer") -> str:
    """In people's words. `audience` is viewer, host or operator; an unknown code has that of UNKNOWN."""
    known = CAUSES.get(code, CAUSES[UNKNOWN])
    return getattr(known, audience) or (known.host if audience == "operator" else "") or known.viewer

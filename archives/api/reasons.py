"""Why something failed, as a code and a sentence for everyone who may watch.

A stored text may be an exception's and name paths of the server, so only the console shows it. A text that
is not known here is replaced, never passed on.
"""

from __future__ import annotations

import re

from archives import errors
from archives.models import ArchiveRun, Export, Segment
from archives.services import run_states, segments

SENTENCES = {
    "no_file": "The file of one of the two segments is not stored here.",
    "unreadable": "The file of one of the two segments cannot be read.",
    "nothing_follows": "Nothing follows this part.",
    "trying_again": "The last attempt failed. Another one follows.",
    "failed": "All attempts failed. The operator's console has the details.",
    "not_sure": "Neither sound nor picture showed where the segments meet. The platform's times are used.",
    "changed": "The recording has changed since this was asked for. Ask for another.",
    "files_not_stored": "Files of this recording are not stored here.",
    "nothing_stored": "No part of this recording has a file.",
    "interrupted": "It was interrupted. Another attempt follows.",
    "no_media": "Nothing was recorded in it: its file is empty.",
    "lost": "The platform has no file of it any more.",
    "not_fetched": "Its file could not be stored. The operator's console has the details.",
    "platform_refused": "The video platform refused it.",
}
OF_SEAMS = (
    # Rows of former versions say piece, and tries.
    (
        r"(Given up after \d+ (tries|failed attempts)\. )?(Piece|Segment) \d+ "
        r"(lies in your own bucket|has no file)\b",
        "no_file",
    ),
    (r"(The )?([Pp]iece|[Ss]egment) \d+ (cannot|has|is|holds)\b", "unreadable"),
    (r"Nothing follows", "nothing_follows"),
)
OF_EXPORTS = (
    (r"The recording has changed", "changed"),
    (re.escape(errors.FilesNotKept.message), "files_not_stored"),
    (re.escape(errors.NothingToExport.message), "nothing_stored"),
)
OF_RUNS = {
    segments.NEVER_STARTED,
    run_states.NOTHING_RECORDED,
    errors.PlatformError.message,
    errors.PlatformUnavailable.message,
    errors.PlatformTimeout.message,
    errors.MalformedAnswer.message,
    errors.RateLimited.message,
    errors.NoClients.message,
    errors.AlreadyRecording.message,
}
OF_FILES = ((r"The archive has no media", "no_media"), (r"The platform has no file any more", "lost"))


def seam_code(*, measured: bool, waiting: bool, error: str) -> str:
    """ "" for a measured seam and one that waits for its first try. `error`: of its job."""
    if measured or (waiting and not error):
        return ""
    if waiting:
        return "trying_again"
    return _code(error, OF_SEAMS, "failed") if error else "not_sure"


def export_code(export: Export) -> str:
    """ "" also for a removed file: `error` says what removed it."""
    if not export.job_error or export.status in (Export.Status.REMOVED, Export.Status.DONE):
        return ""
    return _code(export.job_error, OF_EXPORTS, "trying_again" if export.status in Export.ACTIVE else "failed")


def file_code(segment: Segment) -> str:
    return _code(segment.given_up, OF_FILES, "not_fetched") if segment.given_up else ""


def sentence(code: str) -> str:
    return SENTENCES.get(code, "")


def run_error(run: ArchiveRun) -> str:
    """Hosts get the text as it is, because only they can act on it, such as on refused credentials."""
    if getattr(run, "hosted", False) or not run.error or run.error in OF_RUNS:
        return run.error
    return SENTENCES["platform_refused"]


def _code(text: str, known: tuple[tuple[str, str], ...], otherwise: str) -> str:
    return next((code for pattern, code in known if re.match(pattern, text)), otherwise)

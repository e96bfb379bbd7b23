"""Why something failed, as a code and a sentence for everyone who may watch.

A stored text may be an exception's and name paths of the server, so only the console shows it.
"""

from __future__ import annotations

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
    errors.FilesNotKept.code: "Files of this recording are not stored here.",
    errors.NothingToExport.code: "No part of this recording has a file.",
    "interrupted": "It was interrupted. Another attempt follows.",
    "empty": "Nothing was recorded in it: its file is empty.",
    "file_gone": "The platform has no file of it any more.",
    "not_fetched": "Its file could not be stored. The operator's console has the details.",
    errors.PlatformRefused.code: "The video platform refused it.",
}
# What everyone who may watch a run gets for its code; for others the text is for its hosts.
OF_RUNS = {
    "never_started": segments.NEVER_STARTED,
    "nothing_recorded": run_states.NOTHING_RECORDED,
    **{
        error.code: error.message
        for error in (
            errors.PlatformError,
            errors.PlatformUnavailable,
            errors.PlatformTimeout,
            errors.MalformedAnswer,
            errors.RateLimited,
            errors.NoClients,
            errors.AlreadyRecording,
        )
    },
}


def seam_code(*, measured: bool, waiting: bool, error: str, code: str) -> str:
    """ "" for a measured seam and one that waits for its first try. `error` and `code`: of its job."""
    if measured or (waiting and not error):
        return ""
    if waiting:
        return "trying_again"
    return _known(code, "failed") if error else "not_sure"


def export_code(export: Export) -> str:
    """ "" also for a removed file: `error` says what removed it."""
    if not export.job_error or export.status in (Export.Status.REMOVED, Export.Status.DONE):
        return ""
    return _known(export.job_error_code, "trying_again" if export.status in Export.ACTIVE else "failed")


def file_code(segment: Segment) -> str:
    return _known(segment.job_error_code, "not_fetched") if segment.given_up else ""


def sentence(code: str) -> str:
    return SENTENCES.get(code, "")


def run_error(run: ArchiveRun) -> str:
    """Hosts get the text as it is, because only they can act on it, such as on refused credentials."""
    if getattr(run, "hosted", False) or not run.error:
        return run.error
    return OF_RUNS.get(run.error_code, SENTENCES[errors.PlatformRefused.code])


def _known(code: str, otherwise: str) -> str:
    return code if code in SENTENCES else otherwise

"""Every error that a caller may see: one base that knows its HTTP status and whether a retry helps."""


def error_body(code: str, message: str, detail: object = None) -> dict[str, object]:
    """The one shape in which errors leave over HTTP."""
    return {"code": code, "message": message, "detail": detail}


class ArchiveError(Exception):
    status = 500
    code = "internal_error"
    message = "Something went wrong on our side."
    retry = False

    def __init__(self, message: str = "", *, detail: object = None) -> None:
        self.message = message or type(self).message
        self.detail = detail
        super().__init__(self.message)

    def as_dict(self) -> dict[str, object]:
        return error_body(self.code, self.message, self.detail)


# --- what a caller asked for -------------------------------------------------------------------------
class InvalidInput(ArchiveError):
    status = 400
    code = "invalid"
    message = "The request is not valid."


class InvalidName(InvalidInput):
    code = "invalid_name"
    message = "Give the recording a name of at most 200 characters."


class UnknownRoom(ArchiveError):
    status = 404
    code = "unknown_room"
    message = "There is no such room."


class UnknownRun(ArchiveError):
    status = 404
    code = "unknown_run"
    message = "There is no such recording."


class RunInProgress(ArchiveError):
    status = 409
    code = "already_recording"
    message = "This room is already being recorded. Stop that recording first."


class RestartInProgress(ArchiveError):
    status = 409
    code = "already_restarting"
    message = "A restart is already under way."


class RunNotLive(ArchiveError):
    status = 409
    code = "not_recording"
    message = "This recording is not running."


class ClaimLost(ArchiveError):
    """Another worker took the run over; whatever this one was about to write must not be written."""

    status = 409
    code = "claim_lost"
    message = "Another worker has taken this recording over."


# --- recordings that there are: their files, exports and trash -------------------------------------------
class UnknownSegment(ArchiveError):
    status = 404
    code = "unknown_segment"
    message = "There is no such segment."


class NotAllowed(ArchiveError):
    status = 403
    code = "forbidden"
    message = "This recording is for the people of its room, or for whoever has a signed link to it."


class NotSignedIn(NotAllowed):
    status = 401
    code = "not_signed_in"


class NoFile(ArchiveError):
    status = 404
    code = "no_file"
    message = "This segment has no file."


class NoFileYet(ArchiveError):
    status = 409
    code = "no_file_yet"
    message = "This segment is still being recorded or processed. Try again in a moment."
    retry = True


class NotComplete(ArchiveError):
    status = 409
    code = "not_complete"
    message = "This recording is not complete yet. Stop it, and wait until its status is complete."
    retry = True


class NothingToExport(ArchiveError):
    status = 409
    code = "nothing_to_export"
    message = "No segment of this recording has a file."


class FilesNotKept(ArchiveError):
    status = 409
    code = "files_not_kept"
    message = "Segments of this recording are not kept here. Set KEEP_FILES and let the worker fetch them."


class UnknownExport(ArchiveError):
    status = 404
    code = "unknown_export"
    message = "There is no such export."


class StillRecording(ArchiveError):
    status = 409
    code = "still_recording"
    message = "This recording is not finished yet. Stop it, and wait until it is complete."
    retry = True


class OnHold(ArchiveError):
    status = 409
    code = "on_hold"
    message = "This recording is on legal hold: it stays as it is until an operator ends the hold."


class NotInTrash(ArchiveError):
    status = 409
    code = "not_in_trash"
    message = "Only what lies in the trash can be removed for good."


# --- what the platform answered ----------------------------------------------------------------------
class PlatformError(ArchiveError):
    """`happened` tells whether the call may have had its effect: False, or None where nobody can know."""

    status = 502
    code = "platform_error"
    message = "The video platform gave an unexpected answer."
    happened: bool | None = False


class PlatformUnavailable(PlatformError):
    status = 503
    code = "platform_unavailable"
    message = "The video platform cannot be reached. Try again in a moment."
    retry = True

    def __init__(self, message: str = "", *, detail: object = None, happened: bool | None = False) -> None:
        super().__init__(message, detail=detail)
        self.happened = happened


class PlatformTimeout(PlatformError):
    status = 504
    code = "platform_timeout"
    message = "The video platform did not answer in time; what it did is being looked up."
    retry = True
    happened = None


class MalformedAnswer(PlatformError):
    code = "platform_malformed_answer"
    message = "The video platform's answer could not be understood; what it did is being looked up."
    retry = True
    happened = None


class RateLimited(PlatformError):
    status = 503
    code = "platform_rate_limited"
    message = "The video platform asks us to slow down. Try again in a moment."
    retry = True


class PlatformRefused(PlatformError):
    code = "platform_refused"
    message = "The video platform refused our credentials. Check API_KEY and API_SECRET."


class NoClients(PlatformError):
    status = 409
    code = "no_clients"
    message = "Nobody is connected to this room yet. Join it first, then start recording."
    retry = True


class AlreadyRecording(PlatformError):
    status = 409
    code = "platform_already_recording"
    message = "The video platform is already recording this session."
    retry = True


class WrongStatus(PlatformError):
    status = 409
    code = "wrong_status"
    message = "The archive is not in a state that allows this."


class InvalidSignal(PlatformError):
    code = "platform_invalid_signal"
    message = "The video platform did not take the type or data of a signal."


class NotFound(PlatformError):
    status = 404
    code = "platform_not_found"
    message = "The video platform does not know this archive or session."

"""Every failure of docs/failures.md that a call to the platform can meet: (error, after it acted, times)."""

from archives import errors
from tests.support.platform.fake_platform import Killed

FAILURES: dict[str, tuple[BaseException, bool, int]] = {
    "refused connection": (errors.PlatformUnavailable(), False, 1),
    "5xx before acting": (errors.PlatformUnavailable(happened=None), False, 1),
    "5xx after acting": (errors.PlatformUnavailable(happened=None), True, 1),
    "time-out before acting": (errors.PlatformTimeout(), False, 3),
    "time-out after acting": (errors.PlatformTimeout(), True, 1),
    "malformed answer": (errors.MalformedAnswer(), True, 1),
    "429": (errors.RateLimited(), False, 2),
    "403": (errors.PlatformRefused(), False, 1),
    "no clients": (errors.NoClients(), False, 1),
    "409": (errors.AlreadyRecording(), False, 2),
    "404": (errors.NotFound(), False, 1),
    "killed before acting": (Killed(), False, 1),
    "killed after acting": (Killed(), True, 1),
}
# Answers that would be untrue: the platform does not give them to these calls.
NEVER_SAID = {
    ("archive_stop", "no clients"),
    ("archive_stop", "404"),
    ("archives_list", "no clients"),
    ("archives_list", "409"),
    ("archives_list", "404"),
    ("archives_newest", "no clients"),
    ("archives_newest", "409"),
    ("archives_newest", "404"),
    ("streams_list", "no clients"),
    ("streams_list", "409"),
    ("streams_list", "404"),
}

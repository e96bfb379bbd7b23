"""For each alarm's code its section of the run-book, and the message for subscribers without names."""

from __future__ import annotations

from typing import NamedTuple

from django.conf import settings

PAGE = "docs/operations.md"
GENERAL = "run-book"


class Entry(NamedTuple):
    """`section`: a heading's anchor in docs/operations.md. `message`: in place of the alarm's own, if that
    may name people or carry text from elsewhere; "" if the alarm's own is safe to pass on.
    """

    section: str
    message: str = ""


ENTRIES = {
    "archive_not_ready": Entry("archive_not_ready"),
    "complete_with_losses": Entry("complete_with_losses-and-nothing_recorded"),
    "content": Entry("content"),
    "credentials_refused": Entry("credentials_refused"),
    "file_lost": Entry("file_not_kept-and-file_lost", "The file of a segment is lost."),
    "file_not_kept": Entry(
        "file_not_kept-and-file_lost", "A segment's file could not be fetched. It is tried again."
    ),
    "file_unreadable": Entry("file_unreadable", "The file of a segment cannot be decoded."),
    "files_not_kept": Entry("files_not_kept"),
    "gap": Entry("gap"),
    "limit_near": Entry("limit_near"),
    "no_secondary": Entry("no_secondary-and-publisher_missing"),
    "nobody_connected": Entry("nobody_connected"),
    "nothing_recorded": Entry("complete_with_losses-and-nothing_recorded"),
    "platform_unavailable": Entry("platform_unavailable"),
    "publisher_missing": Entry(
        "no_secondary-and-publisher_missing", "Some participants are missing for some seconds at a restart."
    ),
    "restart_failed": Entry("restart_failed-and-restart_stuck"),
    "restart_stuck": Entry(
        "restart_failed-and-restart_stuck", "A step of a restart fails and is tried again."
    ),
}
# A code without an entry names no one by accident.
UNKNOWN = Entry(GENERAL, "An alarm needs attention.")


def entry(code: str) -> Entry:
    return ENTRIES.get(code, UNKNOWN)


def link(code: str) -> str:
    """Address of the code's section: below RUNBOOK_URL, or the path in the repository."""
    return f"{settings.RUNBOOK_URL or PAGE}#{entry(code).section}"

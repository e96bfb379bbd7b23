"""Checks the content of one stored segment, and writes down what was found."""

from __future__ import annotations

import logging
import re

from archives.media.content.check import Expected, check
from archives.media.content.findings import VERSION, Finding
from archives.media.content.published import published
from archives.media.export.packets import UnreadablePiece
from archives.media.files.copies import local_copies
from archives.media.jobs import Worker
from archives.models import ContentCheck, Remark, Segment
from archives.services.jobs import content
from archives.services.jobs.leases import CannotBeDone, LeaseLost

log = logging.getLogger(__name__)


class ContentWorker(Worker[ContentCheck]):
    def work(self) -> None:
        segment = self.job.segment
        remarks = [_remark(segment, finding) for finding in self._findings(segment)]
        if not content.done(self.job, version=VERSION, remarks=remarks):
            raise LeaseLost
        log.info("Content checked segment=%s remarks=%s", segment.pk, len(remarks))

    def _findings(self, segment: Segment) -> list[Finding]:
        if not segment.file:
            raise CannotBeDone("There is no stored file to check.")
        with local_copies(self.lease) as copies:
            try:
                return check(copies.path(segment.file), expected(segment), self.lease)
            except FileNotFoundError:
                raise CannotBeDone("The stored file is gone.") from None
            except UnreadablePiece as error:
                raise CannotBeDone(str(error)) from error


def expected(segment: Segment) -> Expected:
    """By the archive as the platform has described it, and by the callbacks of its session."""
    raw = segment.raw
    size = re.fullmatch(r"(\d+)x(\d+)", str(raw.get("resolution") or ""))
    return Expected(
        size=(int(size[1]), int(size[2])) if size else None,
        length_ms=segment.duration_ms or None,
        video=raw.get("hasVideo") is not False,
        audio=raw.get("hasAudio") is not False,
        published=published(segment),
    )


def _remark(segment: Segment, finding: Finding) -> Remark:
    bounds = {"from_ms": max(0, finding.from_ms), "until_ms": max(0, finding.until_ms)}
    return Remark(segment=segment, code=finding.code, values=finding.values, **bounds)

"""What an archive of the fake platform truly recorded."""

from __future__ import annotations

from datetime import datetime

from tests.support.platform.fake_platform import FakeArchive

Span = tuple[datetime, datetime]


def recorded_of(archive: FakeArchive, now: datetime) -> list[Span]:
    """When it truly recorded something that can be had."""
    if archive.status == "failed":
        return []
    end = archive.ended or archive.paused_since or now
    spans, at = [], archive.began
    for since, until in sorted(archive.pauses):
        spans.append((at, since))
        at = until
    return [(since, until) for since, until in [*spans, (at, end)] if until > since]

"""Compares what a content check found with what was planted."""

from __future__ import annotations

from collections.abc import Sequence

from archives.media.content.findings import Finding
from tests.support.media.planted_faults import Planted

BOUNDS_MS = 1000
# What a number may be off by, of what it says.
SHARE, LEAST = 0.1, 20


def found(planted: Planted, findings: Sequence[Finding]) -> bool:
    """One of them is it: its code, both bounds to a second, and its numbers."""
    return any(_is(planted, finding) for finding in findings)


def false_findings(planted: Planted, findings: Sequence[Finding]) -> list[Finding]:
    return [finding for finding in findings if not _is(planted, finding)]


def _is(planted: Planted, finding: Finding) -> bool:
    bounds = (finding.from_ms - planted.from_ms, finding.until_ms - planted.until_ms)
    return (
        finding.code == planted.code
        and all(abs(off) <= BOUNDS_MS for off in bounds)
        and all(_near(finding.values.get(name), value) for name, value in planted.values.items())
    )


def _near(said: int | None, true: int) -> bool:
    return said is not None and abs(said - true) <= max(LEAST, SHARE * abs(true))

"""What a row of a run's story says, in a sentence for people."""

from __future__ import annotations

from archives.models import ArchiveRun, Restart, Segment, Transition
from archives.services import restart_table

LABELS = {
    "run": dict(ArchiveRun.Status.choices),
    "segment": dict(Segment.Status.choices),
    "restart": dict(Restart.Status.choices),
}
STEPS = {step.name: step.label for table in restart_table.TABLES.values() for step in table}


def sentence(told: Transition, ordinal: int | None = None) -> str:
    """`ordinal`: the segment's (from 0), if it is about one."""
    who = {
        "segment": f"Segment {ordinal + 1}" if ordinal is not None else "A segment",
        "restart": "Change-over",
    }
    subject = who.get(told.subject, "Recording")
    if told.field == "step":
        return f"{subject}: {STEPS.get(told.new, told.new).lower()}"
    if told.field != "status":
        return f"{subject}: {told.field} {told.new}".strip()
    labels = LABELS.get(told.subject, {})
    before, after = (str(labels.get(state, state)).lower() for state in (told.old, told.new))
    return f"{subject}: {after}" + (f", before {before}" if before else "")

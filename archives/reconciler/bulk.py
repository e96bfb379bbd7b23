"""One list of the whole project's newest archives in place of two lists for each recording that is at rest.

Where the platform shows a recording as its rows have it, its next visit is put off; where not, it is due at
once. What a patrol does not see, for whatever reason, is visited as if there were none. Beyond the threshold
its cost grows with the archives of the last hours, not with the number of recordings times that of looks.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from archives import clock, errors
from archives.models import Segment, Side
from archives.platform import gateway
from archives.reconciler.compare import LIVE, SKEW
from archives.services import bulk

logger = logging.getLogger(__name__)
# Fewer than these are looked at one by one, at hardly any cost.
FROM = 10
# A page has a thousand archives, a look about ten.
RUNS_PER_PAGE = 5
MAX_PAGES = 100

Archive = dict[str, Any]


@dataclass
class Resting:
    """A recording as its rows have it: its sessions, since when (unix ms), and its archives' states."""

    id: UUID
    sessions: set[str]
    since_ms: int
    states: dict[str, str] = field(default_factory=dict)


def patrol() -> bool:
    """True where it was due and there was enough to see. Raises PlatformError."""
    if not bulk.take():
        return False
    resting = _resting()
    if len(resting) < FROM:
        return False
    seen = _seen(resting)
    odd = _odd(resting, seen)
    as_told = [
        run.id
        for run in resting.values()
        if run.id not in odd and all(archive in seen for archive in run.states)
    ]
    bulk.runs_wake(odd)
    bulk.runs_put_off(as_told)
    return True


def _resting() -> dict[UUID, Resting]:
    """Those at rest whose every archive is known: an intent without an answer is for the run's own look."""
    runs = {
        run.pk: Resting(
            run.pk,
            {run.room.session_id(side) for side in Side},
            clock.to_ms((run.started_at or run.created_at) - SKEW),
        )
        for run in bulk.runs_at_rest().select_related("room")
    }
    pieces = Segment.objects.unfinished().filter(run__in=bulk.runs_at_rest()).order_by()
    for run_id, archive, status in pieces.values_list("run", "archive_id", "status"):
        if run_id in runs:
            runs[run_id].states[archive] = status
    return {run.id: run for run in runs.values() if _only_records(run)}


def _only_records(run: Resting) -> bool:
    return "" not in run.states and any(status in LIVE for status in run.states.values())


def _seen(resting: dict[UUID, Resting]) -> dict[str, Archive]:
    """The newest archives by id, until all of the runs are among them or it costs more than it saves."""
    wanted = {archive for run in resting.values() for archive in run.states}
    seen: dict[str, Archive] = {}
    for page in range(min(MAX_PAGES, len(resting) // RUNS_PER_PAGE)):
        found = gateway.platform().archives_newest(page)
        seen |= {str(archive["id"]): archive for archive in found}
        wanted -= seen.keys()
        if not wanted or len(found) < gateway.LARGEST_PAGE:
            break
    return seen


def _odd(resting: dict[UUID, Resting], seen: dict[str, Archive]) -> set[UUID]:
    """Whose archive is not as its row says, or in whose sessions there is one that no row knows."""
    by_session = {session: run for run in resting.values() for session in run.sessions}
    theirs = [(by_session[a["sessionId"]], a) for a in seen.values() if a.get("sessionId") in by_session]
    changed = {run.id for run, a in theirs if run.states.get(str(a["id"]), a["status"]) != a["status"]}
    new = [(run, str(a["id"])) for run, a in theirs if str(a["id"]) not in run.states and _matters(run, a)]
    known = _known(archive for _, archive in new)
    return changed | {run.id for run, archive in new if archive not in known}


def _matters(run: Resting, archive: Archive) -> bool:
    return archive["status"] in LIVE or int(archive["createdAt"]) >= run.since_ms


def _known(archives: Iterable[str]) -> set[str]:
    rows = Segment.objects.order_by().values_list("archive_id", flat=True)
    return {known for some in bulk.batches(archives) for known in rows.filter(archive_id__in=some)}


def patrol_or_say() -> bool:
    """As `patrol`; where the platform lets it down, every recording is looked at by itself."""
    try:
        return patrol()
    except errors.PlatformError as error:
        logger.warning("no patrol: %s", error.message)
        return False

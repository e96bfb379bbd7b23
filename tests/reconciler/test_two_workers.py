"""Two worker processes and many runs whose restarts are due at the same moment: each step is performed once.

TWO_WORKERS_RUNS says how many runs; 200 take some minutes.
"""

from __future__ import annotations

import os

from archives import clock
from archives.models import ArchiveRun, Restart, Strategy
from archives.services import runs
from tests.support.recording.real_site import Site

RUNS = int(os.environ.get("TWO_WORKERS_RUNS", "16"))
# Calls in the first and in the second session, of a run with one restart that has not been stopped.
ONCE = {
    Strategy.DUAL_SESSION: ({"archive_start": 2, "archive_stop": 1, "signal join": 1, "signal leave": 1},
                            {"archive_start": 1, "archive_stop": 1}),
    Strategy.OVERLAP: ({"archive_start": 2, "archive_stop": 1}, {}),
}  # fmt: skip
ACTS = ("archive_start", "archive_stop", "signal join", "signal leave")


def test_each_step_is_performed_once(site: Site) -> None:
    strategies = [list(ONCE)[number % 2] for number in range(RUNS)]
    started = []
    for number, strategy in enumerate(strategies):
        started.append(runs.start(room=site.room(number, strategy), name=f"Run {number}").run)
    ArchiveRun.objects.update(restart_due_at=clock.now(), due_at=clock.now())
    site.start_worker()
    site.start_worker()
    done = Restart.objects.filter(status=Restart.Status.DONE).values("run").distinct()
    site.wait_for(lambda: done.count() == RUNS, within_s=60 + 4 * RUNS)
    for run, strategy in zip(started, strategies, strict=True):
        assert _acts(site, run) == ONCE[strategy], f"{run}: {_acts(site, run)}"
    assert len({t.by for run in started for t in run.transitions.filter(subject="restart")}) > 2, (
        "one did it all"
    )
    site.stop_all(within_s=60 + 4 * RUNS)
    site.check_end()


def _acts(site: Site, run: ArchiveRun) -> tuple[dict[str, int], dict[str, int]]:
    calls = site.platform.calls
    one, two = (
        {act: calls[f"{run.room.slug}_{side}", act] for act in ACTS if calls[f"{run.room.slug}_{side}", act]}
        for side in ("one", "two")
    )
    return one, two

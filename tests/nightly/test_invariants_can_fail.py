"""A bug is planted for each invariant, and tests/support/recording/recording_machine.py finds it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from archives.models import ArchiveRun
from archives.reconciler import compare, steps
from archives.reconciler import run as visits
from archives.services import accounts, claims, history, restarts, run_states
from archives.services.restart_table import Does
from archives.timeline import laid_out, rows
from archives.timeline.laid_out import LaidOut
from archives.timeline.verdicts import Estimate
from tests.support.recording.recording_machine import RecordingMachine

Plant = Callable[[pytest.MonkeyPatch], None]
Status = ArchiveRun.Status


def holes_are_passed_over(planted: pytest.MonkeyPatch) -> None:
    planted.setattr(LaidOut, "holes", property(lambda self: []))


def the_old_piece_is_closed_at_once(planted: pytest.MonkeyPatch) -> None:
    planted.setattr(steps, "_may_stop", lambda claim, restart, step: "")
    planted.setitem(
        steps.DO,
        Does.CONFIRM,
        lambda claim, restart, step: restarts.advance(claim=claim, restart=restart, wait_s=0),
    )


def two_runs_may_be_live(planted: pytest.MonkeyPatch) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX one_live_run_per_room")


def a_stop_is_only_written_down(planted: pytest.MonkeyPatch) -> None:
    def stop(claim: claims.Claim) -> float:
        run_states.process(claim=claim)
        return 0

    def finish(claim: claims.Claim) -> float:
        run_states.complete(claim=claim)
        return 0

    planted.setitem(visits.PHASES, Status.STOPPING, stop)
    planted.setitem(visits.PHASES, Status.PROCESSING, finish)


def a_lost_reply_is_forgotten(planted: pytest.MonkeyPatch) -> None:
    planted.setattr(compare, "_explain", lambda claim, archive: None)
    planted.setattr(compare, "_sweep_one", lambda room, archive, by, dry_run: "")


def stops_are_not_told(planted: pytest.MonkeyPatch) -> None:
    tell = history.record

    def forgetful(row: Any, *, new: str, **facts: Any) -> None:
        if new != Status.STOPPING:
            tell(row, new=new, **facts)

    planted.setattr(history, "record", forgetful)


def a_change_of_the_rows_goes_unnoticed(planted: pytest.MonkeyPatch) -> None:
    planted.setattr(accounts, "account_stamp", lambda run: "the same")


def an_unsure_measurement_erases_a_gap(planted: pytest.MonkeyPatch) -> None:
    planted.setattr(Estimate, "holds", property(lambda self: True))


def a_pause_is_missing_at_the_end(planted: pytest.MonkeyPatch) -> None:
    planted.setattr(laid_out, "_breaks", lambda segment: ())


def a_list_counts_seams(planted: pytest.MonkeyPatch) -> None:
    facts = accounts._facts
    planted.setattr(accounts, "_facts", lambda made: facts(made) | {"gap_count": len(made.seams)})


def absences_are_forgotten(planted: pytest.MonkeyPatch) -> None:
    planted.setattr(rows, "_absences", lambda run: [])


BUGS: list[tuple[str, Plant]] = [
    ("I1", holes_are_passed_over),
    ("I1", an_unsure_measurement_erases_a_gap),
    ("I1", a_pause_is_missing_at_the_end),
    ("I2", the_old_piece_is_closed_at_once),
    ("I3", two_runs_may_be_live),
    ("I4", a_stop_is_only_written_down),
    ("I5", a_lost_reply_is_forgotten),
    ("I6", stops_are_not_told),
    ("I7", absences_are_forgotten),
    ("I8", a_change_of_the_rows_goes_unnoticed),
    ("I8", a_list_counts_seams),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("promise", "plant"), BUGS, ids=[plant.__name__ for _, plant in BUGS])
def test_the_machine_finds_a_bug(promise: str, plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    found = settings(
        max_examples=400,
        stateful_step_count=20,
        deadline=None,
        database=None,
        derandomize=True,
        report_multiple_bugs=False,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    with pytest.raises(AssertionError, match=promise):
        run_state_machine_as_test(RecordingMachine, settings=found)

"""What is new in a run's account, as alarms and events: each gap once, and the outcome of the run.

What has been reported is stored apart from the account, because any reader may make the account again.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from archives import clock
from archives.models import ArchiveRun, Event, RunAccount
from archives.services import alarms, events
from archives.timeline.causes import sentence

Result = RunAccount.Result
# A gap that has grown by more than its bounds could is reported again.
GROWN_MS = 3000


def report(run: ArchiveRun, account: RunAccount) -> None:
    gaps = [_on_the_wall(gap, account.began_at_ms) for gap in account.gaps if gap["lost_ms"]]
    if gaps != account.reported_gaps:
        for gap in gaps:
            if not _is_known(gap, account.reported_gaps):
                _alarm(run, gap)
        if not gaps:
            alarms.clear(room=run.room, run=run, codes=["gap"])
        RunAccount.objects.filter(pk=account.pk).update(reported_gaps=gaps)
        account.reported_gaps = gaps
    if account.result != account.reported_result and run.status in ArchiveRun.ENDED:
        _report_result(run, account)


def take_as_reported(account: RunAccount) -> None:
    """Raise no alarm for what is older than the accounts. `account` is not stored yet."""
    account.reported_gaps = [_on_the_wall(gap, account.began_at_ms) for gap in account.gaps if gap["lost_ms"]]
    account.reported_result = account.result


def _on_the_wall(gap: dict[str, Any], began_at_ms: int) -> dict[str, Any]:
    since, until = began_at_ms + gap["start_ms"], began_at_ms + gap["end_ms"]
    return {"from_ms": since, "until_ms": until, "open": gap["open"], "causes": gap["causes"]}


def _is_known(gap: dict[str, Any], reported: Iterable[dict[str, Any]]) -> bool:
    """One of the reported gaps is the same one, which went on or whose bounds are better known."""
    return any(
        each["from_ms"] <= gap["until_ms"]
        and gap["from_ms"] <= each["until_ms"]
        and (each["open"] or _length_ms(gap) - _length_ms(each) < GROWN_MS)
        for each in reported
    )


def _length_ms(gap: dict[str, Any]) -> int:
    return int(gap["until_ms"] - gap["from_ms"])


def _alarm(run: ArchiveRun, gap: dict[str, Any]) -> None:
    """Each gap is an alarm of its own, also while the one before is still shown."""
    since, until = clock.from_ms(gap["from_ms"]), clock.from_ms(gap["until_ms"])
    why = " ".join(sentence(cause, "operator") for cause in gap["causes"])
    when = f"since {since:%H:%M:%S} UTC" if gap["open"] else f"from {since:%H:%M:%S} to {until:%H:%M:%S} UTC"
    alarms.renew(room=run.room, run=run, code="gap", message=f"Nothing was recorded {when}. {why}")


def _report_result(run: ArchiveRun, account: RunAccount) -> None:
    """Raise an alarm if the recording is not whole: operators may never open its page."""
    with transaction.atomic():
        mine = RunAccount.objects.filter(pk=account.pk, reported_result=account.reported_result)
        if not mine.update(reported_result=account.result):
            return
        alarms.clear(room=run.room, run=run, codes=[Result.NOTHING, Result.LOSSES])
        if account.result in (Result.NOTHING, Result.LOSSES):
            message = _words(account)
            alarms.open(room=run.room, run=run, code=account.result, message=message)
            named = {"absences": account.absences}
            data = numbers(account) | {"gaps": account.gaps, "message": message}
            events.record(type=Event.Type.RUN_LOSSES, run=run, data=data, named=named)
    account.reported_result = account.result


def numbers(account: RunAccount) -> dict[str, Any]:
    """The numbers that every page shows."""
    names = ("result", "duration_ms", "missing_ms", "lost_ms", "gap_count")
    return {name: getattr(account, name) for name in names}


def _words(account: RunAccount) -> str:
    if account.result == Result.NOTHING:
        causes = dict.fromkeys(cause for gap in account.gaps for cause in gap["causes"])
        why = (sentence(cause, "operator") for cause in causes)
        return " ".join(["Nothing of this recording can be played.", *why])
    people = len({absent["participant"] for absent in account.absences if absent["sure"]})
    gaps = f"{account.gap_count} {'gap' if account.gap_count == 1 else 'gaps'}"
    lost = f"{gaps}, {account.lost_ms / 1000:.1f} s lost"
    missing = f"; {people} {'person' if people == 1 else 'people'} missing for a time" if people else ""
    return f"This recording is complete with losses: {lost}{missing}."

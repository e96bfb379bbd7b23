"""The account of a run: stored with it, made again when its rows or the rules have changed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from archives import clock
from archives.models import ArchiveRun, RunAccount
from archives.services import alarms
from archives.services.stamps import account_stamp, with_account_stamp
from archives.timeline import VERSION, Absent, Account, Gap, account_for
from archives.timeline.causes import sentence

# So many accounts of old runs are made per round of the worker: what records does not wait for them.
BATCH = 5
# A gap that has grown by more than its bounds could raises another alarm.
GROWN_MS = 3000
# What is recorded, or missing, grows without any row being written.
LIVE_HOLDS_S = 5.0
MADE = [field.attname for field in RunAccount._meta.concrete_fields if not field.primary_key]


def current(run: ArchiveRun, account: Account | None = None) -> RunAccount:
    """The account of the run as its rows stand.

    `run`: of `with_account_stamp` and with its account, to save a query; `account`: if it was made just now.
    """
    if not hasattr(run, "of_segments"):
        run = with_account_stamp(ArchiveRun.objects.select_related("account", "room")).get(pk=run.pk)
    stored = getattr(run, "account", None)
    if stored is not None and is_current(stored, run):
        return stored
    return store(run, account or account_for(run))


def is_current(stored: RunAccount, run: ArchiveRun) -> bool:
    if stored.version != VERSION or stored.stamp != account_stamp(run):
        return False
    return not run.is_live or stored.made_at > clock.after(-LIVE_HOLDS_S)


def store(run: ArchiveRun, account: Account, *, reported: bool = False) -> RunAccount:
    """`run`: of `with_account_stamp` and with its account, read before this one was made.

    `reported`: its gaps need no alarm; else those need none that the former account had an alarm for.
    """
    facts = _facts(account) | {"version": VERSION, "stamp": account_stamp(run), "made_at": clock.now()}
    before = getattr(run, "account", None)
    for gap in facts["gaps"]:
        gap["reported"] = reported or _is_reported(gap, account.began_at_ms, before)
    made = RunAccount(run_id=run.pk, **facts)
    # In one statement: readers and workers may store it at the same time.
    RunAccount.objects.bulk_create([made], update_conflicts=True, unique_fields=["run"], update_fields=MADE)
    return made


def _facts(account: Account) -> dict[str, Any]:
    seams = [seam for seam in account.seams if seam.verdict.kind == "overlap"]
    measured = sum(seam.verdict.source != "times" for seam in seams)
    return {
        "result": account.result,
        "began_at_ms": account.began_at_ms,
        "duration_ms": account.duration_ms,
        "missing_ms": account.missing_ms,
        "lost_ms": sum(gap.lost_ms for gap in account.gaps),
        "pending_ms": account.pending_ms,
        "gap_count": len(account.gaps),
        "measured": measured,
        "estimated": len(seams) - measured,
        "playable": account.playable,
        "gaps": [gap_facts(gap) for gap in account.gaps],
        "absences": [absence_facts(absent) for absent in account.absences],
    }


def absence_facts(absent: Absent) -> dict[str, Any]:
    return {
        "participant": absent.participant,
        "name": absent.name,
        "from_ms": absent.bounds[0],
        "until_ms": absent.bounds[1],
        "causes": list(absent.causes),
        "sure": absent.sure,
    }


def gap_facts(gap: Gap) -> dict[str, Any]:
    return {
        "start_ms": gap.start_ms,
        "end_ms": gap.end_ms,
        "margins_ms": list(gap.margins_ms),
        "causes": list(gap.causes),
        "lost_ms": gap.lost_ms,
        "open": gap.open,
    }


def refresh(*, run_id: UUID) -> RunAccount:
    """Make the account again if the run's rows have changed, and raise an alarm for each new gap.

    If there is none any more, such as after a file came that was given up, the alarm ends.

    May be called at any time and by anybody: a gap is found as soon as both its ends are known, and becomes
    exact when the segments' lengths are.
    """
    run = with_account_stamp(ArchiveRun.objects.select_related("account", "room")).get(pk=run_id)
    is_first = getattr(run, "account", None) is None
    account = current(run)
    new = [gap for gap in account.gaps if gap["lost_ms"] and not gap["reported"]]
    for gap in new:
        _alarm(run, gap, account.began_at_ms)
        gap["reported"] = True
    if not is_first and not any(gap["lost_ms"] for gap in account.gaps):
        alarms.clear(room=run.room, run=run, codes=["gap"])
    if new:
        RunAccount.objects.filter(pk=run_id, stamp=account.stamp).update(gaps=account.gaps)
    return account


def _is_reported(gap: dict[str, Any], began_at_ms: int, before: RunAccount | None) -> bool:
    """There is an alarm for it: a former gap is the same, which went on or whose bounds are better known."""
    if before is None:
        return False
    shift = before.began_at_ms - began_at_ms
    length_ms = gap["end_ms"] - gap["start_ms"]
    return any(
        each["start_ms"] + shift <= gap["end_ms"]
        and gap["start_ms"] <= each["end_ms"] + shift
        and (each["open"] or length_ms - (each["end_ms"] - each["start_ms"]) < GROWN_MS)
        for each in before.gaps
        if each["reported"]
    )


def _alarm(run: ArchiveRun, gap: dict[str, Any], began_at_ms: int) -> None:
    """Each gap is an alarm of its own, also while the one before is still shown."""
    since, until = (clock.from_ms(began_at_ms + gap[end]) for end in ("start_ms", "end_ms"))
    why = " ".join(sentence(cause, "operator") for cause in gap["causes"])
    when = f"since {since:%H:%M:%S} UTC" if gap["open"] else f"from {since:%H:%M:%S} to {until:%H:%M:%S} UTC"
    alarms.renew(room=run.room, run=run, code="gap", message=f"Nothing was recorded {when}. {why}")


def expire(*, runs: QuerySet[ArchiveRun]) -> None:
    """What they were made of has changed outside the runs' own rows."""
    RunAccount.objects.filter(run__in=runs).update(stamp="")


def make_missing() -> int:
    """Make some accounts that are missing or of other rules; returns how many.

    A gap of a run that has ended is no news, so it raises no alarm.
    """
    runs = with_account_stamp(_without_account().select_related("account", "room").order_by("-created_at"))
    made = list(runs[:BATCH])
    for run in made:
        store(run, account_for(run), reported=not run.is_live)
    return len(made)


def _without_account() -> QuerySet[ArchiveRun]:
    return ArchiveRun.objects.filter(Q(account=None) | ~Q(account__version=VERSION))

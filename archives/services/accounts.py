"""The account of a run: stored with it, made again when its rows or the rules have changed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from archives import clock
from archives.models import ArchiveRun, RunAccount
from archives.services import account_reports
from archives.services.stamps import account_stamp, with_account_stamp
from archives.timeline import VERSION, Absent, Account, Gap, account_for

# Accounts of old runs made per round of the worker, so that live runs do not wait for them.
BATCH = 5
# Seconds. What is recorded, or missing, grows without any row being written.
LIVE_HOLDS_S = 5.0


def current(run: ArchiveRun, account: Account | None = None, *, is_news: bool = False) -> RunAccount:
    """The account of the run as its rows stand.

    `run`: of `with_account_stamp` and with its account, to save a query; `account`: if it was made just now.
    """
    if not hasattr(run, "of_segments"):
        run = with_account_stamp(ArchiveRun.objects.select_related("account", "room")).get(pk=run.pk)
    stored = getattr(run, "account", None)
    if stored is not None and is_current(stored, run):
        return stored
    # What had ended before accounts were kept is no news.
    is_old = stored is None and run.status in ArchiveRun.ENDED and not is_news
    return store(run, account or account_for(run), as_reported=is_old)


def is_current(stored: RunAccount, run: ArchiveRun) -> bool:
    if stored.version != VERSION or stored.stamp != account_stamp(run):
        return False
    return not run.is_live or stored.made_at > clock.after(-LIVE_HOLDS_S)


def store(run: ArchiveRun, account: Account, *, as_reported: bool = False) -> RunAccount:
    """`run`: of `with_account_stamp` and with its account, read before this one was made."""
    facts = _facts(account) | {"version": VERSION, "stamp": account_stamp(run), "made_at": clock.now()}
    made = RunAccount(run_id=run.pk, **facts)
    if as_reported:
        account_reports.take_as_reported(made)
    # In one statement, since readers and workers may store it at the same time. What was reported stays.
    RunAccount.objects.bulk_create(
        [made], update_conflicts=True, unique_fields=["run"], update_fields=[*facts]
    )
    if (before := getattr(run, "account", None)) is not None:
        made.reported_gaps, made.reported_result = before.reported_gaps, before.reported_result
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
        "published": account.published,
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
    """Make the account again if the run's rows have changed, and report what is new in it.

    The alarm is cleared if no gap is left, such as after a file came that had been given up.

    Idempotent. A gap is found as soon as both its ends are known, and becomes exact when the segments'
    lengths are.
    """
    run = with_account_stamp(ArchiveRun.objects.select_related("account", "room")).get(pk=run_id)
    account = current(run, is_news=True)
    account_reports.report(run, account)
    return account


def expire(*, runs: QuerySet[ArchiveRun]) -> None:
    """Invalidate the accounts: something outside the runs' own rows has changed."""
    RunAccount.objects.filter(run__in=runs).update(stamp="")


def make_missing() -> int:
    """Make some accounts that are missing or of other rules; returns how many."""
    stale = ArchiveRun.objects.filter(account=None) | ArchiveRun.objects.exclude(account__version=VERSION)
    runs = list(with_account_stamp(stale.select_related("room").order_by("-created_at"))[:BATCH])
    for run in runs:
        current(run)
    return len(runs)

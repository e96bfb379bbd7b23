"""The one leased job: attempts that are killed, ended, fail or lose their lease; and a fifth kind of job."""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.utils.module_loading import import_string
from django_tasks_db.models import DBTaskResult

from archives import clock
from archives.media import jobs, tasks
from archives.media.cleanup.removal import run_purge
from archives.media.renewal import Lease
from archives.models import Job, Preview
from archives.ops import backlog, health, metrics, telemetry
from archives.platform import gateway
from archives.platform.gateway import OpenTokPlatform
from archives.services import library, retry
from archives.services.jobs import leases
from archives.services.jobs.kinds import Kind
from archives.services.jobs.table import KINDS
from tests.support.media.jobs_to_do import Platform, due_job, problem
from tests.support.media.killing import Killed, calls_of, points
from tests.support.media.stored_segments import keep_in, new_run

pytestmark = [pytest.mark.django_db, pytest.mark.media]
ROOT = Path(__file__).resolve().parents[2]
KILLS = 10


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    return keep_in(tmp_path, settings)


@pytest.fixture(autouse=True)
def platform() -> Iterator[Platform]:
    server = Platform()
    gateway.use(OpenTokPlatform("100", "a secret that is long enough for HS256", server.url, 5))
    yield server
    gateway.use(None)
    server.shutdown()
    server.server_close()


def attempt(kind: Kind, pk: str) -> None:
    """The lease of the attempt before has expired."""
    kind.pending().filter(pk=pk).update(due_at=clock.now())
    jobs.run(kind, kind.rows().get(pk=pk))


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_a_job_that_is_killed_ten_times_is_done_in_the_end(kind: Kind) -> None:
    """As tests/nightly/test_killed_jobs.py, within this process."""
    whole = calls_of(partial(attempt, kind, due_job(kind.name)))
    other = due_job(kind.name)
    calls_of(partial(attempt, kind, other), at=round(whole * 0.9))
    # An ingest continues where the one before was killed, so that less is left to be done.
    least = calls_of(partial(attempt, kind, other))
    pk = due_job(kind.name)
    for at in points(least, KILLS):
        assert calls_of(partial(attempt, kind, pk), at=at) == at
        job = kind.pending().get(pk=pk)
        assert (job.failures, job.interruptions > 0) == (0, True)
    attempt(kind, pk)
    assert problem(kind.name, pk) == ""


# --- mechanism, with one kind ------------------------------------------------------------------------
class Scripted(jobs.Worker[Preview]):
    """Does what the test says."""

    outcomes: list[BaseException | None]

    def work(self) -> None:
        outcome = self.outcomes.pop(0) if self.outcomes else None
        if outcome:
            raise outcome
        leases.done(self.job)


@pytest.fixture
def fifth(monkeypatch: pytest.MonkeyPatch) -> Kind:
    """A fifth kind of job, on the rows of previews: this and its row in the table is all there is of it."""
    kind = Kind(
        name="fifth",
        label="the fifth thing",
        worker=f"{__name__}.Scripted",
        priority=20,
        rows=lambda: Preview.objects.select_related("run__room"),
        pauses_s=(10, 20),
        renew_every_s=-1,
    )
    monkeypatch.setattr(Scripted, "outcomes", [], raising=False)
    monkeypatch.delitem(KINDS, "preview")
    monkeypatch.setitem(KINDS, "fifth", kind)
    return kind


@pytest.fixture
def job() -> Preview:
    return Preview.objects.create(run=new_run(status="complete"), due_at=clock.now())


def again(job: Preview) -> Preview:
    return Preview.objects.get(pk=job.pk)


def wait_s(job: Job) -> float:
    assert job.due_at
    return (job.due_at - clock.now()).total_seconds()


def test_a_failure_waits_longer_each_time_and_is_given_up(fifth: Kind, job: Preview) -> None:
    Scripted.outcomes = [OSError("the disk is full") for _ in range(4)]
    waits = []
    for failures in (1, 2, 3):
        jobs.run(fifth, again(job))
        waits.append(round(wait_s(again(job))))
        assert (again(job).failures, again(job).interruptions, again(job).given_up) == (failures, 0, "")
        assert again(job).job_error == "OSError: the disk is full"
    assert waits == [10, 20, 20]
    jobs.run(fifth, again(job))
    assert again(job).given_up == "Given up after 4 failed attempts. OSError: the disk is full"


def test_to_be_ended_with_time_to_say_so_counts_for_nothing(fifth: Kind, job: Preview) -> None:
    Scripted.outcomes = [SystemExit(1) for _ in range(leases.MAX_INTERRUPTIONS + 10)]
    for _ in range(leases.MAX_INTERRUPTIONS + 10):
        with pytest.raises(SystemExit):
            jobs.run(fifth, again(job))
        assert wait_s(again(job)) <= 0
    assert (again(job).failures, again(job).interruptions, again(job).job_error) == (0, 0, "")


def test_one_that_kills_every_process_is_given_up_and_says_so(fifth: Kind, job: Preview) -> None:
    Scripted.outcomes = [Killed() for _ in range(leases.MAX_INTERRUPTIONS)]
    waits = []
    while Scripted.outcomes:
        with pytest.raises(Killed):
            jobs.run(fifth, again(job))
        waits.append(round(wait_s(again(job))))
    assert again(job).given_up == ""
    assert waits == sorted(waits), "longer and longer"
    assert waits[0] < leases.LEASE_S + 1
    assert 24 * 3600 < sum(waits) < 48 * 3600
    jobs.run(fifth, again(job))
    assert (
        again(job).given_up
        == "Given up after 50 attempts whose process was killed, as happens if memory runs out."
    )


def test_progress_that_is_not_lost_forgets_earlier_interruptions(fifth: Kind, job: Preview) -> None:
    Preview.objects.update(interruptions=49)
    mine = again(job)
    assert leases.claim(fifth, mine)
    Lease(fifth, mine, lambda share: None).advanced()
    assert again(job).interruptions == 1
    assert wait_s(again(job)) <= leases.LEASE_S


def test_an_attempt_that_goes_on_later_is_due_at_once(fifth: Kind, job: Preview) -> None:
    Scripted.outcomes = [leases.Unfinished()]
    jobs.run(fifth, again(job))
    assert wait_s(again(job)) <= 0
    assert (again(job).failures, again(job).interruptions) == (0, 0)


def test_the_same_row_cannot_be_claimed_or_ended_twice(fifth: Kind, job: Preview) -> None:
    one, two = again(job), again(job)
    assert leases.claim(fifth, one)
    assert not leases.claim(fifth, two)
    assert not leases.done(two)
    assert not leases.retry(fifth, two, "late")
    assert not leases.give_up(fifth, two, "late")
    assert leases.done(one)
    assert not leases.renew(one), "what is done is held by nobody"
    assert again(job).job_error == ""


def test_one_that_was_called_off_loses_its_lease(fifth: Kind, job: Preview) -> None:
    mine = again(job)
    assert leases.claim(fifth, mine)
    assert leases.call_off(fifth, Preview.objects.all()) == 1
    lease = Lease(fifth, mine, lambda share: None)
    assert lease.is_lost()
    with pytest.raises(leases.LeaseLost):
        lease.progress(0.5)


def test_attempts_are_counted_by_kind_and_outcome(fifth: Kind, job: Preview) -> None:
    telemetry.take()
    Scripted.outcomes = [OSError("no"), leases.Unfinished(), SystemExit(1), leases.LeaseLost(), None]
    for _ in range(5):
        Preview.objects.update(due_at=clock.now())
        with contextlib.suppress(SystemExit):
            jobs.run(fifth, again(job))
    counted = [key[2] for key in telemetry.take() if key[:2] == (telemetry.MEDIA_JOB, "fifth")]
    assert sorted(counted) == ["done", "failed", "interrupted", "lost", "unfinished"]


# --- a fifth kind ------------------------------------------------------------------------------------
def test_a_fifth_kind_is_queued_and_done(fifth: Kind, job: Preview) -> None:
    assert (tasks.enqueue_due(), tasks.enqueue_due()) == (1, 0)
    queued = DBTaskResult.objects.get()
    assert (queued.task_path, queued.priority) == ("archives.media.tasks.run_job", fifth.priority)
    queued.task.call(*queued.args_kwargs["args"])
    assert again(job).due_at is None


def test_a_fifth_kind_is_in_the_metrics_and_in_readyz(fifth: Kind, job: Preview) -> None:
    Preview.objects.update(due_at=clock.after(-health.QUEUE_LATE_S - 10))
    assert backlog.backlogs()["fifth"].waiting == 1
    lengths = next(each for each in metrics.Installation().collect() if each.name.endswith("queue_length"))
    assert {sample.labels["queue"]: sample.value for sample in lengths.samples}["fifth"] == 1
    assert health._queue().startswith("waiting for ")


def test_a_fifth_kind_is_retried_with_its_run(fifth: Kind, job: Preview) -> None:
    leases.give_up(fifth, again(job), "no")
    assert retry.retry_run(run=job.run, by="test") == ["the fifth thing"]
    assert (wait_s(again(job)) <= 0, again(job).job_error) == (True, "")


def test_a_fifth_kind_ends_with_its_run(fifth: Kind, job: Preview) -> None:
    library.trash(run=job.run, by="test")
    run_purge(run=job.run, by="test")
    assert again(job).due_at is None


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_every_row_of_the_table_names_a_worker_and_finds_its_rows(kind: Kind) -> None:
    assert issubclass(import_string(kind.worker), jobs.Worker)
    assert issubclass(kind.rows().model, Job)
    assert list(kind.failed(kind.rows())) == list(kind.waiting(kind.pending())) == []
    assert kind.priority in (30, 20, 10, 0)


@pytest.mark.parametrize(
    "module",
    [
        "media/jobs.py",
        "media/renewal.py",
        "media/tasks.py",
        "ops/backlog.py",
        "ops/health.py",
        "ops/metrics.py",
        "services/jobs/kinds.py",
        "services/jobs/leases.py",
        "services/retry.py",
    ],
)
def test_what_works_on_jobs_knows_no_kind_by_name(module: str) -> None:
    source = ast.parse((ROOT / "archives" / module).read_text())
    strings = {node.value for node in ast.walk(source) if isinstance(node, ast.Constant)}
    names = {
        alias.name for node in ast.walk(source) if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    modules = {kind.worker.split(".")[2] for kind in KINDS.values()}
    assert (strings & set(KINDS), names & modules) == (set(), set())

"""Tasks that were queued before an upgrade, under the path that they had then, still run after it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import django_rq
import pytest
from django.utils.module_loading import import_string
from django_tasks_db.models import DBTaskResult
from django_tasks_rq.backend import Job

from archives import clock
from archives.management.commands.media import database_worker
from archives.media import jobs, tasks
from archives.models import Preview
from archives.services.jobs.table import KINDS
from dualarchive.addons import redis_queues
from tests.support.media.stored_segments import new_run
from tests.support.servers.redis_server import Redis, is_available

# As the releases before wrote them: a function for every kind of media work, in two modules.
OLD_TASKS = ("keep_segment", "measure_seam", "make_export", "make_preview")
OLD_MODULES = ("archives.tasks", "archives.media.tasks")


@pytest.fixture(scope="module")
def redis() -> Iterator[Redis]:
    if not is_available():
        pytest.skip("LEFT OUT: no redis-server here (Debian: apt install redis-server)")
    server = Redis()
    yield server
    server.close()


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Preview]:
    """The previews that a task has made."""
    found: list[Preview] = []
    monkeypatch.setattr(jobs, "run", lambda kind, preview: found.append(preview))
    return found


@pytest.mark.parametrize("module", OLD_MODULES)
@pytest.mark.parametrize(("name", "kind"), list(zip(OLD_TASKS, KINDS, strict=False)))
def test_every_old_task_does_the_job_of_its_kind(
    module: str, name: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    performed: list[tuple[str, str]] = []
    monkeypatch.setattr(jobs, "perform", lambda kind, pk, hold: performed.append((kind.name, pk)))
    import_string(f"{module}.{name}").call(17, clock.now().isoformat())
    assert performed == [(kind, "17")]


@pytest.mark.django_db
@pytest.mark.parametrize("module", OLD_MODULES)
def test_a_table_of_a_release_before_is_carried_out(module: str, made: list[Preview]) -> None:
    preview = Preview.objects.create(run=new_run(), due_at=clock.now())
    assert preview.due_at
    row = DBTaskResult.objects.create(
        task_path=f"{module}.make_preview",
        args_kwargs={"args": [preview.pk, preview.due_at.isoformat()], "kwargs": {}},
        priority=0,
        queue_name="default",
        backend_name="default",
    )
    database_worker(batch=True).run_task(row)
    row.refresh_from_db()
    assert (row.status, made) == ("SUCCESSFUL", [preview]), row.traceback


@pytest.mark.django_db
@pytest.mark.parametrize("module", OLD_MODULES)
def test_a_queue_in_redis_of_a_release_before_is_carried_out(
    module: str, redis: Redis, settings: Any, made: list[Preview]
) -> None:
    settings.REDIS_URL = redis.url
    settings.RQ_QUEUES = redis_queues(redis.url, verify=True)
    settings.TASKS = {"default": {"BACKEND": "archives.media.queues.RedisQueues", "QUEUES": []}}
    preview = Preview.objects.create(run=new_run(), due_at=clock.now())
    queue = django_rq.get_queue("preview", job_class=Job)
    queue.empty()
    assert tasks.enqueue_due() == 1
    [job] = queue.jobs
    kind, pk, hold = job.args
    assert (job.func_name, kind, pk) == ("archives.media.tasks.run_job", "preview", str(preview.pk))
    job.func_name, job.args = f"{module}.make_preview", (preview.pk, hold)
    job.save()
    [waiting] = queue.jobs
    assert waiting.func_name == f"{module}.make_preview"
    waiting.perform()
    assert made == [preview]

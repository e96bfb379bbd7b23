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
from archives.media import tasks
from archives.models import Preview
from dualarchive.addons import redis_queues
from tests.support.media.stored_segments import new_run
from tests.support.servers.redis_server import Redis, is_available

# As the release before wrote them: module and function of every kind of media work.
OLD_PATHS = {
    "keep_segment": "archives.tasks.keep_segment",
    "measure_seam": "archives.tasks.measure_seam",
    "make_export": "archives.tasks.make_export",
    "make_preview": "archives.tasks.make_preview",
}


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
    monkeypatch.setattr(tasks, "preview_make", found.append)
    return found


def test_every_kind_of_task_is_known_by_its_old_path() -> None:
    for name, path in OLD_PATHS.items():
        assert import_string(path) is getattr(tasks, name)
    named = {name for name, each in vars(tasks).items() if hasattr(each, "enqueue")}
    assert named == set(OLD_PATHS)


@pytest.mark.django_db
def test_a_table_of_the_release_before_is_carried_out(made: list[Preview]) -> None:
    preview = Preview.objects.create(run=new_run(), due_at=clock.now())
    assert preview.due_at
    row = DBTaskResult.objects.create(
        task_path=OLD_PATHS["make_preview"],
        args_kwargs={"args": [preview.pk, preview.due_at.isoformat()], "kwargs": {}},
        priority=tasks.PREVIEW,
        queue_name="default",
        backend_name="default",
    )
    database_worker(batch=True).run_task(row)
    row.refresh_from_db()
    assert (row.status, made) == ("SUCCESSFUL", [preview]), row.traceback


@pytest.mark.django_db
def test_a_queue_in_redis_of_the_release_before_is_carried_out(
    redis: Redis, settings: Any, made: list[Preview]
) -> None:
    settings.REDIS_URL = redis.url
    settings.RQ_QUEUES = redis_queues(redis.url, verify=True)
    settings.TASKS = {"default": {"BACKEND": "archives.media.queues.RedisQueues", "QUEUES": []}}
    preview = Preview.objects.create(run=new_run(), due_at=clock.now())
    assert tasks.enqueue_due() == 1
    queue = django_rq.get_queue("preview", job_class=Job)
    [job] = queue.jobs
    assert job.func_name == "archives.media.tasks.make_preview"
    job.func_name = OLD_PATHS["make_preview"]
    job.save()
    [waiting] = queue.jobs
    assert waiting.func_name == OLD_PATHS["make_preview"]
    waiting.perform()
    assert made == [preview]

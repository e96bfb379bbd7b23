"""Tasks as they were before one ran every kind of job. For one version: queues hold them at an upgrade."""

from __future__ import annotations

from datetime import datetime

from django_tasks import task

from archives.media import jobs
from archives.services.jobs.table import KINDS


@task
def keep_segment(pk: str | int, hold: str) -> None:
    _perform("ingest", pk, hold)


@task
def measure_seam(pk: str | int, hold: str) -> None:
    _perform("seam", pk, hold)


@task
def make_export(pk: str | int, hold: str) -> None:
    _perform("export", pk, hold)


@task
def make_preview(pk: str | int, hold: str) -> None:
    _perform("preview", pk, hold)


def _perform(kind: str, pk: str | int, hold: str) -> None:
    jobs.perform(KINDS[kind], str(pk), datetime.fromisoformat(hold))

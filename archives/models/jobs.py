"""A row that is also a job: when it is due, who holds it, and how its attempts ended."""

from __future__ import annotations

from django.db import models


class Job(models.Model):
    """A row with work to do, by one process at a time; `archives.services.jobs.leases` moves it."""

    # Due time, lease and fence in one: the process that moves it from the value it read holds the job. Empty
    # if there is nothing to do: it is done, called off, or given up for the reason in `job_error`.
    due_at = models.DateTimeField(null=True, blank=True)
    # Attempts in a row that reported a failure.
    failures = models.PositiveIntegerField(default=0)
    # Attempts in a row that began and never reported: their process was killed.
    interruptions = models.PositiveIntegerField(default=0)
    # Of the last attempt that failed: technical detail, and a code if people get a sentence for it.
    job_error = models.TextField(blank=True)
    job_error_code = models.CharField(max_length=40, blank=True, default="")

    class Meta:
        abstract = True

    @property
    def given_up(self) -> str:
        """Why the work will not be done; empty if it is done or may still be."""
        return self.job_error if self.due_at is None else ""

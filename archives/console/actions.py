"""What operators do to recordings from the console: each through its service, asked first, by permission."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from archives import errors
from archives.media.cleanup.removal import run_purge
from archives.models import ArchiveRun
from archives.services import history, library, restarts
from archives.services import retry as retry_service
from archives.services import runs as run_service
from archives.services.jobs import exports

Act = Callable[[Any], object]
Runs = QuerySet[ArchiveRun]


def confirmed(
    model_admin: admin.ModelAdmin[Any], request: HttpRequest, rows: QuerySet[Any], act: Act, **asked: Any
) -> HttpResponse | None:
    """Ask first; with the answer do `act` to each row and say what came of it."""
    if request.POST.get("confirmed") != "yes":
        context = {
            **model_admin.admin_site.each_context(request),
            "rows": rows,
            "title": "Are you sure?",
            **asked,
        }
        return TemplateResponse(request, "admin/archives/confirm.html", context)
    for row in rows:
        try:
            act(row)
        except errors.ArchiveError as error:
            messages.error(request, f"{row}: {error.message}")
        else:
            messages.success(request, f"{row}: under way.")
    return None


class RunOperations:
    """For the console's list of runs."""

    more = ("retry", "reconcile", "hold", "release", "trash", "restore", "clean_up")

    def has_operate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("archives.change_archiverun")

    def has_hold_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("archives.hold_archiverun")

    def has_purge_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("archives.purge_archiverun")

    def _ask(self, request: HttpRequest, runs: Runs, act: Act, *asked: str) -> HttpResponse | None:
        """`asked`: the action's name, the question, and the answer that lets it be done."""
        action, question, answer = asked
        return confirmed(self, request, runs, act, action=action, question=question, answer=answer)  # type: ignore[arg-type]

    @admin.action(description="Restart now", permissions=["operate"])
    def restart(self, request: HttpRequest, runs: QuerySet[ArchiveRun]) -> HttpResponse | None:
        by = history.actor(request.user)
        return self._ask(
            request,
            runs,
            lambda run: restarts.request(run=run, by=by, why="from the console"),
            "restart",
            "Change over to fresh archives? The call goes on, and nothing is lost.",
            "Yes, restart",
        )

    @admin.action(description="Stop recording", permissions=["operate"])
    def stop(self, request: HttpRequest, runs: QuerySet[ArchiveRun]) -> HttpResponse | None:
        by = history.actor(request.user)
        return self._ask(
            request,
            runs,
            lambda run: run_service.stop(run=run, by=by),
            "stop",
            "End these recordings? The calls go on, but are no longer recorded.",
            "Yes, stop",
        )

    @admin.action(description="Export as one MP4", permissions=["operate"])
    def export(self, request: HttpRequest, runs: QuerySet[ArchiveRun]) -> HttpResponse | None:
        return self._ask(
            request,
            runs,
            lambda run: exports.request(run=run, requested_by=request.user),
            "export",
            "Export these recordings? Each becomes one file; gaps are black and silent.",
            "Yes, export",
        )

    @admin.action(description="Retry what failed", permissions=["operate"])
    def retry(self, request: HttpRequest, runs: Runs) -> HttpResponse | None:
        by = history.actor(request.user)
        question = "Try again what failed: a step of the change-over, files, seams, exports, the preview?"
        return self._ask(
            request,
            runs,
            lambda run: retry_service.retry_run(run=run, by=by),
            "retry",
            question,
            "Yes, retry",
        )

    @admin.action(description="Reconcile with the platform", permissions=["operate"])
    def reconcile(self, request: HttpRequest, runs: Runs) -> HttpResponse | None:
        question = "Compare these recordings with the platform now, and repair the difference?"
        answer = "Yes, reconcile"
        return self._ask(
            request, runs, lambda run: retry_service.reconcile_run(run=run), "reconcile", question, answer
        )

    @admin.action(description="Put on legal hold", permissions=["hold"])
    def hold(self, request: HttpRequest, runs: Runs) -> HttpResponse | None:
        by = history.actor(request.user)
        question = "Put these recordings on legal hold? Nobody can trash or remove them until it is ended."
        act = lambda run: library.hold(run=run, by=by, why="from the console")  # noqa: E731
        return self._ask(request, runs, act, "hold", question, "Yes, hold")

    @admin.action(description="End the legal hold", permissions=["hold"])
    def release(self, request: HttpRequest, runs: Runs) -> HttpResponse | None:
        by = history.actor(request.user)
        question = "End the legal hold of these recordings? They may be trashed and removed again."
        act = lambda run: library.release(run=run, by=by, why="from the console")  # noqa: E731
        return self._ask(request, runs, act, "release", question, "Yes, end it")

    @admin.action(description="Move to the trash", permissions=["operate"])
    def trash(self, request: HttpRequest, runs: Runs) -> HttpResponse | None:
        by = history.actor(request.user)
        question = "Move these recordings to the trash? Nobody can watch them until they are restored."
        act = lambda run: library.trash(run=run, by=by)  # noqa: E731
        return self._ask(request, runs, act, "trash", question, "Yes, move them")

    @admin.action(description="Restore from the trash", permissions=["operate"])
    def restore(self, request: HttpRequest, runs: Runs) -> HttpResponse | None:
        by = history.actor(request.user)
        act = lambda run: library.restore(run=run, by=by)  # noqa: E731
        return self._ask(request, runs, act, "restore", "Restore these recordings?", "Yes, restore")

    @admin.action(description="Clean up: remove the files for good", permissions=["purge"])
    def clean_up(self, request: HttpRequest, runs: Runs) -> HttpResponse | None:
        by = history.actor(request.user)
        question = "Remove the files of these recordings for good? Only what is in the trash; no way back."
        act = lambda run: run_purge(run=run, by=by)  # noqa: E731
        return self._ask(request, runs, act, "clean_up", question, "Yes, remove for good")

"""The operators' console: all is seen, little edited; what acts goes through the services and asks first."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from archives import clock
from archives.console.actions import RunOperations, confirmed
from archives.console.history import sentence
from archives.console.lists import (
    SHOWN,
    CodeFilter,
    NewestInline,
    QuickList,
    RoomFilter,
    RunFilter,
    all_of,
)
from archives.console.timebar import time_bar
from archives.models import (
    Alarm,
    ArchiveRun,
    Callback,
    Export,
    Preview,
    Restart,
    Room,
    RunAccount,
    Seam,
    Segment,
    StreamPresence,
    Transition,
)
from archives.models.access import RoomRole
from archives.models.lists import COUNTED, runs_searched
from archives.services import accounts, retry, runs
from archives.services import alarms as alarm_service
from archives.services.stamps import with_account_stamp
from archives.timeline import Absent, account_for, causes

# Red is for what records, and for nothing else.
BADGES = {
    "recording": "#b3261e",
    "restarting": "#b3261e",
    "starting": "#3d5a80",
    "stopping": "#3d5a80",
    "processing": "#3d5a80",
    "complete": "#1b7f4b",
    "failed": "#8a5a00",
    "complete_with_losses": "#8a5a00",
    "nothing_recorded": "#8a5a00",
}


def badge(status: str, label: str) -> SafeString:
    return format_html(
        '<span style="background:{};color:#fff;border-radius:4px;padding:2px 8px">{}</span>',
        BADGES.get(status, "#555"),
        label,
    )


class ReadOnly:
    """A hand edit of these rows would lie: they say what happened."""

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


class RunList(ChangeList):
    """Pieces and alarms are counted for the runs of the page alone."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        for kind, name in (
            (Segment.objects.all(), "piece_count"),
            (Alarm.objects.filter(cleared_at=None), "alarm_count"),
        ):
            of_page = kind.filter(run__in=self.result_list).order_by().values_list("run")
            counts = dict(of_page.annotate(total=Count("pk")))
            for run in self.result_list:
                setattr(run, name, counts.get(run.pk, 0))
        shown = ArchiveRun.objects.filter(pk__in=[run.pk for run in self.result_list])
        stamped = with_account_stamp(shown.select_related("account", "room"))
        summaries = {run.pk: accounts.current(run) for run in stamped}
        for run in self.result_list:
            run.summary = summaries[run.pk]


OF_JOBS = ("failures", "interruptions", "job_error")


class SegmentInline(ReadOnly, NewestInline):
    model = Segment
    newest = ("-ordinal",)
    verbose_name_plural = f"Segments, the newest {SHOWN}"
    fields = (
        "number",
        "session",
        "status",
        "archive_id",
        "started",
        "stopped",
        "duration_ms",
        "size",
        "reason",
        "stored_at",
        *OF_JOBS,
    )
    readonly_fields = ("number", "started", "stopped")

    @admin.display(description="Started")
    def started(self, segment: Segment) -> str:
        return instant(segment.started_at)

    @admin.display(description="Stopped")
    def stopped(self, segment: Segment) -> str:
        return instant(segment.stopped_at)


class RestartInline(ReadOnly, NewestInline):
    model = Restart
    newest = ("-created_at",)
    verbose_name_plural = f"Restarts, the newest {SHOWN}"
    fields = ("created_at", "strategy", "step", "status", "automatic", "why", "attempts", "error", "ended_at")


def statements(seam: Seam) -> str:
    """Its estimates, one after the other."""
    return "; ".join(map(str, seam.estimates.all())) or "–"


class SeamInline(ReadOnly, NewestInline):
    model = Seam
    fk_name = "run"
    verbose_name_plural = f"Seams, the newest {SHOWN}"
    fields = ("earlier", "later", "statements", "settled_at", "failures", "job_error")
    readonly_fields = ("statements",)

    @admin.display(description="Estimates")
    def statements(self, seam: Seam) -> str:
        return statements(seam)


class ExportInline(ReadOnly, NewestInline):
    model = Export
    newest = ("-created_at",)
    fields = ("created_at", "gaps", "status", "progress", "link", "size", *OF_JOBS)
    readonly_fields = ("link",)

    @admin.display(description="File")
    def link(self, export: Export) -> SafeString | str:
        if export.status != Export.Status.DONE:
            return "–"
        return format_html('<a href="{}">Download</a>', reverse("export_file", args=[export.pk]))


class PreviewInline(ReadOnly, NewestInline):
    model = Preview
    verbose_name_plural = "Thumbnails and sound levels"
    # Of what a run has one of, Django would show an empty one.
    extra = 0
    fields = ("progress", "made_at", *OF_JOBS)


class TransitionInline(ReadOnly, NewestInline):
    model = Transition
    verbose_name_plural = f"Story, the newest {SHOWN}"
    newest = ("-id",)
    fields = ("at", "happened", "by", "why")
    readonly_fields = ("happened",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Transition]:
        piece = Segment.objects.filter(pk=OuterRef("subject_id")).values("ordinal")[:1]
        return super().get_queryset(request).annotate(ordinal=Subquery(piece))

    @admin.display(description="What happened")
    def happened(self, told: Transition) -> str:
        return sentence(told, told.ordinal)  # type: ignore[attr-defined]


class CallbackInline(ReadOnly, NewestInline):
    """As the platform sent them."""

    model = Callback
    fields = ("received_at", "source", "outcome", "raw")
    readonly_fields = ("raw",)
    verbose_name_plural = "raw callbacks"

    @admin.display(description="Body")
    def raw(self, callback: Callback) -> SafeString:
        return format_html("<details><summary>Show</summary><pre>{}</pre></details>", callback.body)


@admin.register(ArchiveRun)
class ArchiveRunAdmin(ReadOnly, RunOperations, QuickList):
    list_display = (
        "name",
        "badge",
        "outcome",
        "room",
        "started_at",
        "length",
        "pieces",
        "open_alarms",
        "links",
    )
    list_filter = ("status", RoomFilter, "strategy")
    list_select_related = ("room",)
    list_per_page = 50
    search_fields = ("name",)
    search_help_text = "Name of the recording or room"
    date_hierarchy = "created_at"
    ordering = ("-created_at", "id")
    actions = ("restart", "stop", "export", *RunOperations.more)
    inlines = (
        SegmentInline,
        SeamInline,
        ExportInline,
        PreviewInline,
        RestartInline,
        TransitionInline,
        CallbackInline,
    )
    fields = (
        "name",
        "badge",
        "outcome",
        "room",
        "links",
        "bar",
        "absent",
        "everything",
        "strategy",
        "requested_by",
        "started_at",
        "next_restart",
        "stop_requested_at",
        "ended_at",
        "legal_hold",
        "trashed_at",
        "error",
    )
    readonly_fields = ("badge", "outcome", "links", "bar", "absent", "everything", "next_restart")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[RunList]:
        return RunList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[ArchiveRun], search_term: str
    ) -> tuple[QuerySet[ArchiveRun], bool]:
        return runs_searched(queryset, search_term.replace("\0", " ")), False

    @admin.display(description="Status", ordering="status")
    def badge(self, run: ArchiveRun) -> SafeString:
        """In the colour of the result: the work on a run may be complete though something is missing."""
        colour = _account(run).result if run.status == ArchiveRun.Status.COMPLETE else run.status
        return badge(colour, run.get_status_display())

    @admin.display(description="Length")
    def length(self, run: ArchiveRun) -> str:
        if run.started_at is None:
            return "–"
        seconds = _account(run).duration_ms // 1000
        if run.is_live:
            seconds = int((clock.now() - run.started_at).total_seconds())
        hours, minutes = seconds // 3600, seconds % 3600 // 60
        return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {seconds % 60:02} s"

    @admin.display(description="Outcome")
    def outcome(self, run: ArchiveRun) -> str:
        """What the account says is missing, in the numbers that the pages show."""
        account = _account(run)
        if account.result == RunAccount.Result.IN_PROGRESS and not account.gap_count:
            return "–"
        said = account.get_result_display()
        return f"{said}, {account.missing_ms / 1000:.1f} s missing" if account.missing_ms else said

    @admin.display(description="Segments")
    def pieces(self, run: ArchiveRun) -> int:
        return int(run.piece_count)  # type: ignore[attr-defined]

    @admin.display(description="Alarms")
    def open_alarms(self, run: ArchiveRun) -> str:
        count = run.alarm_count  # type: ignore[attr-defined]
        return f"⚠ {count}" if count else "–"

    @admin.display(description="Open")
    def links(self, run: ArchiveRun) -> SafeString:
        return format_html(
            '<a href="{}">Host</a><br><a href="{}?run={}">Player</a>',
            reverse("host", args=[run.room.slug]),
            reverse("player"),
            run.pk,
        )

    @admin.display(description="Segments, overlaps and gaps")
    def bar(self, run: ArchiveRun) -> str:
        return time_bar(account_for(run)) or "Nothing recorded yet."

    @admin.display(description="Absent at times")
    def absent(self, run: ArchiveRun) -> SafeString | str:
        told = format_html_join("", "<li>{}</li>", ((_absence(each),) for each in account_for(run).absences))
        return format_html('<ul class="absences">{}</ul>', told) if told else "–"

    @admin.display(description="Next restart")
    def next_restart(self, run: ArchiveRun) -> str:
        """An ended run's row still has the last one that was planned."""
        return instant(run.restart_due_at if run.is_live else None)

    @admin.display(description="Everything of it")
    def everything(self, run: ArchiveRun) -> SafeString:
        return all_of(run, Segment, Seam, Restart, Transition)


def _account(run: ArchiveRun) -> RunAccount:
    """A list has read the accounts of all runs on the page in one query."""
    return getattr(run, "summary", None) or accounts.current(run)


def instant(at: datetime | None) -> str:
    return date_format(at, "DATETIME_FORMAT") if at else "–"


def _absence(absent: Absent) -> str:
    since, until = (clock.from_ms(instant) for instant in absent.bounds)
    missing = "missing" if absent.sure else "may be missing"
    why = (
        f": {' '.join(causes.sentence(cause, 'operator') for cause in absent.causes)}"
        if absent.causes
        else ""
    )
    return f"{absent.name or 'Somebody'} {missing} from {since:%H:%M:%S} to {until:%H:%M:%S} UTC{why}"


class RoleInline(admin.StackedInline[RoomRole, Room]):
    """Who has a part in the room; with nobody named, the groups hosts and reviewers have."""

    model = RoomRole
    autocomplete_fields = ("user",)
    extra = 0


@admin.register(Room)
class RoomAdmin(QuickList):
    list_display = ("name", "slug", "access_used", "strategy_used", "recording", "page")
    search_fields = ("name", "slug")
    fields = (
        "name",
        "slug",
        "access",
        "strategy",
        "restart_after_s",
        "session_id_primary",
        "session_id_secondary",
        "page",
    )
    readonly_fields = ("session_id_primary", "session_id_secondary", "page")
    inlines = (RoleInline,)
    actions = ("start", "reconcile")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Room]:
        live = ArchiveRun.objects.live().filter(room=OuterRef("pk"))
        return super().get_queryset(request).annotate(is_live=Exists(live))

    def has_operate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("archives.change_archiverun")

    @admin.display(description="Recording", boolean=True)
    def recording(self, room: Room) -> bool:
        return bool(room.is_live)  # type: ignore[attr-defined]

    @admin.display(description="Open")
    def page(self, room: Room) -> SafeString | str:
        if not room.slug:
            return "–"
        return format_html('<a href="{}">Host page</a>', reverse("host", args=[room.slug]))

    @admin.action(description="Start recording", permissions=["operate"])
    def start(self, request: HttpRequest, rooms: QuerySet[Room]) -> HttpResponse | None:
        name = request.POST.get("name", "")
        return confirmed(
            self,
            request,
            rooms,
            lambda room: runs.start(room=room, name=name, requested_by=request.user),
            action="start",
            question="Start recording these rooms? Somebody must be in each of them.",
            answer="Yes, start",
            ask_name=True,
        )

    @admin.action(description="Reconcile with the platform", permissions=["operate"])
    def reconcile(self, request: HttpRequest, rooms: QuerySet[Room]) -> HttpResponse | None:
        return confirmed(
            self,
            request,
            rooms,
            lambda room: retry.reconcile_room(room=room),
            action="reconcile",
            question="Compare these rooms with the platform now, and repair the difference?",
            answer="Yes, reconcile",
        )


@admin.register(Alarm)
class AlarmAdmin(ReadOnly, QuickList):
    list_display = ("code", "message", "room", "run", "since", "cleared_at")
    list_filter = (("cleared_at", admin.EmptyFieldListFilter), CodeFilter)
    list_select_related = ("room", "run")
    date_hierarchy = "since"
    actions = ("settle",)

    def has_operate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("archives.change_alarm")

    @admin.action(description="Mark as settled", permissions=["operate"])
    def settle(self, request: HttpRequest, alarms: QuerySet[Alarm]) -> None:
        for alarm in alarms.select_related("room", "run"):
            alarm_service.clear(room=alarm.room, run=alarm.run, codes=[alarm.code])


@admin.register(Callback)
class CallbackAdmin(ReadOnly, QuickList):
    list_display = ("received_at", "source", "outcome", "handled_at")
    list_filter = ("source",)
    search_fields = ("body", "outcome")
    search_help_text = f"An id or a word, in the newest {COUNTED} callbacks of the time chosen"
    date_hierarchy = "received_at"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Callback], search_term: str
    ) -> tuple[QuerySet[Callback], bool]:
        """No index knows the words of every body."""
        if search_term:
            newest = queryset.order_by("-received_at").values_list("pk", flat=True)[:COUNTED]
            queryset = queryset.filter(pk__in=list(newest))
        return super().get_search_results(request, queryset, search_term)


class OfRun(ReadOnly, QuickList):
    """A list that a run's page leads to."""

    list_select_related = ("run",)
    list_filter = (RunFilter,)


@admin.register(Transition)
class TransitionAdmin(OfRun):
    list_display = ("at", "run", "subject", "field", "old", "new", "by", "why")
    ordering = ("-id",)


@admin.register(Segment)
class SegmentAdmin(OfRun):
    list_display = ("run", *SegmentInline.fields)
    started, stopped = SegmentInline.started, SegmentInline.stopped
    ordering = ("run", "-ordinal")


@admin.register(Seam)
class SeamAdmin(OfRun):
    list_display = ("run", *SeamInline.fields)
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Seam]:
        rows = super().get_queryset(request)
        return rows.select_related("earlier", "later").prefetch_related("estimates")

    @admin.display(description="Estimates")
    def statements(self, seam: Seam) -> str:
        return statements(seam)


@admin.register(Restart)
class RestartAdmin(OfRun):
    list_display = ("run", *RestartInline.fields)
    ordering = ("run", "-created_at")


@admin.register(StreamPresence)
class StreamPresenceAdmin(ReadOnly, QuickList):
    list_display = ("name", "room", "session", "video_type", "created_at", "destroyed_at")
    list_filter = ("session",)
    list_select_related = ("room",)

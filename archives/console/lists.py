"""What keeps the console's lists and pages quick with millions of rows."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from archives.models import Alarm, ArchiveRun, Room
from archives.models.lists import Periods, counted, distinct

# Of what belongs to a run its page shows so many, the newest; all of it has a list.
SHOWN = 100


class BoundedPaginator(Paginator[Any]):
    """Counts, and so leads, no further than `lists.COUNTED` rows: beyond, filters and dates lead."""

    @cached_property
    def count(self) -> int:
        return counted(self.object_list)  # type: ignore[arg-type]


class QuickList(admin.ModelAdmin[Any]):
    """Each page of the list, and each of its filters, is found by an index."""

    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        return Periods(self.model, query=rows.query, using=rows.db) if self.date_hierarchy else rows


class RoomFilter(admin.SimpleListFilter):
    """The rooms of the newest recordings; there may be too many rooms to name them all."""

    title = "room"
    parameter_name = "room__id__exact"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        newest = ArchiveRun.objects.order_by("-created_at").values_list("room_id", flat=True)[:SHOWN]
        keys = list(dict.fromkeys(newest))[:20]
        if str(self.value() or "").isdigit():
            keys.append(int(str(self.value())))
        rooms = Room.objects.filter(pk__in=keys).order_by("name")
        return [(str(room.pk), room.name) for room in rooms]

    def queryset(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() is None:
            return rows
        return rows.filter(room=self.value()) if str(self.value()).isdigit() else rows.none()


class CodeFilter(admin.SimpleListFilter):
    title = "code"
    parameter_name = "code"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(code, code) for code in distinct(Alarm.objects.all(), "code")]

    def queryset(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.filter(code=self.value()) if self.value() else rows


class RunFilter(admin.SimpleListFilter):
    """One run's rows, as its page leads to them."""

    title = "recording"
    parameter_name = "run__id__exact"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        run = _run(self.value())
        return [(str(run.pk), run.name)] if run else []

    def queryset(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() is None:
            return rows
        run = _run(self.value())
        return rows.filter(run=run) if run else rows.none()


def _run(key: str | None) -> ArchiveRun | None:
    try:
        return ArchiveRun.objects.filter(pk=key).first() if key else None
    except ValidationError:
        return None


class NewestInline(admin.TabularInline[Any, ArchiveRun]):
    """The newest SHOWN of a run's rows."""

    newest: tuple[str, ...] = ("-pk",)
    template = "admin/archives/rows.html"

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """Without a field to fill in: a form's copy of each would take most of the page's time."""
        return super().get_formset(request, obj, **{**kwargs, "fields": ()})

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        run = request.resolver_match.kwargs.get("object_id") if request.resolver_match else None
        if run is None:
            return rows.none()
        keys = rows.filter(run=run).order_by(*self.newest).values_list("pk", flat=True)[:SHOWN]
        return rows.filter(pk__in=list(keys))


def all_of(run: ArchiveRun, *kinds: type[Model]) -> SafeString:
    """Links to the lists of what belongs to the run."""
    told = [kind._meta for kind in kinds]
    links = (
        (reverse(f"admin:archives_{kind.model_name}_changelist"), run.pk, kind.verbose_name_plural)
        for kind in told
    )
    return format_html_join(" · ", '<a href="{}?run__id__exact={}">All {}</a>', links)

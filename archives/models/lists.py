"""Lists that cost the same however many rows there are: counted to a bound, searched and stepped by index."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Model, Q, QuerySet

from archives.models import ArchiveRun, Room

# A list says how many rows it has up to here; beyond, that there are more.
COUNTED = 1_000
# Up to so many rooms a word of a search stands for these rooms.
ROOMS_MEANT = 200
NEXT: dict[str, Callable[[datetime], datetime]] = {
    "day": lambda at: at + timedelta(days=1),
    "month": lambda at: (at + timedelta(days=32)).replace(day=1),
    "year": lambda at: at.replace(year=at.year + 1),
}
BEGIN: dict[str, dict[str, int]] = {"day": {}, "month": {"day": 1}, "year": {"day": 1, "month": 1}}


def counted(rows: QuerySet[Any]) -> int:
    """How many rows there are, COUNTED at most; in their own order, which an index has."""
    return rows[:COUNTED].count()


def runs_searched(runs: QuerySet[ArchiveRun], text: str) -> QuerySet[ArchiveRun]:
    """Those that have every word of `text` in their own or their room's name."""
    for word in text.split():
        runs = runs.filter(Q(name__icontains=word) | _in_rooms(word))
    return runs


def _in_rooms(word: str) -> Q:
    """Named as a list, so that the database can look them up; too many are rather met on the way."""
    meant = Room.objects.filter(Q(name__icontains=word) | Q(slug__icontains=word)).order_by()
    keys = list(meant.values_list("pk", flat=True)[: ROOMS_MEANT + 1])
    return Q(room__in=keys) if len(keys) <= ROOMS_MEANT else Q(room__in=meant.values("pk"))


def distinct(rows: QuerySet[Any], field: str) -> Iterator[Any]:
    """The values of an indexed column, smallest first, in one look at the index for each."""
    values = rows.order_by(field).values_list(field, flat=True)
    value = values.first()
    while value is not None:
        yield value
        value = values.filter(**{f"{field}__gt": value}).first()


class Periods(QuerySet[Model]):
    """Finds the days, months or years that have rows by stepping over the index from one to the next."""

    def datetimes(self, field_name: str, kind: str, order: str = "ASC", tzinfo: Any = None) -> Any:
        found = list(self._periods(field_name, kind))
        return found if order == "ASC" else found[::-1]

    def _periods(self, field: str, kind: str) -> Iterator[datetime]:
        times = self.filter(**{f"{field}__isnull": False}).order_by(field).values_list(field, flat=True)
        at = times.first()
        while at is not None:
            begin = at.replace(hour=0, minute=0, second=0, microsecond=0, **BEGIN[kind])
            yield begin
            at = times.filter(**{f"{field}__gte": NEXT[kind](begin)}).first()

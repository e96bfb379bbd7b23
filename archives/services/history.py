"""How a state changes: a filtered update and a Transition, in one transaction, under the claim if any."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction

from archives.models import ArchiveRun, Restart, Segment, Transition
from archives.services.claims import Claim

Row = ArchiveRun | Segment | Restart


def _run_id(row: Row) -> Any:
    return row.pk if isinstance(row, ArchiveRun) else row.run_id


def record(row: Row, *, old: str, new: str, by: str, why: str = "", field: str = "status") -> None:
    """Write the Transition alone; for rows that were just created in the same transaction."""
    Transition.objects.create(
        run_id=_run_id(row),
        subject=type(row).__name__.removeprefix("Archive").lower(),
        subject_id=row.pk,
        field=field,
        old=old,
        new=new,
        by=by[:150],
        why=why,
    )


def move(
    row: Row,
    new: str,
    *,
    old: str | Iterable[str],
    by: str,
    why: str = "",
    field: str = "status",
    claim: Claim | None = None,
    where: dict[str, Any] | None = None,
    **values: Any,
) -> bool:
    """Change `field` from one of `old` to `new` with `values`; False where the row has moved on meanwhile.

    Raises ClaimLost where `claim` is no longer held.
    """
    olds = [old] if isinstance(old, str) else list(old)
    with transaction.atomic():
        if claim:
            claim.guard()
        # One value at a time, so that the story tells the true old state whatever this row object says.
        for was in olds:
            found = type(row)._default_manager.filter(pk=row.pk, **{field: was}, **(where or {}))
            if found.update(**{field: new}, **values):
                if claim:
                    claim.changed = True
                record(row, old=was, new=new, by=by, why=why, field=field)
                break
        else:
            return False
    for name, value in {field: new, **values}.items():
        setattr(row, name, value)
    return True


def actor(user: User | AnonymousUser | None) -> str:
    return f"host:{user.get_username()}" if user is not None and user.is_authenticated else "host"

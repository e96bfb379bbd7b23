"""Events are recorded in the transaction of what they report, once for each thing that happens."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.db import transaction
from django.test import Client

from archives import clock
from archives.models import ArchiveRun, Delivery, Event, Export, Subscriber
from archives.services import account_reports, accounts, events, library
from archives.services.jobs import exports
from archives.services.people import links
from archives.web import access
from tests.support.recording.world import World

pytestmark = pytest.mark.django_db


def types(run: ArchiveRun) -> list[str]:
    return list(run.events.order_by("pk").values_list("type", flat=True))


def of(run: ArchiveRun, type: str) -> dict[str, Any]:
    """The data of the run's one event of this type."""
    return run.events.get(type=type).data


def ended_run(world: World) -> ArchiveRun:
    run = world.start("Hearing")
    world.wait(30)
    world.stop(run)
    world.until_status(run, ArchiveRun.Status.COMPLETE)
    run.refresh_from_db()
    return run


def test_a_recording_starts_and_completes(world: World) -> None:
    run = ended_run(world)
    assert types(run) == ["run.started", "run.complete"]
    assert run.started_at
    assert run.ended_at
    assert of(run, "run.complete") == {
        "started_at": run.started_at.isoformat(),
        "ended_at": run.ended_at.isoformat(),
        **account_reports.numbers(accounts.current(run)),
    }


def test_an_export_is_ready(world: World) -> None:
    run = ended_run(world)
    export = Export.objects.create(run=run, digest="d", status="running", due_at=clock.now())
    assert exports.done(export, file="f.mp4", size=7, duration_ms=9, report={})
    assert not exports.done(export, file="f.mp4", size=7, duration_ms=9, report={})
    expected = {"export": str(export.pk), "gaps": "black", "size": 7, "duration_ms": 9}
    assert of(run, "export.ready") == expected


def test_a_share_link_is_opened_once_an_hour(world: World) -> None:
    run = ended_run(world)
    share = links.share_create(run=run)
    address = f"/player/?share={access.link_text(share)}"
    for minutes in (0, 30, 31):
        world.platform.advance(minutes * 60)
        assert Client().get(address).status_code == 302
    assert types(run).count("share.opened") == 2
    assert Client().get("/player/?share=made-up").status_code == 302
    assert types(run).count("share.opened") == 2


def test_a_recordings_days_are_over(world: World, settings: Any) -> None:
    run = ended_run(world)
    settings.RETENTION_DAYS = 7
    world.platform.advance(8 * 86_400)
    call_command("cleanup", "--dry-run", stdout=StringIO())
    assert "retention.due" not in types(run)
    call_command("cleanup", stdout=StringIO())
    call_command("cleanup", stdout=StringIO())
    run.refresh_from_db()
    assert run.trashed_at
    assert of(run, "retention.due")["removed_after"] == (run.trashed_at + timedelta(days=30)).isoformat()


def test_who_trashes_a_recording_by_hand_needs_no_notice(world: World) -> None:
    run = ended_run(world)
    library.trash(run=run, by="host")
    assert "retention.due" not in types(run)


def test_what_is_rolled_back_has_not_happened(world: World) -> None:
    Subscriber.objects.create(name="Monitoring", kind="email", address="ann@example.org")
    run = world.start()
    before = Event.objects.count(), Delivery.objects.count()
    with transaction.atomic():
        events.record(type=Event.Type.RUN_LOSSES, run=run)
        transaction.set_rollback(True)
    assert (Event.objects.count(), Delivery.objects.count()) == before


def test_cleanup_removes_old_events_and_keeps_those_that_wait(world: World) -> None:
    run = world.start()
    Subscriber.objects.create(name="Monitoring", kind="email", address="ann@example.org")
    with transaction.atomic():
        old, waiting = (events.record(type=Event.Type.RUN_LOSSES, run=run) for _ in range(2))
    old.deliveries.update(status="delivered")
    Event.objects.filter(pk__in=(old.pk, waiting.pk)).update(created_at=clock.now() - timedelta(days=31))
    printed = {dry: cleaned(dry) for dry in (True, False)}
    assert "1 events would be removed" in printed[True]
    assert "1 events removed" in printed[False]
    assert not Event.objects.filter(pk=old.pk).exists()
    assert Event.objects.filter(pk=waiting.pk).exists()


def cleaned(dry_run: bool) -> str:
    out = StringIO()
    call_command("cleanup", dry_run=dry_run, stdout=out)
    return out.getvalue()


def test_operators_see_subscribers_and_send_again_but_set_no_address() -> None:
    operator = User.objects.create_user("operator", is_staff=True)
    operator.groups.add(Group.objects.get(name="operators"))
    for may in ("view_subscriber", "view_event", "view_delivery", "change_delivery"):
        assert operator.has_perm(f"archives.{may}"), may
    for may in ("add_subscriber", "change_subscriber", "delete_subscriber"):
        assert not operator.has_perm(f"archives.{may}"), may

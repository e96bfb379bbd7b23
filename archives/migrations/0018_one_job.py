"""Ingest, seams, exports and previews become jobs of one kind of row: the same four columns.

No row goes. What has ended is no longer due. Until now every attempt was counted, also one whose process was
ended from outside: a job that waits begins to count failures at zero.
"""

from django.db import migrations, models
from django.db.models import Q
from django.utils import timezone

import archives.clock

JOBS = ("Segment", "Seam", "Export", "Preview")
ACTIVE = ("queued", "running")


def settle(apps, schema_editor):
    rows = {name: apps.get_model("archives", name).objects.using(schema_editor.connection.alias) for name in JOBS}
    rows["Segment"].filter(Q(stored_at__isnull=False) | ~Q(job_error="")).update(due_at=None)
    rows["Export"].exclude(status__in=ACTIVE).update(due_at=None)
    rows["Export"].exclude(status="failed").update(failures=0)
    for name in ("Seam", "Preview"):
        rows[name].exclude(Q(due_at__isnull=True) & ~Q(job_error="")).update(failures=0)
    check_now(schema_editor)


def unsettle(apps, schema_editor):
    rows = {name: apps.get_model("archives", name).objects.using(schema_editor.connection.alias) for name in JOBS}
    # What was the last failure of an ingest that goes on would be read as its end.
    rows["Segment"].filter(due_at__isnull=False).update(job_error="")
    for name in ("Segment", "Export"):
        rows[name].filter(due_at__isnull=True).update(due_at=timezone.now())
    check_now(schema_editor)


def check_now(schema_editor):
    """PostgreSQL makes no index on a table whose foreign keys it is still to check."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        schema_editor.execute("SET CONSTRAINTS ALL DEFERRED")


def renamed(model, old, new):
    return migrations.RenameField(model_name=model, old_name=old, new_name=new)


def interruptions(model):
    return migrations.AddField(
        model_name=model, name="interruptions", field=models.PositiveIntegerField(default=0)
    )


def due_at(model, **options):
    field = models.DateTimeField(blank=True, null=True, **options)
    return migrations.AlterField(model_name=model, name="due_at", field=field)


class Migration(migrations.Migration):
    dependencies = [("archives", "0017_export_use")]

    operations = [
        migrations.RemoveIndex("segment", "segment_to_keep"),
        migrations.RemoveIndex("segment", "segment_lost"),
        migrations.RemoveIndex("segment", "segment_kept"),
        migrations.RemoveIndex("export", "export_due"),
        renamed("segment", "kept_at", "stored_at"),
        renamed("segment", "keep_error", "job_error"),
        renamed("segment", "keep_failures", "failures"),
        renamed("segment", "keep_due_at", "due_at"),
        *(renamed(model, "attempts", "failures") for model in ("seam", "export", "preview")),
        *(renamed(model, "error", "job_error") for model in ("seam", "export", "preview")),
        *(interruptions(model) for model in ("segment", "seam", "export", "preview")),
        due_at("segment", default=archives.clock.now),
        due_at("export"),
        migrations.RunPython(settle, unsettle),
        migrations.AddIndex(
            "segment",
            models.Index(
                fields=["due_at"],
                name="segment_to_ingest",
                condition=Q(
                    status__in=["available", "uploaded"], stored_at__isnull=True, due_at__isnull=False
                ),
            ),
        ),
        migrations.AddIndex(
            "segment",
            models.Index(fields=["run"], name="segment_lost", condition=Q(due_at__isnull=True) & ~Q(job_error="")),
        ),
        migrations.AddIndex(
            "segment",
            models.Index(fields=["stored_at", "size"], name="segment_stored", condition=Q(stored_at__isnull=False)),
        ),
        migrations.AddIndex(
            "export",
            models.Index(fields=["due_at"], name="export_due", condition=Q(due_at__isnull=False)),
        ),
    ]

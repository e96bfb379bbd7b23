"""Remarks on what segments' files show, and the job that checks them. Segments that are stored are not queued.

`manage.py check_content` queues those.
"""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q

import archives.clock

CODES = [
    ("black", "Black picture"),
    ("frozen", "Frozen picture"),
    ("no_video", "No picture"),
    ("wrong_size", "Picture of another size"),
    ("silent", "Silence"),
    ("clipped", "Distorted sound"),
    ("no_audio", "No sound"),
    ("length", "Another length than reported"),
    ("skew", "Sound and picture drift apart"),
]


class Migration(migrations.Migration):
    dependencies = [("archives", "0023_events")]

    operations = [
        migrations.CreateModel(
            name="ContentCheck",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("due_at", models.DateTimeField(blank=True, null=True)),
                ("failures", models.PositiveIntegerField(default=0)),
                ("interruptions", models.PositiveIntegerField(default=0)),
                ("job_error", models.TextField(blank=True)),
                ("version", models.PositiveSmallIntegerField(default=0)),
                ("checked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "run",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="content_checks",
                        to="archives.archiverun",
                    ),
                ),
                (
                    "segment",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="content_check",
                        to="archives.segment",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["due_at"], name="content_due", condition=Q(due_at__isnull=False)),
                    models.Index(fields=["run"], name="content_run"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Remark",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(choices=CODES, max_length=10)),
                ("from_ms", models.PositiveBigIntegerField()),
                ("until_ms", models.PositiveBigIntegerField()),
                ("values", models.JSONField(blank=True, default=dict)),
                ("created_at", models.DateTimeField(default=archives.clock.now)),
                (
                    "segment",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="remarks",
                        to="archives.segment",
                    ),
                ),
            ],
            options={
                "ordering": ["segment_id", "from_ms", "until_ms", "code"],
                "constraints": [
                    models.UniqueConstraint(fields=["segment", "code", "from_ms"], name="remark_once"),
                    models.CheckConstraint(condition=Q(until_ms__gte=F("from_ms")), name="remark_bounds"),
                    models.CheckConstraint(
                        condition=Q(code__in=[code for code, _ in CODES]), name="remark_code_known"
                    ),
                ],
            },
        ),
    ]

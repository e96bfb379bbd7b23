"""What pages report of their own sending. A new table: no row changes."""

import django.db.models.deletion
from django.db import migrations, models

import archives.clock

SIDES = [("primary", "Primary session"), ("secondary", "Secondary session")]
STATES = [
    ("flows", "Its bytes rise, and the other end acknowledges them"),
    ("silent", "It publishes, and nothing goes out any more"),
    ("none", "It publishes, and nothing has gone out yet"),
    ("unknown", "It publishes; its browser reports no statistics"),
]


class Migration(migrations.Migration):
    dependencies = [("archives", "0025_error_codes")]

    operations = [
        migrations.CreateModel(
            name="Sending",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("participant", models.CharField(max_length=100)),
                ("name", models.CharField(blank=True, max_length=200)),
                ("session", models.CharField(choices=SIDES, max_length=10)),
                ("state", models.CharField(choices=STATES, max_length=10)),
                ("since", models.DateTimeField()),
                ("reported_at", models.DateTimeField(db_index=True, default=archives.clock.now)),
                (
                    "room",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sendings",
                        to="archives.room",
                    ),
                ),
            ],
            options={
                "ordering": ["room_id", "participant", "session"],
                "constraints": [
                    models.UniqueConstraint(fields=["room", "participant", "session"], name="sending_once"),
                    models.CheckConstraint(
                        condition=models.Q(state__in=[state for state, _ in STATES]), name="sending_state_known"
                    ),
                ],
            },
        ),
    ]

"""Remarks on one tile: two more codes, of which several may begin together. All rows stay."""

from django.db import migrations, models
from django.db.models import Q

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
    ("tile_dark", "Dark picture of one person"),
    ("tile_frozen", "Frozen picture of one person"),
]


class Migration(migrations.Migration):
    dependencies = [("archives", "0026_sendings")]

    operations = [
        migrations.RemoveConstraint("remark", "remark_once"),
        migrations.RemoveConstraint("remark", "remark_code_known"),
        migrations.AlterField("remark", "code", models.CharField(choices=CODES, max_length=20)),
        migrations.AddConstraint(
            "remark",
            models.UniqueConstraint(fields=("segment", "code", "from_ms", "until_ms"), name="remark_once"),
        ),
        migrations.AddConstraint(
            "remark",
            models.CheckConstraint(
                condition=Q(("code__in", [code for code, _ in CODES])), name="remark_code_known"
            ),
        ),
    ]

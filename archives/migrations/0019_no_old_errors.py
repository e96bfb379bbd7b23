"""Runs that are complete carry no trouble of before, such as that the platform could not be reached."""

from typing import Any

from django.db import migrations


def clear(apps: Any, _: Any) -> None:
    runs = apps.get_model("archives", "ArchiveRun").objects
    runs.filter(status="complete").exclude(error="").update(error="")


class Migration(migrations.Migration):
    dependencies = [("archives", "0018_one_job")]
    operations = [migrations.RunPython(clear, migrations.RunPython.noop)]

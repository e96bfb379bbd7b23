from django.apps import apps as installed
from django.contrib.auth.management import create_permissions
from django.db import migrations, models
from django.db.models import Q

ACTS = ("hold_archiverun", "purge_archiverun")


def let_operators(apps, schema_editor):
    """Who may do what the console offers may hold and remove recordings, too."""
    alias = schema_editor.connection.alias
    # Permissions are otherwise only made once all migrations are through.
    create_permissions(installed.get_app_config("archives"), apps=apps, using=alias, verbosity=0)
    permissions = apps.get_model("auth", "Permission").objects.using(alias)
    for group in apps.get_model("auth", "Group").objects.using(alias).filter(name="operators"):
        group.permissions.add(*permissions.filter(content_type__app_label="archives", codename__in=ACTS))


class Migration(migrations.Migration):
    dependencies = [("archives", "0009_seeing")]

    operations = [
        migrations.AlterModelOptions(
            name="archiverun",
            options={
                "ordering": ["-created_at"],
                "permissions": [
                    ("hold_archiverun", "Can put a recording on legal hold, and end that"),
                    ("purge_archiverun", "Can remove the files of recordings in the trash for good"),
                ],
            },
        ),
        migrations.AddField(
            model_name="archiverun",
            name="trashed_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="archiverun",
            name="legal_hold",
            field=models.BooleanField(default=False),
        ),
        migrations.AddIndex(
            model_name="archiverun",
            index=models.Index(
                fields=["trashed_at"], name="run_trashed", condition=Q(trashed_at__isnull=False)
            ),
        ),
        migrations.RunPython(let_operators, migrations.RunPython.noop, elidable=False),
    ]

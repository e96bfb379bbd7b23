import uuid

import django.db.models.deletion
from django.apps import apps as installed
from django.conf import settings
from django.contrib.auth.management import create_permissions
from django.db import migrations, models

import archives.clock

# Operators see everything; what acts on recordings asks for these.
ACTS = ("change_archiverun", "change_alarm", "add_room", "change_room")
ROLES = ("add_roomrole", "change_roomrole", "delete_roomrole")


def make_groups(apps, schema_editor):
    """The groups hosts, reviewers and operators, the last with its permissions in the console."""
    alias = schema_editor.connection.alias
    # Permissions are otherwise only made once all migrations are through.
    for label in ("archives", "auth"):
        create_permissions(installed.get_app_config(label), apps=apps, using=alias, verbosity=0)
    groups = apps.get_model("auth", "Group").objects.using(alias)
    permissions = apps.get_model("auth", "Permission").objects.using(alias)
    for name in ("hosts", "reviewers"):
        groups.get_or_create(name=name)
    operators, _ = groups.get_or_create(name="operators")
    ours = permissions.filter(content_type__app_label="archives")
    operators.permissions.add(*ours.filter(codename__startswith="view_"), *ours.filter(codename__in=ACTS + ROLES))
    # Whom to give a role is looked up by name.
    operators.permissions.add(*permissions.filter(content_type__app_label="auth", codename="view_user"))


def link(*fields):
    return [
        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
        ("created_at", models.DateTimeField(default=archives.clock.now)),
        ("expires_at", models.DateTimeField()),
        ("revoked_at", models.DateTimeField(blank=True, null=True)),
        (
            "created_by",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        *fields,
    ]


def belongs_to(model, related_name):
    return models.ForeignKey(
        on_delete=django.db.models.deletion.CASCADE, related_name=related_name, to=model
    )


class Migration(migrations.Migration):
    dependencies = [
        ("archives", "0006_run_restart_after"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Invitation",
            fields=link(
                ("person", models.CharField(blank=True, max_length=100)),
                ("room", belongs_to("archives.room", "invitations")),
            ),
            options={
                "ordering": ["-created_at"],
                "abstract": False,
                "indexes": [models.Index(fields=["room", "-created_at"], name="invitation_newest")],
            },
        ),
        migrations.CreateModel(
            name="Share",
            fields=link(("run", belongs_to("archives.archiverun", "shares"))),
            options={
                "ordering": ["-created_at"],
                "abstract": False,
                "indexes": [models.Index(fields=["run", "-created_at"], name="share_newest")],
            },
        ),
        migrations.CreateModel(
            name="RoomRole",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("host", "Host: runs the call, records it, watches"),
                            ("reviewer", "Reviewer: watches what was recorded"),
                        ],
                        max_length=10,
                    ),
                ),
                ("room", belongs_to("archives.room", "roles")),
                ("user", belongs_to(settings.AUTH_USER_MODEL, "room_roles")),
            ],
            options={
                "ordering": ["room", "user"],
                "constraints": [
                    models.UniqueConstraint(fields=("room", "user"), name="room_role_once"),
                    models.CheckConstraint(
                        condition=models.Q(("role__in", ["host", "reviewer"])), name="room_role_known"
                    ),
                ],
            },
        ),
        migrations.RunPython(make_groups, migrations.RunPython.noop, elidable=False),
    ]

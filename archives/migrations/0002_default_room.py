from django.db import migrations


def create_default_room(apps, schema_editor):
    apps.get_model("archives", "Room").objects.get_or_create(slug="main", defaults={"name": "Main room"})


class Migration(migrations.Migration):
    dependencies = [("archives", "0001_initial")]
    operations = [migrations.RunPython(create_default_room, migrations.RunPython.noop)]

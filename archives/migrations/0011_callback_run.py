import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("archives", "0010_library")]

    operations = [
        migrations.AddField(
            model_name="callback",
            name="run",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="callbacks",
                to="archives.archiverun",
            ),
        ),
    ]

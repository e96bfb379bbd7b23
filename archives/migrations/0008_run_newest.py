from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("archives", "0007_access")]

    operations = [
        migrations.AddIndex(
            model_name="archiverun",
            index=models.Index(fields=["-created_at", "id"], name="run_newest"),
        ),
    ]

import logging

import django.db.models.deletion
from django.conf import settings
from django.db import DatabaseError, migrations, models, transaction


# What a search for part of a name looks up. Django's `icontains` asks for the upper case.
SEARCHED = {"archives_archiverun": ["name"], "archives_room": ["name", "slug"]}
logger = logging.getLogger(__name__)


def search_by_index(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    try:
        with transaction.atomic(schema_editor.connection.alias):
            schema_editor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    except DatabaseError as error:
        logger.warning(
            "A search by part of a name will read every name: pg_trgm is not to be had here (%s).",
            str(error).strip(),
        )
        return
    for table, columns in SEARCHED.items():
        for column in columns:
            schema_editor.execute(
                f"CREATE INDEX {table}_{column}_words ON {table} USING gin (UPPER({column}) gin_trgm_ops)"
            )


def search_without(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for table, columns in SEARCHED.items():
            for column in columns:
                schema_editor.execute(f"DROP INDEX IF EXISTS {table}_{column}_words")


class Migration(migrations.Migration):

    dependencies = [
        ('archives', '0011_callback_run'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        # On PostgreSQL, Django takes a key's index away together with every other index of that column alone, and
        # does not know these constraints for what they are: they are put back at the end.
        migrations.RemoveConstraint(model_name='archiverun', name='one_live_run_per_room'),
        migrations.RemoveConstraint(model_name='restart', name='one_unfinished_restart_per_run'),
        migrations.RemoveConstraint(model_name='seam', name='trailing_gap_once'),
        migrations.RemoveIndex(
            model_name='segment',
            name='segment_to_keep',
        ),
        migrations.AlterField(
            model_name='archiverun',
            name='name',
            field=models.CharField(max_length=200),
        ),
        migrations.AlterField(
            model_name='archiverun',
            name='room',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='runs', to='archives.room'),
        ),
        migrations.AlterField(
            model_name='export',
            name='run',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='exports', to='archives.archiverun'),
        ),
        migrations.AlterField(
            model_name='restart',
            name='run',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='restarts', to='archives.archiverun'),
        ),
        migrations.AlterField(
            model_name='seam',
            name='earlier',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='seams_after', to='archives.segment'),
        ),
        migrations.AlterField(
            model_name='segment',
            name='run',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='segments', to='archives.archiverun'),
        ),
        migrations.AlterField(
            model_name='transition',
            name='run',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='transitions', to='archives.archiverun'),
        ),
        migrations.AddIndex(
            model_name='alarm',
            index=models.Index(fields=['-since'], name='alarm_newest'),
        ),
        migrations.AddIndex(
            model_name='alarm',
            index=models.Index(fields=['code', '-since'], name='alarm_code_newest'),
        ),
        migrations.AddIndex(
            model_name='alarm',
            index=models.Index(condition=models.Q(('cleared_at__isnull', True)), fields=['-since'], name='alarm_open'),
        ),
        migrations.AddIndex(
            model_name='alarm',
            index=models.Index(condition=models.Q(('sent_at__isnull', True)), fields=['since'], name='alarm_to_send'),
        ),
        migrations.AddIndex(
            model_name='archiverun',
            index=models.Index(fields=['status', '-created_at', 'id'], name='run_status_newest'),
        ),
        migrations.AddIndex(
            model_name='archiverun',
            index=models.Index(fields=['strategy', '-created_at'], name='run_strategy_newest'),
        ),
        migrations.AddIndex(
            model_name='archiverun',
            index=models.Index(fields=['name', '-created_at', 'id'], name='run_name_newest'),
        ),
        migrations.AddIndex(
            model_name='export',
            index=models.Index(fields=['run', '-created_at'], name='export_newest'),
        ),
        migrations.AddIndex(
            model_name='export',
            index=models.Index(condition=models.Q(('status', 'done')), fields=['size'], name='export_done'),
        ),
        migrations.AddIndex(
            model_name='restart',
            index=models.Index(fields=['run', '-created_at'], name='restart_newest'),
        ),
        migrations.AddIndex(
            model_name='restart',
            index=models.Index(condition=models.Q(('status', 'failed')), fields=['-created_at'], name='restart_failed'),
        ),
        migrations.AddIndex(
            model_name='segment',
            index=models.Index(condition=models.Q(('keep_error', ''), ('kept_at__isnull', True), ('status__in', ['available', 'uploaded'])), fields=['keep_due_at'], name='segment_to_keep'),
        ),
        migrations.AddIndex(
            model_name='segment',
            index=models.Index(condition=models.Q(('keep_error', ''), _negated=True), fields=['run'], name='segment_lost'),
        ),
        migrations.AddIndex(
            model_name='segment',
            index=models.Index(condition=models.Q(('kept_at__isnull', False)), fields=['kept_at', 'size'], name='segment_kept'),
        ),
        migrations.AddIndex(
            model_name='streampresence',
            index=models.Index(fields=['-created_at'], name='presence_newest'),
        ),
        migrations.AddIndex(
            model_name='streampresence',
            index=models.Index(condition=models.Q(('destroyed_at__isnull', False)), fields=['destroyed_at'], name='presence_over'),
        ),
        migrations.AddConstraint(
            model_name='archiverun',
            constraint=models.UniqueConstraint(condition=models.Q(('status__in', ['starting', 'recording', 'restarting', 'stopping'])), fields=('room',), name='one_live_run_per_room'),
        ),
        migrations.AddConstraint(
            model_name='restart',
            constraint=models.UniqueConstraint(condition=models.Q(('status', 'running')), fields=('run',), name='one_unfinished_restart_per_run'),
        ),
        migrations.AddConstraint(
            model_name='seam',
            constraint=models.UniqueConstraint(condition=models.Q(('later__isnull', True)), fields=('earlier',), name='trailing_gap_once'),
        ),
        migrations.RunPython(search_by_index, search_without),
    ]

import uuid
from datetime import timedelta

import django.db.models.deletion
from django.apps import apps as installed
from django.conf import settings
from django.contrib.auth.management import create_permissions
from django.db import migrations, models

import archives.clock

# Subscribers are set up by administrators: operators see them, and send again.
ACTS = ("view_subscriber", "view_event", "view_delivery", "change_delivery")
# Older ones were not sent before either.
UNSENT = timedelta(hours=1)


def let_operators(apps, schema_editor):
    alias = schema_editor.connection.alias
    # Permissions are otherwise only made once all migrations are through.
    create_permissions(installed.get_app_config("archives"), apps=apps, using=alias, verbosity=0)
    permissions = apps.get_model("auth", "Permission").objects.using(alias)
    for group in apps.get_model("auth", "Group").objects.using(alias).filter(name="operators"):
        group.permissions.add(*permissions.filter(content_type__app_label="archives", codename__in=ACTS))


def take_over_unsent(apps, schema_editor):
    """Alarms that the worker before had not sent to ALERT_WEBHOOK_URL yet go through the outbox."""
    if not settings.ALERT_WEBHOOK_URL:
        return
    alias = schema_editor.connection.alias
    alarm, event, delivery, subscriber = (
        apps.get_model("archives", name).objects.using(alias)
        for name in ("Alarm", "Event", "Delivery", "Subscriber")
    )
    unsent = alarm.filter(sent_at=None, cleared_at=None, since__gte=archives.clock.now() - UNSENT)
    to, _ = subscriber.get_or_create(kind="alert_url", defaults={"name": "ALERT_WEBHOOK_URL"})
    for each in unsent.order_by("since"):
        opened = event.create(
            type="alarm.opened",
            room_id=each.room_id,
            run_id=each.run_id,
            alarm=each,
            data={"code": each.code},
            named={"message": each.message},
            created_at=each.since,
        )
        lane = str(each.run_id) if each.run_id else f"room {each.room_id}"
        delivery.create(event=opened, subscriber=to, lane=lane)


class Migration(migrations.Migration):

    dependencies = [
        ('archives', '0022_verdicts_derived'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('lane', models.CharField(blank=True, default='', max_length=50)),
                ('status', models.CharField(choices=[('waiting', 'Waiting'), ('delivered', 'Delivered'), ('given_up', 'Given up'), ('dropped', 'Dropped')], default='waiting', max_length=10)),
                ('due_at', models.DateTimeField(default=archives.clock.now)),
                ('since', models.DateTimeField(default=archives.clock.now)),
                ('attempts', models.PositiveIntegerField(default=0)),
                ('delivered_at', models.DateTimeField(blank=True, null=True)),
                ('last_status', models.PositiveIntegerField(blank=True, null=True)),
                ('error', models.CharField(blank=True, max_length=300)),
            ],
            options={
                'verbose_name_plural': 'deliveries',
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='Event',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('type', models.CharField(choices=[('alarm.opened', 'An alarm was opened'), ('alarm.cleared', 'An alarm was cleared'), ('run.started', 'A recording has started'), ('run.complete', 'A recording is complete'), ('run.losses', 'A recording is complete with losses'), ('export.ready', 'An export is ready'), ('share.opened', 'A share link was opened'), ('retention.due', "A recording's days are over"), ('test', 'Test')], max_length=20)),
                ('data', models.JSONField(default=dict)),
                ('named', models.JSONField(blank=True, default=dict)),
                ('created_at', models.DateTimeField(default=archives.clock.now)),
            ],
            options={
                'ordering': ['-created_at'],
            },
        ),
        migrations.CreateModel(
            name='Subscriber',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100)),
                ('kind', models.CharField(choices=[('webhook', 'Webhook'), ('email', 'E-mail'), ('chat', 'Chat'), ('alert_url', 'ALERT_WEBHOOK_URL')], default='webhook', max_length=10)),
                ('address', models.CharField(blank=True, max_length=1000)),
                ('secret', models.CharField(blank=True, editable=False, max_length=100)),
                ('types', models.JSONField(blank=True, default=list)),
                ('include_names', models.BooleanField(default=False)),
                ('enabled', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField(default=archives.clock.now, editable=False)),
            ],
            options={
                'ordering': ['name', 'pk'],
            },
        ),
        migrations.RemoveIndex(
            model_name='alarm',
            name='alarm_to_send',
        ),
        migrations.AddField(
            model_name='share',
            name='opened_at',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='event',
            name='alarm',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='events', to='archives.alarm'),
        ),
        migrations.AddField(
            model_name='event',
            name='room',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='events', to='archives.room'),
        ),
        migrations.AddField(
            model_name='event',
            name='run',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='events', to='archives.archiverun'),
        ),
        migrations.AddField(
            model_name='delivery',
            name='event',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='archives.event'),
        ),
        migrations.AddField(
            model_name='subscriber',
            name='created_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='delivery',
            name='subscriber',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='archives.subscriber'),
        ),
        migrations.AddIndex(
            model_name='event',
            index=models.Index(fields=['-created_at'], name='event_newest'),
        ),
        migrations.AddIndex(
            model_name='event',
            index=models.Index(fields=['type', '-created_at'], name='event_type_newest'),
        ),
        migrations.AddIndex(
            model_name='event',
            index=models.Index(fields=['run', '-created_at'], name='event_run_newest'),
        ),
        migrations.AddConstraint(
            model_name='subscriber',
            constraint=models.UniqueConstraint(condition=models.Q(('kind', 'alert_url')), fields=('kind',), name='one_alert_url'),
        ),
        migrations.AddConstraint(
            model_name='subscriber',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['webhook', 'email', 'chat', 'alert_url'])), name='subscriber_kind_known'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(condition=models.Q(('status', 'waiting')), fields=['due_at', 'id'], name='delivery_due'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(condition=models.Q(('status', 'waiting')), fields=['subscriber', 'lane', 'id'], name='delivery_order'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(fields=['status', '-id'], name='delivery_status_newest'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(fields=['subscriber', '-id'], name='delivery_newest'),
        ),
        migrations.AddConstraint(
            model_name='delivery',
            constraint=models.UniqueConstraint(fields=('event', 'subscriber'), name='delivery_once'),
        ),
        migrations.AddConstraint(
            model_name='delivery',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['waiting', 'delivered', 'given_up', 'dropped'])), name='delivery_status_known'),
        ),
        migrations.RunPython(let_operators, migrations.RunPython.noop),
        migrations.RunPython(take_over_unsent, migrations.RunPython.noop),
    ]

"""Seams are jobs and no verdicts. Going back, what former versions read is made from estimates and times."""

from datetime import UTC, datetime

from django.db import migrations, models

BATCH = 500
KINDS = [("overlap", "Overlap"), ("gap", "Gap")]
# Reasons that were no cause of a gap.
STOPPED = ("", "user initiated")


def estimates_to_verdicts(apps, schema_editor):
    Seam = apps.get_model("archives", "Seam")
    rows = Seam.objects.select_related("run", "earlier", "later").prefetch_related("estimates").order_by("pk")
    for seam in rows.iterator(BATCH):
        Seam.objects.filter(pk=seam.pk).update(**_verdict(seam))


def _verdict(seam):
    measured = sorted(seam.estimates.all(), key=_rank)
    if measured and seam.later:
        return _by_estimate(seam, measured[-1])
    gap = _gap(seam)
    if gap is None:
        return {"kind": "overlap" if seam.later else "gap"}
    overlap_ms = gap[0] - gap[1]
    facts = {"overlap_ms": overlap_ms, "kind": "gap" if overlap_ms < 0 or not seam.later else "overlap"}
    return facts | (_bounds(seam, gap) if facts["kind"] == "gap" else {})


def _rank(estimate):
    return not estimate.former, estimate.source != "times", estimate.confidence, estimate.source == "audio"


def _by_estimate(seam, estimate):
    begin = seam.later.media_begin_ms or 0
    facts = {
        "kind": "overlap",
        "method": estimate.source,
        "offset_ms": estimate.offset_ms,
        "overlap_ms": _end_ms(seam.earlier) - estimate.offset_ms - begin,
        "confidence": estimate.confidence,
        "residual": estimate.residual_av_ms,
    }
    if estimate.source != "times":
        return facts | {"measured_at": estimate.measured_at}
    gap = _gap(seam)
    bounds = _bounds(seam, gap) if gap and gap[0] < gap[1] else {}
    return facts | {"kind": "gap", **bounds, "cause": estimate.detail}


def _gap(seam):
    """When the earlier one's media ends and the later one's begins, or the run ended (ms of Unix time)."""
    if seam.earlier.created_at_ms is None:
        return None
    end = seam.earlier.created_at_ms + _end_ms(seam.earlier)
    if seam.later is None:
        stopped = seam.run.stop_requested_at or seam.run.ended_at
        return (end, max(end, round(stopped.timestamp() * 1000))) if stopped else None
    if seam.later.created_at_ms is None:
        return None
    return end, seam.later.created_at_ms + (seam.later.media_begin_ms or 0)


def _bounds(seam, gap):
    since, until = (datetime.fromtimestamp(each / 1000, UTC) for each in gap)
    reason = seam.earlier.reason
    return {"gap_from": since, "gap_until": until, "cause": "" if reason in STOPPED else reason}


def _end_ms(segment):
    return segment.media_end_ms if segment.media_end_ms is not None else segment.duration_ms or 0


class Migration(migrations.Migration):

    dependencies = [
        ('archives', '0021_former_verdicts'),
    ]

    operations = [
        migrations.RunPython(migrations.RunPython.noop, estimates_to_verdicts),
        # Without a default, the column could not be put back.
        migrations.AlterField(
            model_name='seam',
            name='kind',
            field=models.CharField(max_length=10, choices=KINDS, default='overlap'),
        ),
        migrations.RemoveConstraint(
            model_name='seam',
            name='seam_kind_known',
        ),
        migrations.RemoveConstraint(
            model_name='seam',
            name='seam_gap_forward',
        ),
        migrations.RemoveField(
            model_name='seam',
            name='cause',
        ),
        migrations.RemoveField(
            model_name='seam',
            name='confidence',
        ),
        migrations.RemoveField(
            model_name='seam',
            name='gap_from',
        ),
        migrations.RemoveField(
            model_name='seam',
            name='gap_until',
        ),
        migrations.RemoveField(
            model_name='seam',
            name='kind',
        ),
        migrations.RemoveField(
            model_name='seam',
            name='measured_at',
        ),
        migrations.RemoveField(
            model_name='seam',
            name='method',
        ),
        migrations.RemoveField(
            model_name='seam',
            name='offset_ms',
        ),
        migrations.RemoveField(
            model_name='seam',
            name='overlap_ms',
        ),
        migrations.RemoveField(
            model_name='seam',
            name='residual',
        ),
    ]

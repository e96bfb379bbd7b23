"""Former verdicts become estimates, and the causes of absences codes; what is in no table stays as detail."""

from django.db import migrations, models
from django.utils import timezone

BATCH = 500
# By how much a measurement was off at most, in ms.
BOUNDS_MS = {"audio": 20, "video": 40, "times": 1500}
# As archives/timeline/causes.py had them when this was written.
ABSENCES = {
    "the connection was lost": "connection_lost",
    "left, and came back": "left_and_returned",
    "was taken out of the call": "removed",
    "published nothing": "not_publishing",
    "was not in the second session in time": "not_in_second_session",
    # As `codes_to_causes` leaves it.
    "page_stood_still": "page_stood_still",
}


def verdicts_to_estimates(apps, schema_editor):
    Seam = apps.get_model("archives", "Seam")
    Estimate = apps.get_model("archives", "Estimate")
    new = []
    for seam in Seam.objects.order_by("pk").iterator(BATCH):
        if (estimate := _estimate(Estimate, seam)) is not None:
            new.append(estimate)
        if len(new) >= BATCH:
            Estimate.objects.bulk_create(new)
            new = []
    Estimate.objects.bulk_create(new)
    ended = Seam.objects.exclude(method="platform").filter(due_at=None, measured_at=None)
    ended.update(settled_at=timezone.now())
    for seam in Seam.objects.exclude(measured_at=None).order_by("pk").iterator(BATCH):
        Seam.objects.filter(pk=seam.pk).update(settled_at=seam.measured_at)


def _estimate(Estimate, seam):
    """What the seam had settled on: a measurement, or a gap between the platform's times."""
    if seam.measured_at and seam.offset_ms is not None and seam.method in ("audio", "video"):
        source, offset, at = seam.method, seam.offset_ms, seam.measured_at
    elif seam.kind == "gap" and seam.offset_ms is not None and seam.later_id:
        source, offset, at = "times", seam.offset_ms, seam.gap_until or timezone.now()
    else:
        return None
    bound = BOUNDS_MS[source]
    return Estimate(
        seam=seam,
        source=source,
        offset_ms=offset,
        low_ms=offset - bound,
        high_ms=offset + bound,
        confidence=seam.confidence,
        residual_av_ms=seam.residual,
        measured_at=at,
        former=True,
        detail=seam.cause,
    )


def causes_to_codes(apps, schema_editor):
    Absence = apps.get_model("archives", "Absence")
    for text in set(Absence.objects.order_by().values_list("cause", flat=True).distinct()) - {""}:
        facts = {"cause": ABSENCES[text]} if text in ABSENCES else {"cause": "", "detail": text}
        Absence.objects.filter(cause=text).update(**facts)


def codes_to_causes(apps, schema_editor):
    """Codes that former versions do not know stay as they are."""
    Absence = apps.get_model("archives", "Absence")
    for text, code in ABSENCES.items():
        Absence.objects.filter(cause=code).update(cause=text)
    Absence.objects.filter(cause="").exclude(detail="").update(cause=models.F("detail"))


class Migration(migrations.Migration):
    dependencies = [("archives", "0020_estimates")]
    operations = [
        migrations.RunPython(verdicts_to_estimates, migrations.RunPython.noop),
        migrations.RunPython(causes_to_codes, codes_to_causes),
    ]

"""Stored texts of errors get codes; each text stays beside its code, as technical detail."""

import re

from django.db import migrations, models

BATCH = 500
# As they were written until then. What is in no table has no code, and only the console shows its text.
OF_SEGMENTS = {
    "The video platform does not know this archive any more.": "archive_lost",
    "The video platform never started it.": "never_started",
    "nothing was recorded": "unknown",
}
OF_RUNS = {
    "The video platform never started it.": "never_started",
    "Nothing was recorded.": "nothing_recorded",
}
OF_PLATFORM = {
    "The video platform gave an unexpected answer.": "platform_error",
    "The video platform cannot be reached. Try again in a moment.": "platform_unavailable",
    "The video platform did not answer in time; what it did is being looked up.": "platform_timeout",
    "The video platform's answer could not be understood; what it did is being looked up.": (
        "platform_malformed_answer"
    ),
    "The video platform asks us to slow down. Try again in a moment.": "platform_rate_limited",
    "The video platform refused our credentials. Check API_KEY and API_SECRET.": "platform_refused",
    "Nobody is connected to this room yet. Join it first, then start recording.": "no_clients",
    "The video platform is already recording this session.": "platform_already_recording",
}
PATTERNS = {
    "Segment": (
        (r"The archive has no media", "empty"),
        (r"The platform has no file any more", "file_gone"),
    ),
    "Seam": (
        # Rows of former versions say piece, and tries.
        (
            r"(Given up after \d+ (tries|failed attempts)\. )?(Piece|Segment) \d+ "
            r"(lies in your own bucket|has no file)\b",
            "no_file",
        ),
        (r"(The )?([Pp]iece|[Ss]egment) \d+ (cannot|has|is|holds)\b", "unreadable"),
        (r"Nothing follows", "nothing_follows"),
    ),
    "Export": (
        (r"The recording has changed", "changed"),
        (r"(Piece|Segment)s of this recording are not kept here\.", "files_not_kept"),
        (r"No (piece|segment) of this recording has a file\.", "nothing_to_export"),
    ),
}


def errors_to_codes(apps, schema_editor):
    for model, codes in (("Segment", OF_SEGMENTS), ("ArchiveRun", OF_RUNS)):
        rows = apps.get_model("archives", model).objects
        for text, code in {**OF_PLATFORM, **codes}.items():
            rows.filter(error=text).update(error_code=code)


def job_errors_to_codes(apps, schema_editor):
    for model, patterns in PATTERNS.items():
        rows = apps.get_model("archives", model).objects
        failed = rows.exclude(job_error="").order_by("pk").values_list("pk", "job_error")
        found = {}
        for pk, text in failed.iterator(BATCH):
            if code := next((code for pattern, code in patterns if re.match(pattern, text)), ""):
                found.setdefault(code, []).append(pk)
        for code, pks in found.items():
            for first in range(0, len(pks), BATCH):
                rows.filter(pk__in=pks[first : first + BATCH]).update(job_error_code=code)


def code_column(model, name):
    return migrations.AddField(model, name, models.CharField(blank=True, default="", max_length=40))


class Migration(migrations.Migration):
    dependencies = [("archives", "0024_remarks")]

    operations = [
        code_column("archiverun", "error_code"),
        code_column("segment", "error_code"),
        *(
            code_column(model, "job_error_code")
            for model in ("contentcheck", "export", "preview", "seam", "segment")
        ),
        # The texts stay: going back loses nothing.
        migrations.RunPython(errors_to_codes, migrations.RunPython.noop),
        migrations.RunPython(job_errors_to_codes, migrations.RunPython.noop),
    ]

"""Captions of a run: a WebVTT file that somebody attaches, checked and written anew."""

from __future__ import annotations

import hashlib
import html
import re
from typing import Any

import webvtt
from django.db import transaction
from webvtt.errors import MalformedCaptionError, MalformedFileError
from webvtt.models import Timestamp

from archives import errors
from archives.models import ArchiveRun
from archives.models.captions import Captions
from archives.services import history
from archives.services.library import require_removable, require_unheld
from archives.timeline import timeline_for

MOST_BYTES = 4_000_000
# <v Ann>, <i>, <c.loud>, <00:00:01.000>: who speaks is kept as text, the rest is looks. Each ends before the
# next begins: a line of nothing but beginnings would else be searched to its end from each of them.
VOICE = re.compile(r"<v(?:\.[^\s<>]*)?\s([^<>]*)>")
TAG = re.compile(r"</?(?:[^\s<>][^<>]*)?>")
FORM = "It is text in UTF-8 that begins with WEBVTT, then blocks of a line of times and lines of text."


def attach(*, run: ArchiveRun, data: bytes, by: str, user: Any = None) -> Captions:
    """Attach a WebVTT file, in the run's own time, instead of what there is. Raises InvalidInput, OnHold."""
    text, count = written_anew(data, run)
    facts = {
        "text": text,
        "digest": hashlib.sha256(text.encode()).hexdigest(),
        "cues": count,
        "added_by": user if getattr(user, "pk", None) else None,
    }
    with transaction.atomic():
        require_unheld(run)
        captions, created = Captions.objects.update_or_create(run=run, defaults=facts)
        new = "attached" if created else "replaced"
        history.record(run, old="", new=new, by=by, why=f"{count} captions", field="captions")
    return captions


def remove(*, run: ArchiveRun, by: str) -> None:
    """Twice is the same as once. Raises OnHold."""
    with transaction.atomic():
        require_unheld(run)
        if Captions.objects.filter(run=run).delete()[0]:
            history.record(run, old="attached", new="removed", by=by, field="captions")


def purge(*, run: ArchiveRun) -> None:
    """Together with the files of a run that lies in the trash. Raises NotInTrash, OnHold."""
    with transaction.atomic():
        require_unheld(run)
        require_removable(run)
        Captions.objects.filter(run=run).delete()


def written_anew(data: bytes, run: ArchiveRun) -> tuple[str, int]:
    """(WebVTT that holds times and plain text alone, number of cues). Raises InvalidInput."""
    try:
        found = webvtt.from_string(_text_of(data), strict=True)
    except MalformedFileError:
        raise _invalid(f"This is no WebVTT file. {FORM}") from None
    except MalformedCaptionError as error:
        raise _invalid(f"A caption is not as WebVTT wants it: {str(error)[:200]}") from None
    cues = sorted((_cue(caption) for caption in found.captions), key=lambda cue: cue[:2])
    if not cues:
        raise _invalid(f"The file holds no caption. {FORM}")
    length_ms = timeline_for(run).duration_ms
    if length_ms and cues[0][0] >= length_ms:
        raise _invalid("The first caption begins after the end of this recording. Is it the right file?")
    blocks = (f"{_stamp(begin)} --> {_stamp(end)}\n{text}" for begin, end, text in cues)
    return "WEBVTT\n\n" + "\n\n".join(blocks) + "\n", len(cues)


def _text_of(data: bytes) -> str:
    if len(data) > MOST_BYTES:
        raise _invalid(f"Captions have at most {MOST_BYTES // 1_000_000} MB.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _invalid(f"The file is not text in UTF-8. {FORM}") from None
    if "\0" in text:
        raise _invalid(f"The file is no plain text. {FORM}")
    return text


def _cue(caption: webvtt.Caption) -> tuple[int, int, str]:
    """(begin, end, lines of text as WebVTT writes them); times in ms of the run."""
    begin, end = (_ms(at) for at in (caption.start_time, caption.end_time))
    if end <= begin:
        raise _invalid(f"The caption at {_stamp(begin)} ends before it begins.")
    lines = (_plain(line) for line in caption.raw_text.splitlines())
    return begin, end, "\n".join(line for line in lines if line)


def _plain(line: str) -> str:
    spoken = TAG.sub("", VOICE.sub(lambda found: f"{found[1].strip()}: ", line))
    try:
        text = html.unescape(spoken)
    except ValueError:
        raise _invalid("A caption names a character by a number (&#…;) that is none.") from None
    # An empty line, though it was written as &#10;, would end the caption.
    return html.escape(" ".join(text.split()), quote=False)


def _ms(at: Timestamp) -> int:
    return ((at.hours * 60 + at.minutes) * 60 + at.seconds) * 1000 + at.milliseconds


def _stamp(ms: int) -> str:
    seconds, ms = divmod(ms, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{ms:03}"


def _invalid(message: str) -> errors.InvalidInput:
    return errors.InvalidInput(message, detail={"field": "captions"})

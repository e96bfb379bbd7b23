"""From a plan to one MP4: look at the pieces, lay out the tracks, write, check, then give it its name."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from archives.media.export import copying, header, layout, writing
from archives.media.export.audio import AudioTrack
from archives.media.export.boxes import BoxError, Parts, written
from archives.media.export.check import AROUND_MS, Seams, check
from archives.media.export.comparing import compare
from archives.media.export.foreign import Pieces
from archives.media.export.form import PACKET, CommonForm, Form
from archives.media.export.packets import VIDEO_RATE, Piece, UnreadablePiece
from archives.media.export.placing import Placed, place
from archives.media.export.plan import (
    Cancelled,
    ExportCancelled,
    ExportError,
    ExportPlan,
    ExportReport,
    GapSpan,
    PieceSpan,
    Progress,
    SeamReport,
)
from archives.media.export.shape import CommonShape, Shape
from archives.media.export.sources import Sources
from archives.media.export.table import SPOOL, Table
from archives.media.export.video import VideoTrack

# Shares of the whole that progress is counted in: laying out (with whatever is encoded), copying, checking.
LAID_OUT, COPIED = 0.3, 0.9


@dataclass
class _Job:
    plan: ExportPlan
    report: ExportReport
    progress: Progress
    cancelled: Cancelled
    placed: list[Placed] = field(default_factory=list)
    shape: Shape | None = None
    form: Form | None = None
    pieces: Pieces = field(default_factory=Pieces)
    unusable: set[Path] = field(default_factory=set)
    chapters: list[header.Chapter] = field(default_factory=list)
    packets: int = 0

    @property
    def length_ms(self) -> float:
        return self.placed[-1].end_ms

    def check_cancelled(self) -> None:
        if self.cancelled():
            raise ExportCancelled("The export was cancelled.")

    def piece(self, span: PieceSpan | GapSpan) -> Piece | None:
        """None for a gap, and for a piece that holds nothing."""
        if isinstance(span, GapSpan) or span.path in self.unusable:
            return None
        return self.pieces(span.path, span.path.stat().st_mtime_ns)


def export(
    plan: ExportPlan,
    target: Path,
    *,
    progress: Progress = lambda share: None,
    cancelled: Cancelled = lambda: False,
) -> ExportReport:
    """Writes `target` and says how. The tables of a long run lie on the disk, not in memory.

    Raises ExportCancelled when `cancelled` turns true, ExportError for everything that a person can mend.
    In every case `target` is either whole and checked or untouched, and nothing else is left beside it.
    """
    job = _Job(plan, ExportReport(target), progress, cancelled, list(place(plan)))
    _survey(job)
    with writing.partial(target) as file, Sources(writing.spool_name(target)) as sources:
        entries = _lay_out(job, sources)
        job.pieces.forget()
        _write(job, file, entries, sources)
        _compare(job, entries, sources)
        _check(job)
    progress(1.0)
    return job.report


def _compare(job: _Job, entries: list[header.Entry], sources: Sources) -> None:
    tracks = [entry.media for entry in entries if entry.handler != b"text"]
    try:
        compared = compare(writing.partial_name(job.report.path), tracks, sources)
    except (UnreadablePiece, BoxError) as error:
        raise ExportError(f"The finished file cannot be read: {error}. It was not kept.") from error
    job.report.checked.append(f"{compared} packets are what they were copied from")


def _check(job: _Job) -> None:
    """Raises ExportError when the file does not play around a seam although the pieces do."""
    seams = [seam for seam in job.report.seams if seam.at_ms > 0]
    damaged = check(
        writing.partial_name(job.report.path),
        packets=job.packets,
        duration_ms=job.length_ms,
        seams_ms=[seam.at_ms for seam in seams],
        progress=lambda share: job.progress(COPIED + (1 - COPIED) * share),
        cancelled=job.cancelled,
    )
    for at_ms in damaged:
        if not any(_damaged_there(placed, at_ms) for placed in job.placed):
            raise ExportError(
                f"The export does not play at {at_ms:.0f} ms, though its pieces do; it was not kept."
            )
        job.report.notes.append(f"Around {at_ms:.0f} ms a piece is damaged; the export is no better than it.")
    job.report.checked += ["duration", "time stamps rise", f"decodes around {len(seams)} seams"]


def _damaged_there(placed: Placed, at_ms: float) -> bool:
    """Whether this piece itself does not decode around an instant of the export."""
    begin_ms, end_ms = at_ms - AROUND_MS, at_ms + AROUND_MS
    if isinstance(placed.span, GapSpan) or end_ms < placed.begin_ms or begin_ms > placed.end_ms:
        return False
    own = max(begin_ms, placed.begin_ms) - placed.add_ms, min(end_ms, placed.end_ms) - placed.add_ms
    with closing(Seams(placed.span.path)) as piece:
        return not piece.decodes(*own)


def _survey(job: _Job) -> None:
    """Looks at every piece once: which shape and form most of the run has, and which pieces are unusable."""
    shapes, forms = CommonShape(), CommonForm()
    for placed in job.placed:
        job.check_cancelled()
        if isinstance(placed.span, PieceSpan):
            piece = _look(job, placed.number, placed.span)
            if piece and piece.video:
                shapes.saw(piece.video, placed.span.length_ms)
            if piece and piece.audio:
                forms.saw(piece.audio, placed.span.length_ms)
            piece = None
            job.pieces.forget()
    job.shape, job.form = shapes.found(), forms.found()
    if not job.shape and not job.form:
        raise ExportError("There is nothing to export: none of the pieces holds picture or sound.")


def _look(job: _Job, number: int, span: PieceSpan) -> Piece | None:
    try:
        piece = job.piece(span)
    except UnreadablePiece as error:
        job.unusable.add(span.path)
        job.report.notes.append(f"Span {number}: {span.path.name} cannot be used: {error}. Shown as a gap.")
        return None
    except FileNotFoundError:
        raise ExportError(f"{span.path} is missing. Fetch the piece again, then export.") from None
    if piece is None:
        return None
    for kind, track in (("picture", piece.video), ("sound", piece.audio)):
        if track is None:
            job.report.notes.append(f"Span {number}: {span.path.name} has no {kind}.")
    job.report.notes += [f"Span {number}: {span.path.name}: {words}." for words in piece.left_out]
    return piece


def _lay_out(job: _Job, sources: Sources) -> list[header.Entry]:
    video = VideoTrack(job.shape, sources, job.check_cancelled) if job.shape else None
    audio: AudioTrack | None = None
    for step in _steps(job, video):
        if job.form and audio is None:
            piece = job.piece(step.placed.span)
            audio = AudioTrack.starting_with(job.form, sources, job.pieces, step.placed, piece)
            piece = None
        if audio is not None:
            _add_sound(job, audio, step)
    if video:
        video.finish(job.length_ms)
    if audio:
        audio.finish(job.length_ms)
    return _entries(job, sources, video, audio)


@dataclass
class _Step:
    """A span whose end is known, because the next one has chosen its begin.

    The piece itself is not held: its tables are large, and the steps of three are known at a time.
    """

    placed: Placed
    has_media: bool
    begin_ms: float
    report: SeamReport
    end_ms: float = 0.0


def _steps(job: _Job, video: VideoTrack | None) -> Iterator[_Step]:
    held: _Step | None = None
    for number, placed in enumerate(job.placed):
        job.check_cancelled()
        job.progress(LAID_OUT * number / len(job.placed))
        step = _begin(job, placed, video, held)
        if held:
            held.end_ms = step.begin_ms
            yield held
        held = step
    if held:
        held.end_ms = job.length_ms
        yield held


def _begin(job: _Job, placed: Placed, video: VideoTrack | None, before: _Step | None) -> _Step:
    piece = job.piece(placed.span)
    report = SeamReport(placed.number, placed.begin_ms, "no picture")
    if video and piece:
        report = video.piece(placed, piece.video, bool(before and before.has_media))
    elif video:
        video.gap(placed)
    if piece:
        job.report.seams.append(report)
    title = _title(placed.span, number=len(job.report.seams))
    job.chapters.append(header.Chapter(round(report.at_ms), title))
    return _Step(placed, piece is not None, report.at_ms, report)


def _title(span: PieceSpan | GapSpan, number: int) -> str:
    if isinstance(span, GapSpan):
        return f"Gap: {span.cause}" if span.cause else "Gap"
    return span.title or f"Part {number}"


def _add_sound(job: _Job, audio: AudioTrack, step: _Step) -> None:
    piece = job.piece(step.placed.span)
    if piece is None:
        audio.gap(step.begin_ms, step.end_ms)
    else:
        audio.piece(step.placed, piece.audio, step.begin_ms, step.end_ms, step.report)


def _entries(
    job: _Job, sources: Sources, video: VideoTrack | None, audio: AudioTrack | None
) -> list[header.Entry]:
    entries = []
    if video:
        entries.append(_video_entry(job, video))
    if audio:
        rows = audio.table
        sample_entry = header.audio_entry(audio.form.rate, audio.form.channels, audio.form.config)
        end = len(rows) * PACKET
        media = layout.Media(rows, audio.form.rate)
        entries.append(header.Entry(media, b"soun", sample_entry, end, media_time=audio.origin))
        job.report.notes += audio.notes
    entries.append(_chapter_entry(job, sources))
    return entries


def _video_entry(job: _Job, video: VideoTrack) -> header.Entry:
    rows, joined = video.table, video.joined
    _need_rising(rows)
    job.report.frames, job.report.frames_reencoded = len(rows), video.reencoded
    job.report.parameter_sets = "every key frame" if joined.in_band else "header"
    job.report.notes += video.notes
    prefixes = tuple(sets.in_band() for sets in joined.all) if joined.in_band else ()
    end = max(round(job.length_ms * VIDEO_RATE / 1000), (rows.last_ticks or 0) + 1)
    size = (video.shape.width, video.shape.height)
    sample_entry = header.video_entry(*size, joined.header())
    media, turn = layout.Media(rows, VIDEO_RATE, prefixes), video.shape.turn
    return header.Entry(media, b"vide", sample_entry, end, 0, *size, turn=turn)


def _need_rising(table: Table) -> None:
    before = -1
    for rows in table.blocks():
        steps = np.diff(rows["ticks"], prepend=before)
        if (steps <= 0).any():
            at = int(rows["ticks"][int(np.argmax(steps <= 0))]) // 90
            raise ExportError(f"The pieces overlap in a way that cannot be cut, near {at} ms of the run.")
        before = int(rows["ticks"][-1])
    if not len(table):
        raise ExportError("There is not one picture to export.")


def _chapter_entry(job: _Job, sources: Sources) -> header.Entry:
    """A text track with one sample for each chapter: players find chapters there."""
    offsets, sizes = sources.spool(header.text_sample(chapter.title) for chapter in job.chapters)
    ticks = np.array([chapter.start_ms for chapter in job.chapters], np.int64)
    ticks[0] = 0
    table = Table(sources.folder)
    table.add(SPOOL, offsets, sizes, ticks, True)
    media = layout.Media(table, header.MOVIE_RATE)
    end = max(round(job.length_ms), int(ticks[-1]) + 1)
    return header.Entry(media, b"text", header.text_entry(), end, enabled=False)


def _write(job: _Job, file: Any, entries: list[header.Entry], sources: Sources) -> None:
    tracks = [entry.media for entry in entries]
    job.packets = sum(len(track.rows) for track in tracks)
    size = layout.place_chunks(tracks)
    writing.need_room(job.report.path, size)
    head = _head(job, entries, size)
    head_size = sum(map(len, head))
    file.writelines(written(head))

    def copied(done: int) -> None:
        job.check_cancelled()
        job.progress(LAID_OUT + (COPIED - LAID_OUT) * done / size)

    copying.copy_media(file, tracks, sources, copied)
    file.flush()
    job.report.duration_ms, job.report.size = job.length_ms, head_size + size


def _head(job: _Job, entries: list[header.Entry], size: int) -> Parts:
    """Everything before the media. Its own length moves the offsets that it holds, and offsets beyond 4 GiB
    take more room: so it is made again until that holds."""
    mdat = writing.media_header(size)
    base, needed = 0, 1
    while base != needed:
        base = needed
        moov = header.moov(
            entries,
            length_ms=round(job.length_ms),
            created_at=job.plan.created_at,
            title=job.plan.name,
            chapters=job.chapters,
            base=base,
        )
        needed = sum(map(len, moov)) + len(header.FILE_TYPE) + len(mdat)
    return [header.FILE_TYPE, *moov, mdat]

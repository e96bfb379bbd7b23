"""What must hold whatever fails: `watch` a world, `check` after any step, `check_end` at the end.

I1 holes are stated · I2 nothing is stopped before its cover is confirmed · I3 one restart, one live run
I4 nothing runs 60 s after a stop · I5 every archive has one segment · I6 the story rebuilds the states
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from archives.models import ArchiveRun, Restart, Seam, Segment, Transition
from tests.support.platform.fake_platform import FakeArchive, FakePlatform
from tests.support.recording.world import World

Span = tuple[datetime, datetime]


def watch(world: World) -> None:
    """Check I2 at the very moment of each stop."""
    world.platform.on_stop = lambda archive: cover_holds(world, archive)


def check(world: World) -> None:
    one_restart_and_one_live_run()
    story_tells_the_states()


def check_end(world: World) -> None:
    """After a stop and a minute of quiet."""
    check(world)
    every_archive_has_one_segment(world.platform.archives)
    nothing_is_left_running(world.platform)
    for run in ArchiveRun.objects.filter(status=ArchiveRun.Status.COMPLETE):
        holes_are_stated(world.platform, run)


def cover_holds(world: World, archive: FakeArchive) -> None:
    """I2, as far as anybody can know: what has changed since the worker's last look is not held against it.

    A stop that the host asked for needs no cover.
    """
    segment = Segment.objects.filter(archive_id=archive.id).select_related("run").first()
    if segment is None or segment.run.status not in ArchiveRun.RUNNING:
        return
    platform = world.platform
    covers = Segment.objects.filter(
        archive_id__in=platform.told_live - {archive.id}, run=segment.run, confirmed_at__isnull=False
    )
    assert covers, f"I2: {archive.id} was stopped and nothing confirmed covered it\n{world.story()}"
    here = platform.people(archive.session_id)
    if archive.session_id not in {cover.session_id for cover in covers}:
        here &= platform.told_people[archive.session_id]
    there: set[str] = set()
    for cover in covers:
        there |= platform.people(cover.session_id) | platform.told_people[cover.session_id]
    gone = {name for name in here - there if not _is_stated(segment.run, name)}
    assert not gone, f"I2: {archive.id} was stopped and {gone} were not covered\n{world.story()}"


def _is_stated(run: ArchiveRun, name: str) -> bool:
    """Who cannot be recorded for some seconds is named in an alarm."""
    return run.alarms.filter(code="publisher_missing", message__icontains=name).exists()


def one_restart_and_one_live_run() -> None:
    """I3."""
    for run in ArchiveRun.objects.all():
        assert run.restarts.filter(status=Restart.Status.RUNNING).count() <= 1, "I3: two unfinished restarts"
        assert ArchiveRun.objects.live().filter(room=run.room).count() <= 1, "I3: two live runs"


def nothing_is_left_running(platform: FakePlatform) -> None:
    """I4."""
    assert not platform.live(), f"I4: still running: {[a.id for a in platform.live()]}"


def every_archive_has_one_segment(archive_ids: Iterable[str]) -> None:
    """I5."""
    for archive_id in archive_ids:
        count = Segment.objects.filter(archive_id=archive_id).count()
        assert count == 1, f"I5: {archive_id} has {count} segments"


def no_archive_has_two_segments(platform: FakePlatform) -> None:
    """I5 at any moment: a lost reply may leave an archive without a segment for a while, never with two."""
    known = list(Segment.objects.exclude(archive_id="").values_list("archive_id", flat=True))
    assert len(known) == len(set(known)), "I5: an archive has two segments"


def our_archives_have_one_segment(platform: FakePlatform) -> None:
    """I5 at any moment of peace; what somebody else records in an idle room may wait a quarter of an hour."""
    every_archive_has_one_segment([a.id for a in platform.archives.values() if not a.foreign])


def nothing_runs_that_was_stopped(platform: FakePlatform) -> None:
    """I4 at any moment of peace: a minute after its stop nothing of a run is recording."""
    late = platform.now - timedelta(seconds=60)
    for archive in platform.live():
        segment = Segment.objects.filter(archive_id=archive.id).select_related("run").first()
        stopped_at = segment and segment.run.stop_requested_at
        assert not stopped_at or stopped_at > late, f"I4: {archive.id} runs on after the stop"


class Story:
    """I6: each Transition continues where the one before ended, and the last one is the row's state."""

    def __init__(self) -> None:
        self.told: dict[tuple[str, str, str], str] = {}
        self.read_to = 0

    def check(self) -> None:
        for t in Transition.objects.filter(pk__gt=self.read_to).order_by("id"):
            self._read(t)
        rows = {"run": ArchiveRun, "segment": Segment, "restart": Restart}
        for name, model in rows.items():
            for pk, status in model.objects.values_list("pk", "status"):  # type: ignore[attr-defined]
                said = self.told.get((name, str(pk), "status"))
                assert said == status, f"I6: {name} {pk} is {status}, the story says {said}"
        for pk, step in Restart.objects.values_list("pk", "step"):
            said = self.told.get(("restart", str(pk), "step"))
            assert said == step, f"I6: restart {pk} is at {step}, the story says {said}"

    def _read(self, t: Transition) -> None:
        key = (t.subject, str(t.subject_id), t.field)
        was = self.told.get(key, "")
        assert was == t.old, f"I6: {key} was {was!r}, the story says {t.old!r}"
        self.told[key] = t.new
        self.read_to = t.pk


def story_tells_the_states() -> None:
    Story().check()


def known_holes_are_stated(platform: FakePlatform, run: ArchiveRun) -> None:
    """I1 at any moment: between two pieces whose ends we know, what nothing recorded is stated."""
    known = {s.archive_id: s for s in run.segments.exclude(archive_id="")}
    pieces = [a for a in platform.archives.values() if a.id in known]
    if not run.started_at or any(known[a.id].is_live and not a.live for a in pieces):
        return  # somebody has yet to look
    begun = [a.began for a in pieces if known[a.id].is_live or known[a.id].ended_at]
    if begun:
        _assert_no_holes(platform, run, pieces, max(begun))


def holes_are_stated(platform: FakePlatform, run: ArchiveRun) -> None:
    """I1: from start to stop, whatever no archive recorded lies in a stated gap (to the millisecond)."""
    assert run.started_at
    assert run.stop_requested_at or run.ended_at
    pieces = [a for a in platform.archives.values() if run.segments.filter(archive_id=a.id).exists()]
    _assert_no_holes(platform, run, pieces, run.stop_requested_at or run.ended_at or platform.now)


def _assert_no_holes(
    platform: FakePlatform, run: ArchiveRun, pieces: list[FakeArchive], end: datetime
) -> None:
    assert run.started_at
    recorded = [(a.began, a.ended or platform.now) for a in pieces]
    gaps = run.seams.filter(kind=Seam.Kind.GAP)
    stated = [(gap.gap_from, gap.gap_until) for gap in gaps if gap.gap_from and gap.gap_until]
    holes = uncovered(recorded + stated, run.started_at, end)
    assert not holes, f"I1: not recorded and not stated: {holes}"


def uncovered(spans: list[Span], start: datetime, end: datetime) -> list[Span]:
    slack = timedelta(milliseconds=2)  # rows hold whole milliseconds
    holes, at = [], start
    for begin, until in sorted(spans):
        if begin > at + slack and begin < end:
            holes.append((at, begin))
        at = max(at, until)
    if at + slack < end:
        holes.append((at, end))
    return holes

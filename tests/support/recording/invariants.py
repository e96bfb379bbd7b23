"""What must hold whatever fails: `watch` a world, `check` after any step, `check_end` at the end.

I1 holes are stated · I2 nothing is stopped before its cover is confirmed · I3 one restart, one live run
I4 nothing runs 60 s after a stop · I5 every archive has one segment · I6 the story rebuilds the states
I7 absences are stated · I8 what is stored and listed is what the timeline says
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Value

from archives import clock
from archives.api.serializers import ListedRunSerializer
from archives.models import ArchiveRun, Restart, Segment, Transition
from archives.services import accounts
from archives.services.stamps import with_account_stamp
from archives.timeline import Account, Gap, account_for
from archives.timeline.absences import both
from archives.timeline.laid_out import STALL_MS
from archives.timeline.verdicts import LEAST_GAP_MS
from tests.support.platform.fake_platform import FakeArchive, FakePlatform
from tests.support.recording.recorded import Span, recorded_of
from tests.support.recording.world import World

# A gap may be longer by this than what was not recorded.
FALSE_S = 0.5
# Absences are stated from a second on, and to a second with callbacks.
LEAST_ABSENCE_S = 1.1
WIDER_S, WIDER_MS = 1.0, 1000
# Changes this near to a gap's ends are those that it begins and ends with.
NEAR = timedelta(seconds=120)


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
    stored_accounts_hold()


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
    """I1 at any moment: between two segments whose ends are known, what nothing recorded is stated."""
    known = {s.archive_id: s for s in run.segments.exclude(archive_id="")}
    archives = [a for a in platform.archives.values() if a.id in known]
    if not run.started_at or any(known[a.id].status not in (a.status, _before(a.status)) for a in archives):
        return  # somebody has yet to look
    begun = [a.began for a in archives if known[a.id].is_live or known[a.id].ended_at]
    if begun and not any(a.paused_since for a in archives):
        _assert_account_is_true(platform, run, archives, max(begun))


def _before(status: str) -> str:
    """What a row may say as well: the platform names the file after the end."""
    return "stopped" if status in ("available", "failed") else status


def holes_are_stated(platform: FakePlatform, run: ArchiveRun) -> None:
    """I1: from start to stop, what no archive recorded lies in a stated gap, and no gap says much more."""
    assert run.started_at
    assert run.stop_requested_at or run.ended_at
    archives = [a for a in platform.archives.values() if run.segments.filter(archive_id=a.id).exists()]
    end = run.stop_requested_at or run.ended_at or platform.now
    _assert_account_is_true(platform, run, archives, end)


def _assert_account_is_true(
    platform: FakePlatform, run: ArchiveRun, archives: list[FakeArchive], end: datetime
) -> None:
    assert run.started_at
    recorded = [span for a in archives for span in recorded_of(a, platform.now)]
    account = account_for(run)
    stated = [_outer(account, gap) for gap in account.gaps]
    holes = uncovered(recorded + stated, run.started_at, end)
    if not platform.prompt:
        # What nobody saw can only be known by the length of its file, to 2.5 s.
        holes = [hole for hole in holes if (hole[1] - hole[0]).total_seconds() > STALL_MS / 1000]
    assert not holes, f"I1: not recorded and not stated: {holes}; stated {stated}"
    for gap in account.gaps:
        since, until = (clock.from_ms(account.began_at_ms + at) for at in (gap.start_ms, gap.end_ms))
        false = _overlap_s([(since, until)], recorded) - _blind_s(archives, since, until)
        assert false <= FALSE_S, f"I1: {false:.1f} s of the gap from {since} to {until} are recorded"
        unknown_s = _rounded_s(run, archives)
        if not platform.prompt:
            unknown_s += _blind_s(archives, *_outer(account, gap))
        _assert_bounds_are_narrow(recorded, _outer(account, gap), WIDER_S + unknown_s)


def _rounded_s(run: ArchiveRun, archives: list[FakeArchive]) -> float:
    """By how much times may be off that the platform gives in whole seconds: begins in callbacks, lengths."""
    begun = dict(run.segments.values_list("archive_id", "created_at_ms"))
    begins = any(begun[a.id] is not None and begun[a.id] % 1000 == 0 for a in archives)
    lengths = any(a.ended and (a.recorded_s() * 1000) % 1000 < 1 for a in archives)
    return 1.0 * (begins + lengths)


def _assert_bounds_are_narrow(recorded: list[Span], outer: Span, most_s: float) -> None:
    """Either end is stated to `most_s`."""
    missing = uncovered(recorded, *outer)
    if not missing:
        return
    early, late = (missing[0][0] - outer[0]).total_seconds(), (outer[1] - missing[-1][1]).total_seconds()
    assert early <= most_s, f"I1: the gap at {outer} is stated {early:.1f} s too early"
    assert late <= most_s, f"I1: the gap at {outer} is stated {late:.1f} s too long"


def absences_are_stated(platform: FakePlatform) -> None:
    """I7, with callbacks that came at once: when one person is in nothing that was recorded, from their first
    stream to their last, that lies in a stated absence or gap; and no absence says much more.
    """
    for run in ArchiveRun.objects.filter(status=ArchiveRun.Status.COMPLETE).exclude(started_at=None):
        account = account_for(run)
        known = set(run.segments.values_list("archive_id", flat=True))
        archives = [a for a in platform.archives.values() if a.id in known]
        gaps = [_outer(account, gap) for gap in account.gaps]
        for name in {name for _, name, _, _ in platform.published}:
            _assert_person_is_accounted_for(platform, name, archives, account, gaps)


def _assert_person_is_accounted_for(
    platform: FakePlatform, name: str, archives: list[FakeArchive], account: Account, gaps: list[Span]
) -> None:
    on = [span for archive in archives for span in recorded_of(archive, platform.now)]
    streams = [
        (side, since, until or platform.now) for side, who, since, until in platform.published if who == name
    ]
    there = [(since, until) for _, since, until in streams if _overlap_s([(since, until)], on)]
    if not there:
        return
    begin, end = min(since for since, _ in there), max(until for _, until in there)
    seen = [span for a in archives for span in _seen_in(a, streams, platform.now)]
    mine = [absent for absent in account.absences if absent.participant == name.lower()]
    stated = [(clock.from_ms(a.bounds[0] - WIDER_MS), clock.from_ms(a.bounds[1] + WIDER_MS)) for a in mine]
    missing = [hole for hole in uncovered(seen + stated + gaps, begin, end) if _is_long(hole)]
    unrecorded = [hole for hole in missing if _overlap_s([hole], on) >= LEAST_ABSENCE_S]
    assert not unrecorded, f"I7: {name} is not recorded and that is not stated: {unrecorded}; {mine}"
    for absent in mine:
        bounds = (clock.from_ms(absent.bounds[0]), clock.from_ms(absent.bounds[1]))
        assert _overlap_s([bounds], seen) <= 2 * WIDER_MS / 1000, f"I7: {name} is recorded in {bounds}"


def _seen_in(
    archive: FakeArchive, streams: list[tuple[str, datetime, datetime]], now: datetime
) -> list[Span]:
    recorded = recorded_of(archive, now)
    own = [(since, until) for side, since, until in streams if side == archive.session_id]
    pairs = both(*([(clock.to_ms(a), clock.to_ms(b)) for a, b in spans] for spans in (recorded, own)))
    return [(clock.from_ms(begin), clock.from_ms(end)) for begin, end in pairs]


def _is_long(hole: Span) -> bool:
    return (hole[1] - hole[0]).total_seconds() >= LEAST_ABSENCE_S


def stored_accounts_hold() -> None:
    """I8, of runs that have ended: an account that counts as current is the one that would be made now."""
    ended = ArchiveRun.objects.filter(status__in=ArchiveRun.ENDED).select_related("room", "account")
    # What a list adds to a run beside its account.
    listed = {"segment_count": Value(0), "hosted": Value(False), "picture_folder": Value("")}
    for run in with_account_stamp(ended).annotate(**listed):
        stored, made = accounts.current(run), account_for(run)
        numbers = {name: getattr(made, name) for name in ("result", "duration_ms", "missing_ms")}
        numbers |= {"lost_ms": sum(gap.lost_ms for gap in made.gaps), "gap_count": len(made.gaps)}
        row = ListedRunSerializer(run).data
        kept = {name: getattr(stored, name) for name in numbers}
        for said in (kept, {name: row[name] for name in numbers}):
            assert said == numbers, f"I8: {run.pk} is stored as {said}, the timeline says {numbers}"
        gaps = [(gap["start_ms"], gap["end_ms"]) for gap in stored.gaps]
        assert gaps == [(gap.start_ms, gap.end_ms) for gap in made.gaps], f"I8: {run.pk} has other gaps"
        absent = [(each["participant"], each["from_ms"], each["until_ms"]) for each in stored.absences]
        assert absent == [(each.participant, *each.bounds) for each in made.absences], f"I8: {run.pk}"


def _outer(account: Account, gap: Gap) -> Span:
    """The bounds that the account states to contain the gap."""
    before, after = gap.margins_ms
    since, until = account.began_at_ms + gap.start_ms - before, account.began_at_ms + gap.end_ms + after
    return clock.from_ms(since), clock.from_ms(until)


def _overlap_s(some: list[Span], others: list[Span]) -> float:
    shared = both(*([(clock.to_ms(a), clock.to_ms(b)) for a, b in spans] for spans in (some, others)))
    return sum(end - begin for begin, end in shared) / 1000


def _blind_s(archives: list[FakeArchive], since: datetime, until: datetime) -> float:
    """The time between the reports around the changes at the ends of this gap: its allowed error."""
    longest = 0.0
    for archive in archives:
        changes = [archive.ended, *(instant for pause in archive.pauses for instant in pause)]
        for change in changes:
            if change and since - NEAR <= change <= until + NEAR:
                longest = max(longest, _untold_s(archive, change))
    return 2 * longest


def _untold_s(archive: FakeArchive, change: datetime) -> float:
    told = [at for at, _ in archive.told]
    before = max((at for at in told if at <= change), default=archive.began)
    after = min((at for at in told if at > change), default=change + NEAR)
    return (after - before).total_seconds()


def uncovered(spans: list[Span], start: datetime, end: datetime) -> list[Span]:
    slack = timedelta(milliseconds=LEAST_GAP_MS)  # what is shorter is no gap
    holes, at = [], start
    for begin, until in sorted(spans):
        if begin >= end:
            break
        if begin > at + slack:
            holes.append((at, begin))
        at = max(at, until)
    if at + slack < end:
        holes.append((at, end))
    return holes

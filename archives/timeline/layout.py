"""Laying pieces out in time and choosing which of them is shown when."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from .causes import UNKNOWN, VAGUE
from .clocks import stretches
from .parts import Hole, Join, Piece, Span, Timeline

# A fresh recording may begin black, silent or in the middle of a layout change: it is shown after that.
SETTLE_MS = 500
# The last pictures of an ending piece may be missing: it is left so much earlier where the overlap allows.
TAIL_MS = 100

NOT_READY = "not_ready"
ELSEWHERE = "elsewhere"


@dataclass(frozen=True)
class _Placed:
    """A piece, or what lies between two of its breaks, on the wall clock in whole milliseconds.

    `zero` is where media time 0 would lie by the clock of this stretch; `whole` is when it showed everybody.
    """

    piece: Piece
    zero: int
    start: int
    end: int
    whole: int | None


@dataclass(frozen=True)
class _Change:
    at: int
    earliest: int
    latest: int


@dataclass(frozen=True)
class _Shown:
    placed: _Placed
    begin: int
    until: int
    change: _Change | None


def build(pieces: Iterable[Piece], joins: Iterable[Join] = (), holes: Iterable[Hole] = ()) -> Timeline:
    """Lay pieces out by measured joins, and by the wall clock where none is known; O(n log n).

    Pieces that add nothing are skipped. A gap lies where no ready piece is: between pieces, in a stated
    hole, or where a lost piece alone was. A pending piece after the last ready one is not part of the run
    yet.
    """
    placed = _place(list(pieces), list(joins))
    ready = sorted((p for p in placed if p.piece.state == "ready" and p.end > p.start), key=lambda p: p.start)
    known = [
        Hole(p.start, p.end, p.piece.cause) for p in placed if p.piece.state == "lost" and p.end > p.start
    ]
    known += _standstills(placed)
    known += [hole for hole in holes if hole.until_ms > hole.from_ms]
    # Unlike other pending pieces these never come.
    known += [Hole(p.start, p.end, ELSEWHERE) for p in placed if _is_elsewhere(p.piece) and p.end > p.start]
    edges = [(p.start, p.end) for p in ready] + [(round(h.from_ms), round(h.until_ms)) for h in known]
    if not edges:
        return Timeline((), 0)
    known += [
        Hole(p.start, max(p.end, p.start + 1), NOT_READY)
        for p in placed
        if p.piece.state == "pending" and not _is_elsewhere(p.piece)
    ]
    origin = min(start for start, _ in edges)
    return Timeline(tuple(_spans(ready, known, origin, max(end for _, end in edges))), origin)


def _is_elsewhere(piece: Piece) -> bool:
    return piece.state == "pending" and piece.cause == ELSEWHERE


def _place(pieces: list[Piece], joins: list[Join]) -> list[_Placed]:
    """Every stretch of every piece on the wall clock."""
    zeros = zeros_of(pieces, joins)
    return [placed for piece in pieces for placed in _stretches(piece, zeros[piece.id])]


def zeros_of(pieces: Iterable[Piece], joins: Iterable[Join] = ()) -> dict[str, float]:
    """{id: Unix time (ms) of media time 0}: pieces that joins connect lie to each other as measured, and each
    such group as its members' clocks say.
    """
    pieces = list(pieces)
    known_pieces = {piece.id: piece for piece in pieces}
    offsets: dict[str, float] = {}
    groups: dict[str, list[Piece]] = {}
    leader: dict[str, str] = {}
    best: dict[str, Join] = {}
    for join in sorted(joins, key=lambda join: join.confidence):
        best[join.later] = join
    for piece in sorted(pieces, key=lambda piece: piece.wall_ms):
        joined = best.get(piece.id)
        known = joined is not None and joined.earlier in offsets
        leader[piece.id] = leader[joined.earlier] if joined and known else piece.id
        offsets[piece.id] = (
            offsets[joined.earlier] + begins_after(known_pieces[joined.earlier], piece, joined.offset_ms)
            if joined and known
            else piece.wall_ms
        )
        groups.setdefault(leader[piece.id], []).append(piece)
    shifts = {
        name: median(piece.wall_ms - offsets[piece.id] for piece in members)
        for name, members in groups.items()
    }
    return {piece.id: offsets[piece.id] + shifts[leader[piece.id]] for piece in pieces}


def begins_after(earlier: Piece, later: Piece, offset_ms: float) -> float:
    """Wall-clock time from media time 0 of `earlier` to that of `later`, whose seam was measured.

    A break in what both show makes that another time before and after it: the one nearer to the clocks holds.
    """
    begin = later.begin_ms
    end = begin + max(0.0, min(earlier.end_ms - offset_ms - begin, later.end_ms - begin))
    breaks = [each.at_ms - offset_ms for each in earlier.breaks] + [each.at_ms for each in later.breaks]
    cuts = sorted({begin, end, *(at for at in breaks if begin < at < end)})
    middles = [(one + other) / 2 for one, other in pairwise(cuts)] or [begin]
    apart_ms = later.wall_ms - earlier.wall_ms
    found = [earlier.elapsed_ms(middle + offset_ms) - later.elapsed_ms(middle) for middle in middles]
    return min(found, key=lambda each: abs(each - apart_ms))


def _stretches(piece: Piece, zero_ms: float) -> list[_Placed]:
    found = []
    whole = None if piece.whole_ms is None else round(zero_ms + piece.whole_ms - piece.wall_ms)
    for begin, end, shift in stretches(piece.breaks, piece.begin_ms, piece.end_ms):
        zero = round(zero_ms + shift)
        found.append(_Placed(piece, zero, zero + _up(begin), zero + int(end), whole))
    return found


def _standstills(placed: Sequence[_Placed]) -> list[Hole]:
    """Between the stretches of one piece, for the causes of its breaks."""
    holes = []
    for one, other in pairwise(placed):
        if one.piece is other.piece and one.piece.state == "ready":
            cause = next((each.cause for each in one.piece.breaks if each.at_ms > one.start - one.zero), "")
            holes.append(Hole(one.end, other.start, cause))
    return holes


def _up(milliseconds: float) -> int:
    return -int(-milliseconds // 1)


def _spans(ready: Sequence[_Placed], known: Sequence[Hole], origin: int, end: int) -> list[Span]:
    spans: list[Span] = []
    covered = origin
    causes = _Causes(known)
    for shown in _chosen(ready):
        if shown.begin > covered:
            spans.append(_gap(covered, shown.begin, origin, causes))
        covered = shown.until
        spans.append(_span(shown, origin))
    if end > covered:
        spans.append(_gap(covered, end, origin, causes))
    return spans


def _chosen(ready: Sequence[_Placed]) -> list[_Shown]:
    picker = _Picker(ready)
    shown: list[_Shown] = []
    current = picker.first()
    begin = current.start if current else 0
    change: _Change | None = None
    while current is not None:
        following = picker.after(current)
        overlaps = following is not None and following.start < current.end
        next_change = _change(current, following, begin) if following and overlaps else None
        until = next_change.at if next_change else current.end
        shown.append(_Shown(current, begin, until, change))
        begin = until if next_change or following is None else following.start
        current, change = following, next_change
    return shown


class _Picker:
    """Names the piece that carries on: the one that reaches farthest, by preference one that has settled."""

    def __init__(self, ready: Sequence[_Placed]) -> None:
        self._ready = ready
        self._settled_seen = self._begun_seen = 0
        self._settled: _Placed | None = None
        self._begun: _Placed | None = None

    def first(self) -> _Placed | None:
        if not self._ready:
            return None
        start = self._ready[0].start
        return max((p for p in self._ready if p.start == start), key=lambda p: p.end)

    def after(self, current: _Placed) -> _Placed | None:
        """The next piece to show: it overlaps `current` or, failing that, is the first to begin after it."""
        self._settled_seen, self._settled = self._farthest(
            self._settled_seen, self._settled, current.end - SETTLE_MS - TAIL_MS
        )
        if self._settled is not None and self._settled.end > current.end:
            return self._settled
        self._begun_seen, self._begun = self._farthest(self._begun_seen, self._begun, current.end)
        if self._begun is not None and self._begun.end > current.end:
            return self._begun
        return self._ready[self._begun_seen] if self._begun_seen < len(self._ready) else None

    def _farthest(self, seen: int, best: _Placed | None, latest_start: int) -> tuple[int, _Placed | None]:
        while seen < len(self._ready) and self._ready[seen].start <= latest_start:
            if best is None or self._ready[seen].end > best.end:
                best = self._ready[seen]
            seen += 1
        return seen, best


def _change(current: _Placed, following: _Placed, begin: int) -> _Change:
    """In the middle of the overlap, but once the new piece has settled and before the old one ends.

    A recorder may have heard some people later than others: not before it was seen to record everybody.
    """
    overlap = current.end - following.start
    latest = current.end - min(TAIL_MS, overlap // 6)
    settled = max(following.start + SETTLE_MS, following.whole or 0)
    earliest = max(min(settled, latest), begin)
    at = max(min(max(following.start + overlap // 2, settled), latest), begin)
    return _Change(at, min(earliest, at), max(latest, at))


def _span(shown: _Shown, origin: int) -> Span:
    piece, zero, change = shown.placed.piece, shown.placed.zero, shown.change
    return Span(
        "segment",
        piece.id,
        piece.session,
        shown.begin - origin,
        shown.begin - zero,
        shown.until - zero,
        change_from_ms=change.earliest - origin if change else None,
        change_until_ms=change.latest - origin if change else None,
    )


class _Causes:
    """Says why nothing is there; asked of stretches in order, it looks at each hole only while it matters."""

    def __init__(self, known: Sequence[Hole]) -> None:
        self._coming = deque(sorted(known, key=lambda hole: hole.from_ms))
        self._open: list[Hole] = []

    def of(self, begin: int, until: int) -> tuple[str, ...]:
        while self._coming and self._coming[0].from_ms < until:
            self._open.append(self._coming.popleft())
        self._open = [hole for hole in self._open if hole.until_ms > begin]
        causes = dict.fromkeys(hole.cause for hole in self._open if hole.cause)
        return tuple(cause for cause in causes if cause not in VAGUE) or tuple(causes)[:1] or (UNKNOWN,)


def _gap(begin: int, until: int, origin: int, causes: _Causes) -> Span:
    return Span("gap", None, None, begin - origin, 0, until - begin, causes.of(begin, until))

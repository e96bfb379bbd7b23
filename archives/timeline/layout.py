"""Laying pieces out in time and choosing which of them is shown when."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from .parts import Hole, Join, Piece, Span, Timeline

# A fresh recording may begin black, silent or in the middle of a layout change: it is shown after that.
SETTLE_MS = 500
# The last pictures of an ending piece may be missing: it is left so much earlier where the overlap allows.
TAIL_MS = 100

UNKNOWN_CAUSE = "nothing was recorded"


@dataclass(frozen=True)
class _Placed:
    """A piece on the wall clock, in whole milliseconds: `zero` is where its media time 0 lies."""

    piece: Piece
    zero: int
    start: int
    end: int


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
        Hole(p.start, p.end, p.piece.note) for p in placed if p.piece.state == "lost" and p.end > p.start
    ]
    known += [hole for hole in holes if hole.until_ms > hole.from_ms]
    edges = [(p.start, p.end) for p in ready] + [(round(h.from_ms), round(h.until_ms)) for h in known]
    if not edges:
        return Timeline((), 0)
    known += [
        Hole(p.start, max(p.end, p.start + 1), p.piece.note) for p in placed if p.piece.state == "pending"
    ]
    origin = min(start for start, _ in edges)
    return Timeline(tuple(_spans(ready, known, origin, max(end for _, end in edges))), origin)


def _place(pieces: list[Piece], joins: list[Join]) -> list[_Placed]:
    """Pieces that joins connect lie to each other as measured; each such group as its members' clocks say."""
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
        offsets[piece.id] = offsets[joined.earlier] + joined.offset_ms if joined and known else piece.wall_ms
        groups.setdefault(leader[piece.id], []).append(piece)
    shifts = {
        name: median(piece.wall_ms - offsets[piece.id] for piece in members)
        for name, members in groups.items()
    }
    return [_placed(piece, offsets[piece.id] + shifts[leader[piece.id]]) for piece in pieces]


def _placed(piece: Piece, zero_ms: float) -> _Placed:
    zero = round(zero_ms)
    return _Placed(piece, zero, zero + _up(piece.begin_ms), zero + int(piece.end_ms))


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
    """In the middle of the overlap, but once the new piece has settled and before the old one ends."""
    overlap = current.end - following.start
    latest = current.end - min(TAIL_MS, overlap // 6)
    earliest = max(min(following.start + SETTLE_MS, latest), begin)
    at = max(min(following.start + max(overlap // 2, SETTLE_MS), latest), begin)
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

    def of(self, begin: int, until: int) -> str:
        while self._coming and self._coming[0].from_ms < until:
            self._open.append(self._coming.popleft())
        self._open = [hole for hole in self._open if hole.until_ms > begin]
        return "; ".join(dict.fromkeys(hole.cause for hole in self._open if hole.cause)) or UNKNOWN_CAUSE


def _gap(begin: int, until: int, origin: int, causes: _Causes) -> Span:
    return Span("gap", None, None, begin - origin, 0, until - begin, causes.of(begin, until))

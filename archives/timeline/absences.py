"""Who is missing from a recording that goes on, from what was recorded and who published where. Pure.

Bounds are (from, until) in whole ms of the wall clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

Bounds = tuple[int, int]

# The platform's times are good to about a second: what is shorter may not be so.
RESOLUTION_MS = 1000


@dataclass(frozen=True)
class Recorded:
    """One piece. `missed`: whom the platform's own list did not show in its session, by their keys."""

    session: str
    bounds: Bounds
    missed: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Published:
    session: str
    bounds: Bounds


@dataclass(frozen=True)
class Absent:
    """`sure`: known from the platform; else their connection was lost, and they may be missing.

    `causes`: codes of causes.py, in order of time.
    """

    participant: str
    name: str
    bounds: Bounds
    causes: tuple[str, ...]
    sure: bool


def merged(stretches: Iterable[Bounds]) -> list[Bounds]:
    """In order, those that touch as one."""
    found: list[Bounds] = []
    for begin, end in sorted(stretches):
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((begin, end))
    return found


def both(some: Iterable[Bounds], others: Iterable[Bounds]) -> list[Bounds]:
    """What lies in one of `some` and in one of `others`."""
    mine, theirs = merged(some), merged(others)
    found, index = [], 0
    for begin, end in mine:
        while index and theirs[index - 1][1] > begin:
            index -= 1
        while index < len(theirs) and theirs[index][0] < end:
            stretch = (max(begin, theirs[index][0]), min(end, theirs[index][1]))
            found += [stretch] if stretch[0] < stretch[1] else []
            index += 1
    return found


def without(stretches: Iterable[Bounds], holes: Iterable[Bounds]) -> list[Bounds]:
    """What is left of `stretches` outside of `holes`."""
    whole = merged(stretches)
    if not whole:
        return []
    outside, at = [], whole[0][0]
    for begin, end in merged(holes):
        outside += [(at, begin)] if begin > at else []
        at = max(at, end)
    outside += [(at, whole[-1][1])] if at < whole[-1][1] else []
    return both(whole, outside)


def missing(
    person: str, recorded: Sequence[Recorded], published: Sequence[Published], to_the_end: bool = False
) -> list[Bounds]:
    """When `person`, who published `published`, is in nothing that was recorded, between their first stream
    and their last one, or (`to_the_end`) the recording's end. Only what is longer than RESOLUTION_MS.
    """
    if not published or not recorded:
        return []
    last = recorded if to_the_end else published
    there = (min(each.bounds[0] for each in published), max(each.bounds[1] for each in last))
    seen = [stretch for piece in recorded for stretch in _seen(person, piece, published)]
    lacking = without(both((piece.bounds for piece in recorded), [there]), seen)
    return [bounds for bounds in lacking if bounds[1] - bounds[0] >= RESOLUTION_MS]


def _seen(person: str, piece: Recorded, published: Sequence[Published]) -> list[Bounds]:
    """When they are in the piece. Where nothing at all was heard of them in its session, a callback may have
    been lost: they count as seen as long as they were in the call, unless the platform's list says otherwise.
    """
    own = both([piece.bounds], (each.bounds for each in published if each.session == piece.session))
    if own or person in piece.missed:
        return own
    return both([piece.bounds], (each.bounds for each in published))


def as_told(absences: Iterable[Absent], gaps: Iterable[Bounds]) -> list[Absent]:
    """Those of one person that touch as one, without what nobody was recorded in; in order of time."""
    holes = merged(gaps)
    told: list[Absent] = []
    ordered = sorted(absences, key=lambda each: (each.participant, each.bounds))
    for _, own in groupby(ordered, key=lambda each: each.participant):
        mine = list(own)
        for bounds in without((each.bounds for each in mine), holes):
            if bounds[1] - bounds[0] >= RESOLUTION_MS:
                told.append(_as_one([each for each in mine if both([each.bounds], [bounds])], bounds))
    return sorted(told, key=lambda each: (each.bounds, each.name))


def _as_one(parts: list[Absent], bounds: Bounds) -> Absent:
    causes = dict.fromkeys(cause for part in parts for cause in part.causes)
    sure = all(part.sure for part in parts)
    return Absent(parts[-1].participant, parts[-1].name, bounds, tuple(causes), sure)

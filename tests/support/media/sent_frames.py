"""Tells a number that was lost from one that the browser never sent.

A browser on a busy machine leaves out pictures before they reach any encoder. The platform's recorder notes,
from the capture times in the packets and before it decodes anything, when a stream stood still.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import requests

from tests.support.browser.camera import NUMBERS_PER_SECOND
from tests.support.browser.participants import Participant
from tests.support.browser.recorded_run import Run
from tests.support.media.recorded_frames import Reading, missing

NUMBER_MS = 1000 // NUMBERS_PER_SECOND
# The recorder shows late pictures a little later than they were taken.
LATE_MS = 250


class Recorded(Protocol):
    """Whatever runs the product, with the platform that recorded."""

    localtok_url: str


class Standstill(NamedTuple):
    at_ms: int
    ms: int


# By piece: when the stream stood still, in ms of the piece.
Standstills = Sequence[Sequence[Standstill]]


@dataclass
class Account:
    """The numbers of one camera that stand in no piece."""

    seen: int = 0
    lost: list[int] = field(default_factory=list)
    never_sent: list[int] = field(default_factory=list)


def account(product: Recorded, recorded: Run, pieces: list[Reading], person: Participant) -> Account:
    """`pieces` are those of the run that have a file, in order."""
    archives = [segment["archive_id"] for segment in recorded.segments if segment["archive_id"]]
    assert len(archives) == len(pieces)
    still = [standstills(product, archive, person.name) for archive in archives]
    return classify(pieces, still, person.identity)


def assert_whole(found: Account, person: Participant, at_least: int = 100) -> None:
    """Nothing that the browser sent is missing; and it has sent enough for that to say something."""
    print(f"{person.name}: {found}")
    assert found.seen > at_least, f"{person.name} is hardly to be seen"
    assert found.lost == [], f"numbers of {person.name} that were sent stand in no piece"
    assert len(found.never_sent) < found.seen / 5, f"{person.name}'s browser is too busy for this test"


def standstills(product: Recorded, archive_id: str, name: str) -> list[Standstill]:
    return standstills_in(_reception(product, archive_id), name)


def standstills_in(reception: dict[str, Any], name: str) -> list[Standstill]:
    """`reception` is what the platform says of one archive; empty where it knows nothing."""
    return [Standstill(**each) for stream in _streams(reception, name) for each in stream["standstills"]]


def first_ms(product: Recorded, archive_id: str, name: str) -> int | None:
    """When the archive was sent the person's first picture, in ms of its file."""
    firsts = [stream["first_ms"] for stream in _streams(_reception(product, archive_id), name)]
    return min((first for first in firsts if first is not None), default=None)


def _reception(product: Recorded, archive_id: str) -> dict[str, Any]:
    """Nothing of an archive whose recorder was killed."""
    url = f"{product.localtok_url}/_localtok/archives/{archive_id}/reception"
    answer = requests.get(url, timeout=10)
    return answer.json() if answer.status_code == 200 else {}


def _streams(reception: dict[str, Any], name: str) -> list[dict[str, Any]]:
    streams = reception.get("received", {}).values()
    return [stream for stream in streams if stream["name"].partition(" [")[0] == name]


def classify(pieces: Sequence[Reading], still: Standstills, identity: int) -> Account:
    seen = set().union(*(piece.numbers(identity) for piece in pieces))
    found = Account(seen=len(seen))
    for number in missing(pieces, identity):
        (found.never_sent if _never_sent(pieces, still, identity, number) else found.lost).append(number)
    return found


def _never_sent(pieces: Sequence[Reading], still: Standstills, identity: int, number: int) -> bool:
    """Every piece that shows what came before and after the number was sent nothing in between."""
    answers = [
        _stood_still(piece, spans, identity, number)
        for piece, spans in zip(pieces, still, strict=True)
        if min(piece.numbers(identity), default=number)
        < number
        < max(piece.numbers(identity), default=number)
    ]
    return bool(answers) and all(answers)


def _reaches_over(numbers: set[int], number: int) -> bool:
    return bool(numbers) and min(numbers) < number < max(numbers)


def _stood_still(piece: Reading, spans: Sequence[Standstill], identity: int, number: int) -> bool:
    sightings = piece.sightings[identity]
    before = max((s for s in sightings if s.number < number), key=lambda s: (s.number, s.frame))
    after = min((s for s in sightings if s.number > number), key=lambda s: (s.number, s.frame))
    hole_ms = NUMBER_MS * (after.number - before.number - 1)
    near = [
        span
        for span in spans
        if span.at_ms + span.ms >= before.time_ms - LATE_MS and span.at_ms <= after.time_ms + LATE_MS
    ]
    return sum(span.ms for span in near) >= hole_ms

"""Who is covered by the recording of a session: by the platform's lists of streams and the pages' words."""

from __future__ import annotations

from dataclasses import dataclass, field

from archives import clock
from archives.models import Restart, Side, Strategy
from archives.platform import gateway
from archives.services import restarts
from archives.services.claims import Claim
from archives.services.people import presence, sending
from archives.services.people.presence import Person

# How long pages that all say that they send nothing hold a step up, if the platform says otherwise.
WORDS_HOLD_S = 60.0
NOT_SEEN = "Not seen in the other session in time"
NOTHING_ARRIVES = "In the other session, but by their own page nothing goes out into it"


@dataclass(frozen=True)
class Uncovered:
    """Who would be missing: not in the session, or there (`silent`) while nothing of theirs goes out into it.

    `expected` publish in the other session, `arrived` can be recorded in this one.
    """

    expected: list[Person] = field(default_factory=list)
    arrived: list[Person] = field(default_factory=list)
    absent: list[Person] = field(default_factory=list)
    silent: list[Person] = field(default_factory=list)

    @property
    def nobody(self) -> bool:
        """People publish in the other session, and none of them can be recorded in this one."""
        return bool(self.expected) and not self.arrived

    @property
    def people(self) -> list[Person]:
        return self.absent + self.silent

    def in_words(self) -> str:
        """For the alarm; "" where everybody is there."""
        why = ((NOT_SEEN, self.absent), (NOTHING_ARRIVES, self.silent))
        return " ".join(f"{what}, so missing for some seconds: {names(who)}." for what, who in why if who)


def publishers(claim: Claim, side: Side) -> list[Person]:
    claim.hold()
    streams = gateway.platform().streams_list(claim.run.room.session_id(side))
    return presence.people(streams=streams)


def uncovered(claim: Claim, restart: Restart, by: Side) -> Uncovered:
    """Who publishes and would not be recorded on side `by`, by the lists and the pages' words."""
    if restart.strategy != Strategy.DUAL_SESSION:
        return Uncovered()
    other = Side.SECONDARY if by == Side.PRIMARY else Side.PRIMARY
    expected, listed = publishers(claim, other), publishers(claim, by)
    mute = frozenset() if _outweighed(restart) else sending.contradicted(room=claim.run.room, by=by)
    arrived = [person for person in listed if person["key"] not in mute]
    silent = [person for person in expected if person["key"] in mute and person in listed]
    absent = [person for person in presence.missing(expected, arrived) if person not in silent]
    return Uncovered(expected, arrived, absent, silent)


def note(claim: Claim, restart: Restart, by: Side, found: Uncovered) -> None:
    """Record who has come into the second session, and so is to be there until it is left."""
    if by == Side.SECONDARY and restart.strategy == Strategy.DUAL_SESSION:
        restarts.record_people(claim=claim, restart=restart, expected=found.expected, arrived=found.arrived)


def _outweighed(restart: Restart) -> bool:
    """After a minute at one step the platform's word, `started`, stands against those of all pages."""
    return (clock.now() - restart.step_since).total_seconds() > WORDS_HOLD_S


def covered(claim: Claim, by: Side, expected: list[Person]) -> bool:
    """Whether all of `expected` publish in session `by`, and no page says that nothing goes out into it."""
    mute = sending.contradicted(room=claim.run.room, by=by)
    arrived = [person for person in publishers(claim, by) if person["key"] not in mute]
    return not presence.missing(expected, arrived)


def names(people: list[Person]) -> str:
    return ", ".join(person["name"] for person in people)

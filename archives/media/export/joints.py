"""Where the sound of an export changes from one run of packets to another: what is encoded again there."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Self

from archives.media.export.packets import Track
from archives.media.export.plan import SeamReport

# Packets decoded first so that the decoder's overlap and the encoder's rate control have settled.
WARM_UP = 3
# Packets that are re-encoded: one before the joint, that with the joint, and one after.
BEFORE, AFTER = 1, 2
# Packets before and after such an instant within which the sound is stretched.
STRETCHED = 16


@dataclass(frozen=True)
class Run:
    """Slots `first`..`end` filled from consecutive packets: packet = slot - `shift`.

    `track` reads the table of packets again (it is not held: a long run has many); None is silence. One that
    `continues` follows the run before in the same track, where the clocks have drifted apart by a packet.
    """

    first: int
    end: int
    track: Callable[[], Track] | None = None
    shift: int = 0
    continues: bool = False


@dataclass(frozen=True)
class Joint:
    """Where a run begins; `stretched`: the sound of one track goes on there, and is not to be cut."""

    slot: int
    report: SeamReport | None = None
    stretched: bool = False


@dataclass(frozen=True)
class Group:
    """Slots `first`..`end` to be encoded again, around the joints of these reports."""

    first: int
    end: int
    reports: tuple[SeamReport, ...]
    stretched: bool = False

    @classmethod
    def around(cls, joint: Joint, last: int, *, stretched: bool) -> Self:
        before, after = (STRETCHED, STRETCHED) if stretched else (BEFORE, AFTER)
        reports = (joint.report,) if joint.report else ()
        return cls(max(0, joint.slot - before), min(last, joint.slot + after), reports, stretched)

    def with_(self, other: "Group") -> "Group":
        return Group(self.first, max(self.end, other.end), self.reports + other.reports)


def groups(joints: Sequence[Joint], last: int) -> Iterator[Group]:
    """Joints with the packets around them; joints that lie together are bridged as one."""
    group: Group | None = None
    slots = [-STRETCHED, *(joint.slot for joint in joints), last + STRETCHED]
    for joint, before, after in zip(joints, slots, slots[2:], strict=False):
        if joint.slot == 0:
            continue
        # Two that are stretched, and what both decode before, must find room beside each other.
        room = min(joint.slot - before, after - joint.slot) > 2 * (STRETCHED + WARM_UP)
        found = Group.around(joint, last, stretched=joint.stretched and room)
        if group and found.first <= group.end + 1:
            group = group.with_(found)
            continue
        if group:
            yield group
        group = found
    if group:
        yield group

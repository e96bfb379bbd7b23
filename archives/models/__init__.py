"""Rows, constraints, indexes. No network here, and no write but through `services`.

A foreign key has no index of its own (`db_index=False`) where another index begins with it.
"""

from archives.models.absences import Absence
from archives.models.access import Invitation, RoomRole, Share
from archives.models.accounts import RunAccount
from archives.models.captions import Captions
from archives.models.events import Delivery, Event, Subscriber
from archives.models.exports import Export, Preview
from archives.models.jobs import Job
from archives.models.operations import Alarm, Beat, Tally
from archives.models.pauses import Pause
from archives.models.presence import Callback, StreamPresence
from archives.models.remarks import ContentCheck, Remark
from archives.models.restarts import Restart, Transition
from archives.models.rooms import (
    DEFAULT_ROOM,
    NAME_MAX,
    RESTART_AFTER_MAX,
    RESTART_AFTER_MIN,
    Room,
    Side,
    Strategy,
)
from archives.models.runs import ArchiveRun, RunQuerySet
from archives.models.seams import Estimate, Seam
from archives.models.segments import Segment, SegmentQuerySet
from archives.models.sendings import Sending

__all__ = [
    "DEFAULT_ROOM",
    "NAME_MAX",
    "RESTART_AFTER_MAX",
    "RESTART_AFTER_MIN",
    "Absence",
    "Alarm",
    "ArchiveRun",
    "Beat",
    "Callback",
    "Captions",
    "ContentCheck",
    "Delivery",
    "Estimate",
    "Event",
    "Export",
    "Invitation",
    "Job",
    "Pause",
    "Preview",
    "Remark",
    "Restart",
    "Room",
    "RoomRole",
    "RunAccount",
    "RunQuerySet",
    "Seam",
    "Segment",
    "SegmentQuerySet",
    "Sending",
    "Share",
    "Side",
    "Strategy",
    "StreamPresence",
    "Subscriber",
    "Tally",
    "Transition",
]

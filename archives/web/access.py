"""Who may enter a room, run its recordings, and see them: one answer for pages, API and media."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.contrib.sessions.backends.base import SessionBase
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Q, QuerySet, TextChoices
from django.http import HttpRequest
from django.urls import reverse

from archives import clock, errors
from archives.models import ArchiveRun, Room, RunQuerySet, Segment
from archives.models.access import Invitation, Link, RoomRole, Share

HOSTS, REVIEWERS, OPERATORS = "hosts", "reviewers", "operators"
HOST, REVIEWER = RoomRole.Role.HOST, RoomRole.Role.REVIEWER
OF_GROUP = {HOSTS: HOST, REVIEWERS: REVIEWER}
ADMITTED, SHARED = "invitations", "shares"
SHARES_REMEMBERED = 20
MEDIA_HOURS = 12
# Who entered in time stays for a call that goes on past the end of the invitation.
STAYS_S = 12 * 3600

User = AbstractBaseUser | AnonymousUser


class Purpose(TextChoices):
    """What a signed link is good for; one purpose's link never opens another's."""

    INVITE = "archives.invite"
    SHARE = "archives.share"
    MEDIA = "archives.media"


# --- roles -------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Standing:
    """What one person is: an operator, of these roles everywhere, or of these roles in named rooms."""

    operator: bool = False
    general: frozenset[str] = frozenset()
    named: dict[int, str] = field(default_factory=dict)

    def in_some_room(self, *roles: str) -> bool:
        held = set(self.named.values()) or self.general
        return self.operator or not held.isdisjoint(roles)


def standing(user: User) -> Standing:
    """Asked of the database once for a request's user."""
    if not user.is_active or user.is_anonymous:
        return Standing()
    known: Standing | None = getattr(user, "_standing", None)
    if known is None:
        known = user._standing = _looked_up(user)  # type: ignore[attr-defined]
    return known


def _looked_up(user: User) -> Standing:
    groups = set(user.groups.values_list("name", flat=True))  # type: ignore[union-attr]
    if getattr(user, "is_staff", False) or OPERATORS in groups:
        return Standing(operator=True)
    named = dict(RoomRole.objects.filter(user_id=user.pk).values_list("room_id", "role"))  # type: ignore[misc]
    return Standing(general=frozenset(OF_GROUP[name] for name in groups if name in OF_GROUP), named=named)


def is_host(user: User, room: Room | None = None) -> bool:
    """Whether `user` may run the recordings of `room`; without one, of some room."""
    return _has_role(user, room, HOST)


def is_watcher(user: User, room: Room | None = None) -> bool:
    """Whether `user` may see the recordings of `room`; without one, of some room."""
    return _has_role(user, room, HOST, REVIEWER)


def _has_role(user: User, room: Room | None, *roles: str) -> bool:
    held = standing(user)
    if room is None or held.operator:
        return held.in_some_room(*roles)
    if held.named:
        return held.named.get(room.pk) in roles
    return not held.general.isdisjoint(roles) and not RoomRole.objects.filter(room=room).exists()


def hosted_rooms(user: User) -> QuerySet[Room]:
    return _rooms(user, HOST)


def visible_rooms(user: User) -> QuerySet[Room]:
    """Rooms whose recordings `user` may see."""
    return _rooms(user, HOST, REVIEWER)


def visible_runs(user: User) -> RunQuerySet:
    """Runs that `user` may see by a role; what lies in the trash is for nobody's eyes."""
    if standing(user).operator:
        return ArchiveRun.objects.shown()
    return ArchiveRun.objects.shown().filter(room__in=visible_rooms(user))


def trashed_runs(user: User) -> RunQuerySet:
    """What `user` may restore."""
    return ArchiveRun.objects.trashed().filter(room__in=hosted_rooms(user))


def _rooms(user: User, *roles: str) -> QuerySet[Room]:
    held = standing(user)
    if held.operator:
        return Room.objects.all()
    if held.named:
        return Room.objects.filter(pk__in=[room for room, role in held.named.items() if role in roles])
    # Where somebody is named for a room, a role of everywhere does not count there.
    return Room.objects.none() if held.general.isdisjoint(roles) else _without_names()


def _without_names() -> QuerySet[Room]:
    return Room.objects.filter(~Exists(RoomRole.objects.filter(room=OuterRef("pk"))))


def require_host(room: Room, user: User) -> None:
    """Raises UnknownRoom where `user` has no part in `room`, PermissionDenied where it is to watch only."""
    if is_host(user, room):
        return
    if is_watcher(user, room):
        raise PermissionDenied
    raise errors.UnknownRoom(detail={"room": room.slug})


# --- links -------------------------------------------------------------------------------------------
def link_text(link: Link) -> str:
    """What the address of `link` carries: signed, so that it cannot be made up."""
    return signing.Signer(salt=_purpose(type(link))).sign(link.pk.hex)


def _purpose(kind: type[Link]) -> Purpose:
    return Purpose.INVITE if kind is Invitation else Purpose.SHARE


def _key_of(kind: type[Link], text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(signing.Signer(salt=_purpose(kind)).unsign(text))
    except (signing.BadSignature, ValueError):
        return None


# --- into a room -------------------------------------------------------------------------------------
def may_enter(room: Room, request: HttpRequest) -> bool:
    """Whether this request may join `room` and ask for its state."""
    if room.access_used == Room.Access.OPEN or is_host(request.user, room):
        return True
    if room.access_used == Room.Access.LOGIN:
        return request.user.is_authenticated
    return invited_by(room, request) is not None


def invited_by(room: Room, request: HttpRequest) -> Invitation | None:
    """The invitation by which this browser has entered `room`, unless it was taken back or is long over."""
    held = request.session.get(ADMITTED, {}).get(room.slug)
    if held is None:
        return None
    lasting = Invitation.objects.filter(revoked_at=None, expires_at__gt=clock.after(-STAYS_S))
    return lasting.filter(room=room, pk=held).first()


def refusal(room: Room, text: str) -> str:
    """Why invitation `text` does not open `room`: unknown, other_room, revoked, expired; "" if it does."""
    key = _key_of(Invitation, text)
    invitation = key and Invitation.objects.filter(pk=key).first()
    if not invitation:
        return "unknown"
    if invitation.room_id != room.pk:
        return "other_room"
    if invitation.revoked_at:
        return "revoked"
    return "expired" if invitation.has_ended else ""


def admit(room: Room, session: SessionBase, text: str) -> str:
    """Let this browser into `room` from now on, where `text` is a valid invitation; else why not."""
    refused = refusal(room, text)
    if not refused:
        key = _key_of(Invitation, text)
        session[ADMITTED] = {**session.get(ADMITTED, {}), room.slug: str(key)}
    return refused


# --- to a recording ----------------------------------------------------------------------------------
def open_share(session: SessionBase, text: str) -> Share | None:
    """Let this browser watch the run of a valid link from now on; None where the link is not valid."""
    key = _key_of(Share, text)
    share = key and Share.objects.standing().filter(pk=key).first()
    if not isinstance(share, Share):
        return None
    others = [held for held in session.get(SHARED, []) if held != str(key)]
    session[SHARED] = [*others[-SHARES_REMEMBERED + 1 :], str(key)]
    return share


def has_shares(request: HttpRequest) -> bool:
    return bool(request.session.get(SHARED))


def watchable_runs(request: HttpRequest) -> QuerySet[ArchiveRun]:
    """Runs that this request may watch: by a role, or by a link that still stands."""
    seen = visible_runs(request.user)
    if not has_shares(request):
        return seen
    shared = Share.objects.standing().filter(pk__in=request.session[SHARED]).values("run")
    return ArchiveRun.objects.shown().filter(Q(pk__in=shared) | Q(pk__in=seen.values("pk")))


def media_signature(segment: Segment) -> str:
    """The text that opens one segment's file without signing in; good for MEDIA_HOURS."""
    return signing.TimestampSigner(salt=Purpose.MEDIA).sign(str(segment.pk)).partition(":")[2]


def media_link(segment: Segment) -> str:
    """The path of a segment's file with a signature, for players that cannot sign in."""
    return f"{reverse('segment_file', args=[segment.pk])}?signature={media_signature(segment)}"


def may_watch(segment: Segment, request: HttpRequest) -> bool:
    """Whether this request may have the recording: its room's people, a share, or `?signature=`."""
    if _is_signed(segment, request) and not ArchiveRun.objects.trashed().filter(pk=segment.run_id).exists():
        return True
    return watchable_runs(request).filter(pk=segment.run_id).exists()


def _is_signed(segment: Segment, request: HttpRequest) -> bool:
    signed = f"{segment.pk}:{request.GET.get('signature', '')}"
    try:
        signing.TimestampSigner(salt=Purpose.MEDIA).unsign(signed, max_age=MEDIA_HOURS * 3600)
    except signing.BadSignature:
        return False
    return True

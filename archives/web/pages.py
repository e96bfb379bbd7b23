"""The pages that people open. What they show they fetch from the API: no token is ever part of a page."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import AbstractBaseUser, AbstractUser, AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, Q, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from archives import errors
from archives.models import DEFAULT_ROOM, RESTART_AFTER_MIN, ArchiveRun, Room
from archives.services import limits
from archives.services import rooms as room_service
from archives.services.people import links
from archives.web import access, vendor_network

# More than that are found by typing.
ROOMS_SHOWN = 200
INVITATION_REFUSED = {
    "unknown": "That link is not complete. Copy all of it from the message that brought it.",
    "other_room": "That invitation is for another room. Use the one for this room.",
    "revoked": "That invitation was taken back by a host. Ask for a new one.",
    "expired": "That invitation has ended. Ask a host for a new one.",
}


@require_safe
@never_cache
@ensure_csrf_cookie
def participant(request: HttpRequest, slug: str = DEFAULT_ROOM) -> HttpResponseBase:
    """The call. `?name=` joins at once, `?invite=` lets this browser in."""
    room = _room(slug)
    if invite := request.GET.get("invite"):
        return _admitted(request, room, invite)
    if refusal := _refusal(request, room):
        return refusal
    context = {"room": room, "page_config": _config(request, room), "network": _network()}
    return render(request, "archives/participant.html", context)


@require_safe
@never_cache
@ensure_csrf_cookie
@login_required
def host(request: HttpRequest, slug: str = DEFAULT_ROOM) -> HttpResponse:
    """The call with the panel that records it; a room that one has no part in is as good as none."""
    if not access.is_host(request.user):
        raise PermissionDenied("This page is for hosts.")
    room = _hosted_room(request, slug)
    config = _config(request, room)
    config["urls"]["invitations"] = reverse("room-invitations", args=[room.slug])
    config["restart_after"] = {"least_s": RESTART_AFTER_MIN, "most_s": limits.restart_after_most_s()}
    context = {
        "room": room,
        "page_config": config,
        "network": _network(),
        "invite_url": _invite_url(request, room),
        "restart_after_min": f"{min(room.restart_after, config['restart_after']['most_s']) / 60:g}",
    }
    return render(request, "archives/host.html", context)


@require_safe
@never_cache
@ensure_csrf_cookie
@login_required
def hosted_rooms(request: HttpRequest) -> HttpResponse:
    """The rooms whose recordings one may run, by name; `?q=` finds those beyond ROOMS_SHOWN."""
    if not access.is_host(request.user):
        raise PermissionDenied("This page is for hosts.")
    wanted = request.GET.get("q", "").replace("\0", "").strip()
    live = ArchiveRun.objects.live().filter(room=OuterRef("pk"))
    rooms = access.hosted_rooms(request.user).filter(Q(name__icontains=wanted) | Q(slug__icontains=wanted))
    named = rooms.annotate(recorded=Subquery(live.values("name")[:1])).order_by("name", "slug")
    shown = list(named[: ROOMS_SHOWN + 1])
    context = {"rooms": shown[:ROOMS_SHOWN], "wanted": wanted, "more": len(shown) > ROOMS_SHOWN}
    return render(request, "archives/hosted_rooms.html", context)


@require_safe
@never_cache
@ensure_csrf_cookie
def player(request: HttpRequest) -> HttpResponseBase:
    """One recording (`?run=`, or the newest of `?name=`); without either, the library.

    `?share=` lets this browser watch one run.
    """
    if link := request.GET.get("share"):
        return _shared(request, link)
    if not (access.is_watcher(request.user) or _is_shared(request)):
        return _watchers_only(request)
    if not (request.GET.get("run") or request.GET.get("name")):
        return library(request)
    return render(request, "archives/player.html", {"page_config": _of_runs(request)})


def library(request: HttpRequest) -> HttpResponse:
    context = {
        "page_config": _of_runs(request),
        "rooms": access.visible_rooms(request.user)[:ROOMS_SHOWN],
        "trash": access.is_host(request.user) and request.GET.get("trash") == "true",
    }
    return render(request, "archives/library.html", context)


def navigation(request: HttpRequest) -> dict[str, Any]:
    """For every template: which pages are for whoever looks. Asked of the database only where it is shown."""
    return {
        "may_watch": SimpleLazyObject(lambda: access.is_watcher(request.user)),
        "host_url": SimpleLazyObject(lambda: _host_url(request)),
        "hosts_several": SimpleLazyObject(lambda: access.hosted_rooms(request.user)[:2].count() > 1),
    }


def _host_url(request: HttpRequest) -> str:
    """The default room's, or that of the first room one is host of; "" where there is none."""
    rooms = access.hosted_rooms(request.user)
    room = rooms.filter(slug=DEFAULT_ROOM).first() or rooms.order_by("slug").first()
    if room is None:
        return ""
    return reverse("default_host") if room.slug == DEFAULT_ROOM else reverse("host", args=[room.slug])


def seed_page(request: HttpRequest, name: str) -> HttpResponse:
    """The seed's own addresses, with what was asked of them."""
    query = request.META.get("QUERY_STRING", "")
    return redirect(f"{reverse(name)}?{query}" if query else reverse(name))


def _room(slug: str) -> Room:
    try:
        return room_service.get(slug=slug)
    except errors.UnknownRoom as error:
        raise Http404(error.message) from error


def _hosted_room(request: HttpRequest, slug: str) -> Room:
    room = _room(slug)
    try:
        access.require_host(room, request.user)
    except errors.UnknownRoom as error:
        raise Http404(error.message) from error
    return room


def _shared(request: HttpRequest, link: str) -> HttpResponse:
    """Takes the link's secret out of the address, which logs and histories keep."""
    share = access.open_share(request.session, link)
    if share is None:
        return redirect(f"{reverse('player')}?ended=share")
    links.share_opened(share=share)
    return redirect(f"{reverse('player')}?run={share.run_id}")


def _is_shared(request: HttpRequest) -> bool:
    try:
        run = uuid.UUID(request.GET.get("run", ""))
    except ValueError:
        return False
    return access.has_shares(request) and access.watchable_runs(request).filter(pk=run).exists()


def _watchers_only(request: HttpRequest) -> HttpResponseBase:
    if "ended" in request.GET or ("run" in request.GET and access.has_shares(request)):
        return render(request, "archives/share_ended.html", status=403)
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path(), settings.LOGIN_URL)
    raise PermissionDenied("This page is for hosts and reviewers.")


def _admitted(request: HttpRequest, room: Room, invite: str) -> HttpResponse:
    """Takes the invitation out of the address, which logs and histories keep."""
    refused = access.admit(room, request.session, invite)
    rest = request.GET.copy()
    del rest["invite"]
    if refused:
        rest["refused"] = refused
    return redirect(f"{request.path}?{rest.urlencode()}" if rest else request.path)


def _refusal(request: HttpRequest, room: Room) -> HttpResponse | None:
    if access.may_enter(room, request):
        return None
    if room.access_used == Room.Access.LOGIN and not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path(), settings.LOGIN_URL)
    return render(request, "archives/not_invited.html", {"room": room, "why": _why(request)}, status=403)


def _why(request: HttpRequest) -> str:
    return INVITATION_REFUSED.get(request.GET.get("refused", ""), "")


def _addresses() -> dict[str, Any]:
    return {"urls": {"runs": reverse("run-list"), "player": reverse("player")}}


def _of_runs(request: HttpRequest) -> dict[str, Any]:
    return {**_addresses(), "may_hold": request.user.has_perm("archives.hold_archiverun")}


def _name_of(user: AbstractBaseUser | AnonymousUser) -> str:
    full_name = user.get_full_name() if isinstance(user, AbstractUser) else ""
    return full_name or user.get_username()


def _invited_name(request: HttpRequest, room: Room) -> str:
    invitation = access.invited_by(room, request)
    return invitation.person if invitation else ""


def _config(request: HttpRequest, room: Room) -> dict[str, Any]:
    urls = {
        "join": reverse("room-join", args=[room.slug]),
        "state": reverse("room-state", args=[room.slug]),
        "away": reverse("room-away", args=[room.slug]),
        "sending": reverse("room-sending", args=[room.slug]),
    }
    return {
        "room": {"slug": room.slug, "name": room.name},
        "user": {"name": _invited_name(request, room) or _name_of(request.user)},
        "video": {"width": settings.CAMERA_WIDTH, "height": settings.CAMERA_HEIGHT},
        "platform": {"proxy_url": settings.OPENTOK_PROXY_URL},
        "urls": urls | _addresses()["urls"],
    }


def _network() -> dict[str, Any]:
    """For the help of a person whose network blocks the video platform."""
    return {
        "hosts": vendor_network.hosts(),
        "is_vendor": vendor_network.is_vendor(),
        "test_url": vendor_network.test_url(),
    }


def _invite_url(request: HttpRequest, room: Room) -> str:
    path = reverse("participant", args=[room.slug])
    if room.access_used == Room.Access.INVITE:
        path += f"?invite={access.link_text(links.invitation_for_all(room=room, by=request.user))}"
    return request.build_absolute_uri(path)

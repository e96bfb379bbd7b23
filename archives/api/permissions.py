from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from archives.web import access


class IsHost(BasePermission):
    """A host of some room; the view asks for the room at hand (`access.require_host`)."""

    message = "Only hosts may do this. Ask the operator to add you to the group 'hosts'."

    def has_permission(self, request: Request, view: APIView) -> bool:
        return access.is_host(request.user)


class IsWatcher(BasePermission):
    """A host or reviewer of some room; the view shows what `access.visible_…` gives."""

    message = "Only hosts and reviewers may do this. Ask the operator to add you to a room."

    def has_permission(self, request: Request, view: APIView) -> bool:
        return access.is_watcher(request.user)


class MayWatch(IsWatcher):
    """Also whoever came by a link to a recording; the view shows what `access.watchable_runs` gives."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return super().has_permission(request, view) or access.has_shares(request)


class MayHold(BasePermission):
    """Whoever was given the permission to hold recordings, such as the group of operators."""

    message = "Only operators with the permission to hold recordings may do this."

    def has_permission(self, request: Request, view: APIView) -> bool:
        return request.user.has_perm("archives.hold_archiverun")

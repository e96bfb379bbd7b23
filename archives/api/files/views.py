"""Segments, exports and previews over HTTP, for those who may watch their run."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from functools import wraps
from io import BytesIO
from typing import Any

from django.core.files.storage import storages
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe
from rest_framework.authentication import TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from archives import errors
from archives.api import reasons
from archives.api.files.ranges import ranged_response
from archives.media.files.copies import is_local
from archives.models import Export, Preview, Segment
from archives.models.captions import Captions
from archives.platform import gateway
from archives.services.jobs import exports, previews
from archives.services.jobs.previews import COVER, CUES, LEVELS, PICTURE
from archives.web import access

VIDEO = "video/mp4"
WEBVTT = "text/vtt; charset=utf-8"
CONTENT_TYPES = {PICTURE: "image/jpeg", COVER: "image/jpeg", CUES: WEBVTT, LEVELS: "application/json"}


def answered(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """GET and HEAD only, signed in also by an API token, with errors in the shape of the API."""

    @require_safe
    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            _sign_in_by_token(request)
            return view(request, *args, **kwargs)
        except errors.ArchiveError as error:
            return JsonResponse(error.as_dict(), status=error.status, headers={"Cache-Control": "no-store"})

    return answer


@answered
def segment_file(request: HttpRequest, segment_id: uuid.UUID) -> HttpResponseBase:
    """The kept file with Range; until it is kept, a redirect to the platform's fresh link."""
    segment = _allowed(request, segment_id)
    if not segment.file:
        return _at_the_platform(segment)
    if not is_local(storages["archives"]):
        return _redirect(storages["archives"].url(segment.file))
    tag = segment.sha256 or f"{segment.pk}-{segment.size}"
    return _stored(request, segment.file, tag=tag, content_type=VIDEO)


@answered
def export_file(request: HttpRequest, export_id: uuid.UUID) -> HttpResponseBase:
    """A finished export with Range, to be saved under the recording's name."""
    export = Export.objects.select_related("run").filter(pk=export_id).first()
    _require_watcher(request, export.run_id if export else None, errors.UnknownExport)
    if export is None or export.status != Export.Status.DONE:
        raise errors.NoFile("This export has no file.") if export else errors.UnknownExport
    exports.record_use(export)
    if not is_local(storages["archives"]):
        return _redirect(_link_to_save(export))
    response = _stored(request, export.file, tag=f"{export.pk}-{export.size}", content_type=VIDEO)
    response["Content-Disposition"] = _saved_as(export)
    return response


@answered
def preview_file(request: HttpRequest, run_id: uuid.UUID, name: str) -> HttpResponseBase:
    """Thumbnails, the first of them, their places in WebVTT, or sound levels.

    From here also where the storage is elsewhere.
    """
    _require_watcher(request, run_id, errors.UnknownRun)
    preview = Preview.objects.filter(run=run_id).first()
    if preview is None or not preview.folder:
        raise errors.NoFile("This recording has no thumbnails and sound levels yet.")
    # What was made before there were covers has none: its first thumbnail lies in the same corner.
    if name == COVER and not storages["archives"].exists(f"{preview.folder}/{COVER}"):
        name = PICTURE
    tag = f"{previews.version(preview.folder)}-{name}"
    return _stored(request, f"{preview.folder}/{name}", tag=tag, content_type=CONTENT_TYPES[name])


@answered
def captions_file(request: HttpRequest, run_id: uuid.UUID) -> HttpResponseBase:
    """What was said when, as WebVTT in the run's own time."""
    _require_watcher(request, run_id, errors.UnknownRun)
    captions = Captions.objects.filter(run=run_id).first()
    if captions is None:
        raise errors.NoFile("This recording has no captions.")
    data, tag = captions.text.encode(), f'"{captions.digest}"'
    return ranged_response(request, BytesIO(data), size=len(data), etag=tag, content_type=WEBVTT)


def _require_watcher(
    request: HttpRequest, run_id: uuid.UUID | None, unknown: type[errors.ArchiveError]
) -> None:
    """Who may not watch does not learn what exists."""
    if run_id and access.watchable_runs(request).filter(pk=run_id).exists():
        return
    if not request.user.is_authenticated:
        raise errors.NotSignedIn
    raise unknown if access.is_watcher(request.user) else errors.NotAllowed


def _saved_as(export: Export) -> str:
    name = re.sub(r"[^\w .()+-]+", "_", export.run.name).strip(" .")[:100] or "recording"
    return content_disposition_header(True, f"{name}.mp4") or "attachment"


def _link_to_save(export: Export) -> str:
    """S3 sends the name along where it is asked to in the link."""
    storage = storages["archives"]
    try:
        parameters = {"ResponseContentDisposition": _saved_as(export)}
        return str(storage.url(export.file, parameters=parameters))  # type: ignore[call-arg]
    except TypeError:
        return storage.url(export.file)


def _allowed(request: HttpRequest, segment_id: uuid.UUID) -> Segment:
    segment = Segment.objects.select_related("run__room").filter(pk=segment_id).first()
    # Who may not watch does not learn which pieces exist.
    if not access.may_watch(segment or Segment(pk=segment_id), request):
        if not request.user.is_authenticated:
            raise errors.NotSignedIn
        raise errors.UnknownSegment if access.is_watcher(request.user) else errors.NotAllowed
    if segment is None:
        raise errors.UnknownSegment
    return segment


def _sign_in_by_token(request: HttpRequest) -> None:
    """A script that got this address from the API fetches the file with the same token."""
    try:
        signed_in = TokenAuthentication().authenticate(Request(request))
    except AuthenticationFailed as error:
        raise errors.NotSignedIn(str(error.detail)) from error
    if signed_in is not None:
        request.user = signed_in[0]


def _stored(request: HttpRequest, name: str, *, tag: str, content_type: str) -> HttpResponseBase:
    storage = storages["archives"]
    try:
        file, size = storage.open(name), storage.size(name)
    except FileNotFoundError:
        raise errors.NoFile("The file is missing from the storage.") from None
    return ranged_response(request, file, size=size, etag=f'"{tag}"', content_type=content_type)


def _at_the_platform(segment: Segment) -> HttpResponseBase:
    if segment.status not in Segment.FINAL:
        raise errors.NoFileYet
    if segment.given_up or segment.status != Segment.Status.AVAILABLE:
        lost = reasons.sentence(reasons.file_code(segment))
        raise errors.NoFile(lost or f"This segment is {segment.get_status_display().lower()}.")
    url = gateway.platform().archive_get(segment.archive_id).get("url")
    if not url:
        raise errors.NoFile("The platform gives no link to this segment.")
    return _redirect(url)


def _redirect(url: str) -> HttpResponseBase:
    # The link dies within minutes, so no cache may keep the way to it.
    return HttpResponseRedirect(url, headers={"Cache-Control": "no-store"})

"""The options of a REST call, checked: from the vendor's JSON names to ours, or a clear refusal."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from localtok.errors import BadRequest, NotBuilt, TooLarge
from localtok.recording.compose.stylesheet import NotSupported, NotUnderstood, parse
from localtok.signalling.operations import signal_size_error

RESOLUTIONS = {"640x480", "480x640", "1280x720", "720x1280", "1920x1080", "1080x1920"}
LAYOUTS = {"bestFit", "custom", "pip", "horizontalPresentation", "verticalPresentation"}
OF_COMPOSED = ("resolution", "layout", "maxBitrate", "quantizationParameter")
MAX_ARCHIVE_NAME = 80
MAX_CLASSES = 20
MAX_COUNT = 1000
DEFAULT_COUNT = 50
SIGNAL_WITHOUT_DATA = 15202


def session_options(form: Mapping[str, Any]) -> dict[str, Any]:
    media_mode = str(form.get("p2p.preference") or "disabled")
    archive_mode = str(form.get("archiveMode") or "manual")
    # Older SDKs of the Unified platform say always.
    media_mode = "enabled" if media_mode == "always" else media_mode
    if media_mode not in ("enabled", "disabled"):
        raise BadRequest("p2p.preference must be enabled (relayed) or disabled (routed).")
    if archive_mode not in ("manual", "always"):
        raise BadRequest("archiveMode must be manual or always.")
    if archive_mode == "always" and media_mode != "disabled":
        raise BadRequest("A session with archiveMode always must be routed.")
    e2ee = str(form.get("e2ee") or "false").lower() == "true"
    return {
        "media_mode": media_mode,
        "archive_mode": archive_mode,
        "location": str(form.get("location") or ""),
        "e2ee": e2ee,
        **_automatic_archive(form, archive_mode),
    }


def _automatic_archive(form: Mapping[str, Any], archive_mode: str) -> dict[str, Any]:
    """What the archives of a session that records by itself are called, and how large they are."""
    name, resolution = form.get("archiveName"), form.get("archiveResolution")
    if archive_mode == "manual" and (name or resolution):
        raise BadRequest("archiveName and archiveResolution are for archiveMode always.")
    if name is not None and not 1 <= len(str(name)) <= MAX_ARCHIVE_NAME:
        raise BadRequest(f"archiveName must have 1 to {MAX_ARCHIVE_NAME} characters.")
    if resolution is not None and resolution not in RESOLUTIONS:
        raise BadRequest(f"archiveResolution must be one of {', '.join(sorted(RESOLUTIONS))}.")
    return {"archive_name": str(name) if name else None, "archive_resolution": str(resolution or "640x480")}


def archive_options(body: dict[str, Any]) -> dict[str, Any]:
    """Options of a start, without the session. The SDK sends explicit nulls: they mean the default."""
    given = {name: value for name, value in body.items() if value is not None}
    has_audio, has_video = _flag(given, "hasAudio", True), _flag(given, "hasVideo", True)
    if not has_audio and not has_video:
        raise BadRequest("hasAudio and hasVideo cannot both be false.")
    output_mode = _one_of(given, "outputMode", {"composed", "individual"}, "composed")
    _check_encoding(given, output_mode)
    return {
        "name": _text(given, "name"),
        "has_audio": has_audio,
        "has_video": has_video,
        "output_mode": output_mode,
        "stream_mode": _one_of(given, "streamMode", {"auto", "manual"}, "auto"),
        "resolution": _one_of(given, "resolution", RESOLUTIONS, "640x480"),
        **layout_options(given.get("layout", {})),
        "multi_archive_tag": _text(given, "multiArchiveTag"),
        "max_bitrate": _number(given, "maxBitrate", 100_000, 6_000_000),
        "quantization_parameter": _number(given, "quantizationParameter", 15, 40),
        "has_transcription": _without_transcription(given),
    }


def signal_options(body: dict[str, Any], strict: bool = False) -> tuple[str, Any]:
    """The type and data of a signal. Data is a string, and unless `strict` may be an object too."""
    if "data" not in body:
        raise BadRequest("Signal payload 'data' must be set", SIGNAL_WITHOUT_DATA)
    if strict and "type" not in body:
        raise BadRequest("Signal payload 'type' must be set")
    kind, data = body.get("type", ""), body["data"]
    if not isinstance(kind, str) or not isinstance(data, str if strict else str | dict):
        raise BadRequest("The type and data of a signal must be strings.")
    try:
        text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
        too_large = signal_size_error(kind, text)
    except UnicodeEncodeError:
        raise BadRequest("The type and data of a signal must be text: half a letter is none.") from None
    except RecursionError:
        raise BadRequest("The data of a signal is nested too deep.") from None
    if too_large:
        raise TooLarge(too_large)
    return kind, data


def page_options(query: Mapping[str, str]) -> tuple[int, int]:
    """The offset and count of a list."""
    try:
        offset, count = int(query.get("offset", 0)), int(query.get("count", DEFAULT_COUNT))
    except ValueError:
        raise BadRequest("offset and count must be numbers.") from None
    if offset < 0 or not 0 <= count <= MAX_COUNT:
        raise BadRequest(f"offset must not be negative, and count must be 0 to {MAX_COUNT}.")
    return offset, count


def _flag(given: dict[str, Any], name: str, default: bool) -> bool:
    value = given.get(name, default)
    if not isinstance(value, bool):
        raise BadRequest(f"{name} must be true or false.")
    return value


def _text(given: dict[str, Any], name: str) -> str | None:
    value = given.get(name)
    if value is not None and not isinstance(value, str):
        raise BadRequest(f"{name} must be a string.")
    return value


def _number(given: dict[str, Any], name: str, low: int, high: int) -> int | None:
    value = given.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise BadRequest(f"{name} must be a number from {low} to {high}.")
    return round(value)


def _one_of(given: dict[str, Any], name: str, allowed: set[str], default: str) -> str:
    value = given.get(name, default)
    if not isinstance(value, str):
        raise BadRequest(f"{name} must be a string.")
    if value not in allowed:
        raise BadRequest(f"{name} must be one of {', '.join(sorted(allowed))}.")
    return str(value)


def layout_options(layout: Any) -> dict[str, str]:
    """The layout, and the one for shared screens, from `{"type", "stylesheet", "screenshareType"}`."""
    if not isinstance(layout, dict):
        raise BadRequest("layout must be an object with a type.")
    if unknown := set(layout) - {"type", "stylesheet", "screenshareType"}:
        raise BadRequest(f"layout has no {', '.join(sorted(map(str, unknown)))}.")
    kind = layout.get("type", "bestFit")
    if (layout.get("stylesheet") is not None) != (kind == "custom"):
        raise BadRequest("A stylesheet belongs to layout type custom, and to no other.")
    screenshare = layout.get("screenshareType")
    if screenshare is not None:
        _check_screenshare(kind, screenshare)
    known = _one_of({"layout.type": kind}, "layout.type", LAYOUTS, "bestFit")
    return {"layout": known, "screenshare_layout": screenshare or "", "stylesheet": _stylesheet(layout)}


def _stylesheet(layout: dict[str, Any]) -> str:
    text = layout.get("stylesheet")
    if text is None:
        return ""
    if not isinstance(text, str):
        raise BadRequest("stylesheet must be a string.")
    try:
        parse(text)
    except NotUnderstood as error:
        raise BadRequest(f"stylesheet: {error}.") from None
    except NotSupported as error:
        raise NotBuilt(f"stylesheet: {error} is not implemented by localtok.") from None
    return text


def _check_screenshare(kind: Any, screenshare: Any) -> None:
    if kind != "bestFit" or screenshare not in sorted(LAYOUTS - {"custom"}):
        raise BadRequest("screenshareType goes with type bestFit, and is one of the layouts but custom.")


def stream_change(body: dict[str, Any]) -> tuple[str, tuple[bool, bool] | None]:
    """The stream, and whether its sound and picture are to be recorded; None when it is to be removed."""
    added, removed = body.get("addStream"), body.get("removeStream")
    if (added is None) == (removed is None):
        raise BadRequest("Give either addStream or removeStream.")
    if not isinstance(added or removed, str) or not (added or removed):
        raise BadRequest("addStream and removeStream are stream ids.")
    if removed is not None:
        return str(removed), None
    media = _flag(body, "hasAudio", True), _flag(body, "hasVideo", True)
    if not any(media):
        raise BadRequest("hasAudio and hasVideo cannot both be false.")
    return str(added), media


def class_options(body: dict[str, Any]) -> dict[str, list[str]]:
    """Layout classes by stream id, from `{"items": [{"id", "layoutClassList"}]}`."""
    items = body.get("items")
    if not isinstance(items, list):
        raise BadRequest("items must be a list.")
    classes: dict[str, list[str]] = {}
    for item in items:
        names = item.get("layoutClassList") if isinstance(item, dict) else None
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise BadRequest("Each item has an id and a layoutClassList, a list of strings.")
        if len(names) > MAX_CLASSES:
            raise BadRequest(f"A layoutClassList has {MAX_CLASSES} classes at most.")
        classes[str(item.get("id"))] = names
    return classes


def mute_options(body: dict[str, Any]) -> tuple[bool, set[str]]:
    """Whether to mute or to end muting, and the streams to leave alone. The reference names them
    excludedStreamIds; the Python SDK sends excludedStreams."""
    active = body.get("active")
    if not isinstance(active, bool):
        raise BadRequest("active must be true or false.")
    excluded = body.get("excludedStreamIds", body.get("excludedStreams")) or []
    if not isinstance(excluded, list) or not all(isinstance(each, str) for each in excluded):
        raise BadRequest("excludedStreamIds must be a list of stream ids.")
    return active, set(excluded)


def _check_encoding(given: dict[str, Any], output_mode: str) -> None:
    """Options of the composed picture, which an archive of outputMode individual does not have. A bit rate
    and a quality exclude each other."""
    chosen = [name for name in OF_COMPOSED if given.get(name)]
    if output_mode == "individual" and chosen:
        raise BadRequest(f"{', '.join(chosen)}: only for outputMode composed.")
    if {"maxBitrate", "quantizationParameter"} <= set(chosen):
        raise BadRequest("maxBitrate and quantizationParameter exclude each other.")


def _without_transcription(given: dict[str, Any]) -> bool:
    if _flag(given, "hasTranscription", False):
        raise NotBuilt("hasTranscription is not implemented by localtok.")
    return False

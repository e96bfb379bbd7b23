"""The browser library: its parts, joined into one script when it is asked for. There is no build step."""

from __future__ import annotations

from pathlib import Path

# In this order they are joined into one scope.
PARTS = (
    "core/errors",
    "core/base",
    "core/completions",
    "core/events",
    "core/eventkinds",
    "core/collection",
    "core/capabilities",
    "connection/wire",
    "connection/stream",
    "connection/iceconfig",
    "connection/encryption",
    "widget/style",
    "widget/look",
    "widget/elements",
    "widget/controls",
    "widget/widget",
    "media/levels",
    "media/metered",
    "media/stats",
    "media/capture",
    "connection/peers",
    "media/connectors",
    "publisher/wishes",
    "publisher/sender",
    "publisher/sources",
    "publisher/tuning",
    "publisher/shown",
    "publisher/publisher",
    "publisher/initpublisher",
    "subscriber/receiver",
    "subscriber/subscriber",
    "connection/inbox",
    "core/requests",
    "media/pressure",
    "connection/session",
    "media/devices",
    "media/requirements",
    "ot",
)
CLIENT = Path(__file__).parent
HEAD = """/**
 * The `OT` object of localtok: the part of OpenTok.js that pages use for connecting, publishing, subscribing,
 * signalling and moderating, with the vendor's names of events and errors.
 *
 * Media goes from browser to browser, and to localtok's recorder while an archive runs. This script is
 * served by localtok and talks to the server it came from.
 */
(function () {
'use strict';

"""


def script() -> str:
    """The parts in order, in one scope of their own."""
    return HEAD + "\n".join((CLIENT / f"{part}.js").read_text() for part in PARTS) + "}());\n"

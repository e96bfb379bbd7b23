"""The browser library: its parts, joined into one script when it is asked for. There is no build step."""

from __future__ import annotations

from pathlib import Path

PARTS = (
    *("errors", "base", "completions", "events", "eventkinds", "collection", "capabilities", "wire"),
    *("stream", "iceconfig", "encryption", "style", "look", "elements", "controls", "widget"),
    *("levels", "metered", "stats", "capture", "peers", "connectors", "wishes", "sender", "sources"),
    *("tuning", "shown", "publisher", "initpublisher", "receiver", "subscriber", "inbox"),
    *("requests", "pressure", "session", "devices", "requirements", "ot"),
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

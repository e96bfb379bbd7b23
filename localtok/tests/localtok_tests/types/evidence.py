"""Which probes and browser tests name a member, and which probes are known to differ."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from localtok_tests.probes.site import FOLDER as PROBES
from localtok_tests.probes.site import groups
from localtok_tests.types.comparison import FOLDER, Member
from tests.support.browser.typescript import TIMEOUT_SECONDS, compiler

TESTS = FOLDER.parent
# Groups of probes by what they probe: the beginning of their names. Members of OT are named in all.
PROBED = {
    "Publisher": ("publisher", "dom", "capture"),
    "Subscriber": ("subscriber", "dom", "events"),
    "Session": ("session", "events", "subscriber"),
    "Stream": ("session", "subscriber", "events"),
    "Connection": ("session", "subscriber", "events"),
    "initSession": ("session", "statics", "events"),
    "PublisherProperties": ("publisher", "dom", "capture"),
    "PublisherStyle": ("publisher", "dom"),
    "GetUserMediaProperties": ("publisher", "dom", "capture", "statics"),
    "SubscriberProperties": ("subscriber",),
    "SubscriberStyle": ("subscriber",),
}


@dataclass(frozen=True)
class Probe:
    group: str
    label: str
    names: frozenset[str]


@cache
def probes() -> tuple[Probe, ...]:
    """Every statement of the probes' files that probes something."""
    files = [str(PROBES / f"{group}.js") for group in groups()]
    command = ["node", str(FOLDER / "touched.mjs"), str(compiler()), *files]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=True)
    found = json.loads(done.stdout)
    return tuple(
        Probe(group, each["label"], frozenset(each["names"]))
        for group, found_in in found.items()
        for each in found_in
    )


def probed(member: Member) -> list[Probe]:
    """The probes that name this member."""
    name = f"OT.{member.name}" if member.owner == "OT" and member.kind != "event" else member.name
    wanted = {name, "promise"} if member.kind == "promise" else {name}
    of = PROBED.get(member.owner, ("",))
    return [each for each in probes() if each.group.startswith(of) and wanted <= each.names]


@cache
def _page_tests() -> tuple[str, ...]:
    """The tests that drive a page, as text."""
    texts = (path.read_text() for path in sorted(TESTS.rglob("test_*.py")))
    return tuple(text for text in texts if "evaluate(" in text)


def in_page_tests(member: Member) -> bool:
    """Whether a test that drives a page names this member, as a call or in quotes."""
    tail = r"\.promise\b" if member.kind == "promise" else r"\b"
    pattern = re.compile(rf"""(?:\.|['"{{ ]){re.escape(member.name)}{tail}""")
    return any(pattern.search(text) for text in _page_tests())


@cache
def known_to_differ() -> dict[tuple[str, str], str]:
    """The reasons of probes that are listed as differing, by group and label."""
    found: dict[tuple[str, str], str] = {}
    for path in sorted(Path(PROBES).glob("*.differences.json")):
        group = path.name.removesuffix(".differences.json")
        found |= {(group, label): reason for label, reason in json.loads(path.read_text()).items()}
    return found


def differing(member: Member) -> list[str]:
    """The labels of probes of this member, by the name that they begin with, that are known to differ."""
    of = PROBED.get(member.owner, ("",))
    own = re.compile(rf"(?:{member.owner}\.)?{re.escape(member.name)}\b(?P<promise>.*\bpromise\b)?")
    found = [(label, own.match(label)) for group, label in known_to_differ() if group.startswith(of)]
    return [label for label, match in found if match and bool(match["promise"]) == (member.kind == "promise")]

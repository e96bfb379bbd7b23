"""Faults to order: rules that say which call or callback goes wrong, how, and how often. No network.

Whether a rule strikes is decided by a random number generator of its own with a seed, so that the same
calls in the same order fail in the same way again."""

from __future__ import annotations

import random
import re
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from localtok.errors import BadRequest

CALL_EFFECTS = ("status", "latency_ms", "cut", "lose_reply", "malformed")
RECORDER_EFFECTS = ("late_ms",)
CALLBACK_EFFECTS = ("lost", "delay_ms", "doubled", "reordered", "badly_signed")
HOW_OFTEN = ("next", "share", "seed")
# What a rule is for: what chooses, and what can go wrong.
KINDS = {
    "call": (("call", "path"), CALL_EFFECTS),
    "callback": (("callback", "event"), CALLBACK_EFFECTS),
    "recorder": (("recorder",), RECORDER_EFFECTS),
}
MAX_RULES = 100
MAX_WAIT_MS = 600_000


@dataclass
class Rule:
    """`on` is what it is for, and `strikes_at` says whether a given call or callback is meant.

    A rule strikes the `left` next times, or a `share` of all times for as long as it stands."""

    on: str
    asked: dict[str, Any]
    effects: dict[str, Any]
    strikes_at: Callable[[dict[str, str]], bool]
    left: int | None
    share: float
    dice: random.Random
    id: str = field(default_factory=lambda: secrets.token_hex(4))
    seen: int = 0
    struck: int = 0

    def strike(self, facts: dict[str, str]) -> bool:
        if self.left == 0 or not self.strikes_at(facts):
            return False
        self.seen += 1
        if self.dice.random() >= self.share:
            return False
        self.struck += 1
        self.left = None if self.left is None else self.left - 1
        return True

    def describe(self) -> dict[str, Any]:
        return {"id": self.id, **self.asked, "seen": self.seen, "struck": self.struck, "left": self.left}


class Faults:
    """The rules in force. The first one that strikes decides; the others do not count that time."""

    def __init__(self) -> None:
        self._rules: list[Rule] = []

    def add(self, asked: Any, known_calls: Iterable[str]) -> Rule:
        """Raises BadRequest when the rule is not one, naming what is wrong with it."""
        if len(self._rules) >= MAX_RULES:
            raise BadRequest(f"There are {MAX_RULES} rules already: DELETE /_localtok/faults clears them.")
        rule = read_rule(asked, set(known_calls))
        self._rules.append(rule)
        return rule

    def for_call(self, name: str, method: str, path: str) -> dict[str, Any]:
        """The effects on a REST call; empty when it is left alone."""
        return self._strike("call", {"name": name, "path": f"{method} {path}"})

    def for_callback(self, kind: str, event: str) -> dict[str, Any]:
        """The effects on a callback. `kind` is archive or session, `event` an archive's status or the
        name of a session's event."""
        return self._strike("callback", {"kind": kind, "event": event})

    def for_recorder(self, stream_name: str) -> float:
        """Seconds by which a recorder asks for this stream too late."""
        return float(self._strike("recorder", {"name": stream_name}).get("late_ms", 0)) / 1000

    def describe(self) -> list[dict[str, Any]]:
        return [rule.describe() for rule in self._rules]

    def clear(self, rule_id: str = "") -> int:
        """Removes one rule, or all; returns how many went."""
        before = len(self._rules)
        self._rules = [rule for rule in self._rules if rule_id and rule.id != rule_id]
        return before - len(self._rules)

    def _strike(self, on: str, facts: dict[str, str]) -> dict[str, Any]:
        struck = next((rule for rule in self._rules if rule.on == on and rule.strike(facts)), None)
        return struck.effects if struck else {}


def read_rule(asked: Any, known_calls: set[str]) -> Rule:
    """`{"call"|"path": …}`, `{"callback": …, "event": …}` or `{"recorder": …}`, effects and how often."""
    if not isinstance(asked, dict):
        raise BadRequest("A fault is a JSON object; docs/localtok.md lists what can be in it.")
    on = next((kind for kind in ("callback", "recorder") if kind in asked), "call")
    where, possible = KINDS[on]
    if unknown := set(asked) - {*possible, *where, *HOW_OFTEN}:
        names = ", ".join(sorted(map(str, unknown)))
        raise BadRequest(f"A fault of a {on} has no {names}: it takes {', '.join((*where, *possible))}.")
    effects = {name: asked[name] for name in possible if asked.get(name)}
    if not effects:
        raise BadRequest(f"Say what goes wrong: one of {', '.join(possible)}.")
    _check_effects(effects)
    strikes_at = {"callback": _callback_meant, "recorder": _recorder_meant}.get(
        on, partial(_call_meant, known_calls=known_calls)
    )(asked)
    left, share = _how_often(asked)
    dice = random.Random(asked.get("seed", 0))  # noqa: S311 - repeatable on purpose
    return Rule(on, dict(asked), effects, strikes_at, left, share, dice)


def _check_effects(effects: dict[str, Any]) -> None:
    for name, value in effects.items():
        if name == "status":
            valid = type(value) is int and 400 <= value <= 599
        elif name.endswith("_ms"):
            valid = type(value) in (int, float) and 0 <= value <= MAX_WAIT_MS
        else:
            valid = value is True
        if not valid:
            wanted = "400 to 599" if name == "status" else "milliseconds" if name.endswith("_ms") else "true"
            raise BadRequest(f"{name} must be {wanted}.")


def _how_often(asked: dict[str, Any]) -> tuple[int | None, float]:
    """How many more times, and which share of the times; without either, the next time only."""
    left, share = asked.get("next"), asked.get("share")
    if left is None and share is None:
        left = 1
    if left is not None and (type(left) is not int or left < 1):
        raise BadRequest("next must be a number of times, 1 or more.")
    if share is not None and (type(share) not in (int, float) or not 0 < share <= 1):
        raise BadRequest("share must be more than 0 and at most 1.")
    if type(asked.get("seed", 0)) is not int:
        raise BadRequest("seed must be a whole number.")
    return left, 1.0 if share is None else float(share)


def _call_meant(asked: dict[str, Any], known_calls: set[str]) -> Callable[[dict[str, str]], bool]:
    name, pattern = asked.get("call", "*"), asked.get("path", "")
    if name != "*" and name not in known_calls:
        raise BadRequest(f"There is no call {name!r}: it is * or one of {', '.join(sorted(known_calls))}.")
    path = _pattern(pattern, "path", "'METHOD /path'")
    return lambda facts: name in ("*", facts["name"]) and path.search(facts["path"]) is not None


def _recorder_meant(asked: dict[str, Any]) -> Callable[[dict[str, str]], bool]:
    name = _pattern(asked["recorder"], "recorder", "the stream's name")
    return lambda facts: name.search(facts["name"]) is not None


def _pattern(text: Any, field_name: str, on: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except (re.error, TypeError) as error:
        raise BadRequest(f"{field_name} must be a regular expression on {on}: {error}.") from None


def _callback_meant(asked: dict[str, Any]) -> Callable[[dict[str, str]], bool]:
    kind, event = asked["callback"], asked.get("event", "*")
    if kind not in ("*", "archive", "session"):
        raise BadRequest("callback must be archive, session or *.")
    return lambda facts: kind in ("*", facts["kind"]) and event in ("*", facts["event"])

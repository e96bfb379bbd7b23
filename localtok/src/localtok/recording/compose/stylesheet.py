"""Layout `custom`: where a stylesheet puts the streams. Pure.

A part of CSS that is enough to place pictures: selectors `stream`, `.class` and `:first-child`, joined and
listed with commas; lengths in px and %; `left`, `top`, `right`, `bottom`, `width`, `height`, `z-index`,
`display`, and `position: absolute`, as which every stream is placed anyway. What a browser would do with
anything else, this does not guess: it is refused by name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from localtok.recording.compose.layout import Tile, even

COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
RULE = re.compile(r"\s*([^{}]+)\{([^{}]*)\}\s*")
SELECTOR = re.compile(r"(?:stream)?((?:\.[A-Za-z_-][\w-]*)*)(:first-child)?")
LENGTH = re.compile(r"(-?\d+(?:\.\d+)?)(px|%)?")
LENGTHS = {"left", "top", "right", "bottom", "width", "height"}
# Other properties, with the values that are understood; None is any whole number.
OTHERS: dict[str, set[str] | None] = {
    "z-index": None,
    "display": {"none", "block", "inline"},
    "position": {"absolute"},
}
MOST_CHARACTERS = 100_000


class NotUnderstood(ValueError):
    """It is no stylesheet."""


class NotSupported(ValueError):
    """A stylesheet may say this, and it is not built."""


@dataclass(frozen=True)
class Rule:
    classes: frozenset[str]
    first: bool
    declarations: tuple[tuple[str, str], ...]

    @property
    def weight(self) -> int:
        return len(self.classes) + self.first

    def applies(self, classes: Sequence[str], first: bool) -> bool:
        return self.classes <= set(classes) and (first or not self.first)


def parse(text: str) -> list[Rule]:
    """Raises NotUnderstood or NotSupported, which say what is wrong."""
    if len(text) > MOST_CHARACTERS:
        raise NotUnderstood(f"a stylesheet has {MOST_CHARACTERS} characters at most")
    bare = COMMENT.sub(" ", text)
    if "@" in bare:
        raise NotSupported("rules with @")
    rules, end = [], 0
    for match in RULE.finditer(bare):
        if match.start() != end:
            break
        end = match.end()
        rules += _rules(match[1], match[2])
    if bare[end:].strip() or not rules:
        raise NotUnderstood(f"no rule can be read from {bare[end : end + 40].strip()!r} on")
    return rules


def place(
    rules: Sequence[Rule], streams: Sequence[tuple[str, Sequence[str]]], width: int, height: int
) -> dict[str, Tile]:
    """Tiles by stream id, hindmost first, for streams with their layout classes in the order they came."""
    placed = []
    for index, (stream_id, classes) in enumerate(streams):
        style = _style(rules, classes, first=index == 0)
        tile = _tile(style, width, height)
        if tile is not None and style.get("display") != "none":
            placed.append((int(style.get("z-index", "0")), index, stream_id, tile))
    return {stream_id: tile for _, _, stream_id, tile in sorted(placed, key=lambda each: each[:2])}


def _rules(selectors: str, body: str) -> list[Rule]:
    declarations = tuple(_declaration(part) for part in body.split(";") if part.strip())
    rules = []
    for selector in (each.strip() for each in selectors.split(",")):
        match = SELECTOR.fullmatch(selector)
        if not selector or match is None:
            raise NotSupported(f"the selector {selector!r}")
        rules.append(Rule(frozenset(match[1].split(".")) - {""}, bool(match[2]), declarations))
    return rules


def _declaration(text: str) -> tuple[str, str]:
    name, colon, value = (part.strip().lower() for part in text.partition(":"))
    if not colon or not value:
        raise NotUnderstood(f"{text.strip()!r} is no declaration")
    if name not in LENGTHS and name not in OTHERS:
        raise NotSupported(f"the property {name!r}")
    if not _understood(name, value):
        raise NotSupported(f"the value {value!r} of {name}")
    return name, value


def _understood(name: str, value: str) -> bool:
    if name in LENGTHS:
        match = LENGTH.fullmatch(value)
        return value == "auto" or (match is not None and (match[2] is not None or float(match[1]) == 0))
    known = OTHERS[name]
    return value in known if known is not None else re.fullmatch(r"-?\d{1,6}", value) is not None


def _style(rules: Sequence[Rule], classes: Sequence[str], first: bool) -> dict[str, str]:
    """What holds for a stream: the more exact rule, then the later one."""
    style: dict[str, str] = {}
    for rule in sorted(rules, key=lambda rule: rule.weight):
        if rule.applies(classes, first):
            style.update(rule.declarations)
    return style


def _tile(style: dict[str, str], width: int, height: int) -> Tile | None:
    """None where nothing of it lies on the canvas."""
    left, right = _span(style, ("left", "right", "width"), width)
    top, bottom = _span(style, ("top", "bottom", "height"), height)
    tile = Tile(even(left), even(top), even(right) - even(left), even(bottom) - even(top))
    return tile if tile.width >= 2 and tile.height >= 2 else None


def _span(style: dict[str, str], names: tuple[str, str, str], whole: int) -> tuple[float, float]:
    """From where to where on the canvas, in pixels, as CSS places an absolute box."""
    near, far, size = (_pixels(style.get(name, "auto"), whole) for name in names)
    if size is None:
        begin, end = near or 0.0, whole - (far or 0.0)
    elif near is None and far is not None:
        begin, end = whole - far - size, whole - far
    else:
        begin, end = near or 0.0, (near or 0.0) + size
    return max(0.0, min(begin, whole)), max(0.0, min(end, whole))


def _pixels(value: str, whole: int) -> float | None:
    match = LENGTH.fullmatch(value)
    if match is None:
        return None
    return float(match[1]) * (whole / 100 if match[2] == "%" else 1)

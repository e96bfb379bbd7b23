"""The layouts of a composed picture: which stream stands where, by layout class and kind. Pure.

After the vendor's guide on video layouts for composed archives.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from localtok.recording.compose.layout import Tile, best_fit, even
from localtok.recording.compose.stylesheet import parse, place

# How much of the canvas the strip of a presentation takes: the vendor shows it in pictures only.
STRIP = 0.2
# The corner picture of `pip`, its share of either side and its distance from the edges.
CORNER, MARGIN = 0.25, 0.02
MOST_TILES = 16


@dataclass(frozen=True)
class Layout:
    """`screenshare` takes the place of `kind` while somebody shares a screen, which then is the large one."""

    kind: str = "bestFit"
    screenshare: str = ""
    # For kind `custom`.
    stylesheet: str = ""


@dataclass(frozen=True)
class Member:
    """What decides the place of a stream."""

    stream_id: str
    classes: tuple[str, ...] = ()
    is_screen: bool = False


def tiles(layout: Layout, members: Sequence[Member], width: int, height: int) -> dict[str, Tile]:
    """Tiles by stream id, from the hindmost to the foremost; who is not in it is not seen."""
    if layout.kind == "custom":
        present = [(member.stream_id, member.classes) for member in members]
        placed = place(parse(layout.stylesheet), present, width, height)
        return dict(list(placed.items())[:MOST_TILES])
    members = sorted(members, key=_rank)
    screens = [member for member in members if member.is_screen]
    kind = layout.kind
    large = None
    if layout.screenshare and screens:
        kind, large = layout.screenshare, screens[0]
        members = screens if kind == "bestFit" else members
    names = [member.stream_id for member in members]
    if kind not in PLACES or not members:
        return dict(zip(names, best_fit(min(len(names), MOST_TILES), width, height), strict=False))
    large = large or _classed(members, "full" if kind == "pip" else "focus")
    ordered = [large.stream_id, *(name for name in names if name != large.stream_id)]
    return dict(zip(ordered, PLACES[kind](len(ordered) - 1, width, height), strict=False))


def _rank(member: Member) -> tuple[bool, bool]:
    """Who has a class comes first, then who shares a screen; else the order in which they came."""
    return not member.classes, not member.is_screen


def _classed(members: Sequence[Member], name: str) -> Member:
    """The first with this class, or the first at all."""
    return next((member for member in members if name in member.classes), members[0])


def _pip(_others: int, width: int, height: int) -> list[Tile]:
    across, down = even(width * CORNER), even(height * CORNER)
    edge = even(min(width, height) * MARGIN)
    corner = Tile(width - across - edge, height - down - edge, across, down)
    return [Tile(0, 0, width, height), corner]


def _vertical(others: int, width: int, height: int) -> list[Tile]:
    """The large one at the right edge; the others share the left one evenly."""
    most = (8 if width < height else 5) + (2 if max(width, height) == 1920 else 0)
    small, strip = min(others, most), even(width * STRIP)
    each = even(height / max(1, small))
    return [Tile(strip, 0, width - strip, height), *(Tile(0, i * each, strip, each) for i in range(small))]


def _horizontal(others: int, width: int, height: int) -> list[Tile]:
    """The large one at the top edge; the others share the bottom one evenly."""
    most = 3 if width < height else 7 if width == 1920 else 5
    small, strip = min(others, most), even(height * STRIP)
    each, top = even(width / max(1, small)), height - strip
    return [Tile(0, 0, width, top), *(Tile(i * each, top, each, strip) for i in range(small))]


PLACES = {"pip": _pip, "verticalPresentation": _vertical, "horizontalPresentation": _horizontal}

"""Remarks on what a segment's file shows, placed in the run, and their sentences. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .parts import Span, Timeline

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Remarked:
    """Of a segment's media: what (`code`) is wrong from when to when, in ms of the segment."""

    segment: str
    code: str
    from_ms: int
    until_ms: int
    values: Values = field(default_factory=dict)


@dataclass(frozen=True)
class Shown:
    """The same where the run shows it, in ms of the run, with a sentence for viewers."""

    segment: str
    code: str
    start_ms: int
    end_ms: int
    values: Values
    text: str


def _length(values: Values) -> str:
    difference = int(values.get("difference_ms", 0))
    compared = "longer" if difference > 0 else "shorter"
    return f"The file is {abs(difference) / 1000:.1f} s {compared} than the platform reports."


def _size(values: Values) -> str:
    return f"The picture has another size: {values.get('width', '?')} × {values.get('height', '?')}."


def _skew(values: Values) -> str:
    skew = int(values.get("skew_ms", 0))
    where = "behind" if skew > 0 else "ahead of"
    return f"The sound drifts away from the picture, at the end by {abs(skew)} ms {where} it."


def _tile(happens: str) -> Callable[[Values], str]:
    return lambda values: f"One of the pictures {happens} ({_where(values)})."


def _where(values: Values) -> str:
    """`left`, `top`, `width` and `height` in percent of the whole picture, in words."""
    down, across = (
        float(values.get(begin, 50)) + float(values.get(size, 0)) / 2
        for begin, size in (("top", "height"), ("left", "width"))
    )
    words = [_third(down, "top", "bottom"), _third(across, "left", "right")]
    return " ".join(filter(None, words)) or "middle"


def _third(middle: float, low: str, high: str) -> str:
    return low if middle < 40 else high if middle > 60 else ""


SENTENCES: dict[str, Callable[[Values], str]] = {
    "black": lambda values: "The picture is black.",
    "frozen": lambda values: "The picture stands still.",
    "no_video": lambda values: "There is no picture.",
    "wrong_size": _size,
    "silent": lambda values: "Nothing can be heard.",
    "clipped": lambda values: "The sound is distorted: it was recorded too loud.",
    "no_audio": lambda values: "There is no sound.",
    "length": _length,
    "skew": _skew,
    "tile_dark": _tile("is dark"),
    "tile_frozen": _tile("stands still"),
}


def sentence(code: str, values: Values) -> str:
    """For viewers. A code of a later version is its own sentence."""
    return SENTENCES[code](values) if code in SENTENCES else code


def place(timeline: Timeline, remarked: Iterable[Remarked]) -> list[Shown]:
    """In order of time; what no span shows is left out, and what several show comes once for each of them.

    A length is of the whole segment: it stands at the end of what is shown of it.
    """
    spans: dict[str, list[Span]] = {}
    for span in timeline.spans:
        if span.segment:
            spans.setdefault(span.segment, []).append(span)
    found = [shown for each in remarked for shown in _placed(each, spans.get(each.segment, []))]
    return sorted(found, key=lambda shown: (shown.start_ms, shown.end_ms, shown.code))


def _placed(each: Remarked, spans: list[Span]) -> Iterable[Shown]:
    if each.code == "length":
        return [_shown(each, spans[-1].end_ms, spans[-1].end_ms)] if spans else []
    parts = [(span, max(each.from_ms, span.in_ms), min(each.until_ms, span.out_ms)) for span in spans]
    return [
        _shown(each, span.start_ms + begin - span.in_ms, span.start_ms + end - span.in_ms)
        for span, begin, end in parts
        if begin < end
    ]


def _shown(each: Remarked, start_ms: int, end_ms: int) -> Shown:
    return Shown(each.segment, each.code, start_ms, end_ms, each.values, sentence(each.code, each.values))

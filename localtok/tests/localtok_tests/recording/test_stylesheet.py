"""Layout `custom`: stylesheets place streams, or say what of them is not understood."""

from __future__ import annotations

import pytest

from localtok.recording.compose.layout import Tile
from localtok.recording.compose.presentation import Layout, Member, tiles
from localtok.recording.compose.stylesheet import NotSupported, NotUnderstood, parse, place

STREAMS = [("ann", ["focus"]), ("ben", []), ("cy", ["small", "left"])]


def placed(text: str) -> dict[str, Tile]:
    return place(parse(text), STREAMS, 640, 480)


def test_streams_stand_where_their_classes_put_them() -> None:
    text = """
        /* the speaker, and the others beside */
        stream { left: 75%; width: 25%; height: 120px; top: 0 }
        stream.focus { left: 0; width: 75%; height: 100%; }
        .small.left { top: 120px; }
    """
    assert placed(text) == {
        "ann": Tile(0, 0, 480, 480),
        "ben": Tile(480, 0, 160, 120),
        "cy": Tile(480, 120, 160, 120),
    }


def test_a_box_is_placed_from_any_edge() -> None:
    tile = placed("stream { right: 10px; bottom: 10%; width: 100px; height: 50px }")["ann"]
    assert tile == Tile(640 - 110, 480 - 48 - 50, 100, 50)
    assert placed("stream { left: 10px; right: 20px; top: 0; bottom: 50% }")["ann"] == Tile(10, 0, 610, 240)


def test_without_any_length_a_stream_fills_the_canvas() -> None:
    assert placed("stream { position: absolute }")["ben"] == Tile(0, 0, 640, 480)


def test_the_more_exact_rule_wins_and_then_the_later_one() -> None:
    assert placed("stream.focus { width: 100px } stream { width: 50px }")["ann"].width == 100
    assert placed("stream { width: 50px } stream { width: 60px }")["ben"].width == 60
    assert placed("stream { width: 50px } stream:first-child, .small { width: 80px }")["ann"].width == 80


def test_who_is_in_front_comes_last() -> None:
    assert list(placed("stream { width: 50% } .focus { z-index: 2 } .left { z-index: 1 }")) == [
        "ben",
        "cy",
        "ann",
    ]


def test_who_is_hidden_or_beside_the_canvas_is_not_seen() -> None:
    assert list(placed("stream { width: 50% } .focus { display: none } .left { left: 700px }")) == ["ben"]


@pytest.mark.parametrize(
    "text",
    ["", "stream", "stream {", "} stream { left: 0 }", "stream { left }", "stream { left: }", "x" * 200_000],
)
def test_what_is_no_stylesheet_is_refused(text: str) -> None:
    with pytest.raises(NotUnderstood):
        parse(text)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("stream { float: left }", "float"),
        ("stream { width: 10em }", "10em"),
        ("stream { width: 10 }", "'10'"),
        ("stream { position: relative }", "relative"),
        ("stream > .a { left: 0 }", "stream > .a"),
        ("#a { left: 0 }", "#a"),
        ("stream, { left: 0 }", "''"),
        ("@media print { stream { left: 0 } }", "@"),
        ("stream { z-index: 1.5 }", "1.5"),
    ],
)
def test_what_is_not_built_is_named(text: str, named: str) -> None:
    with pytest.raises(NotSupported, match=named.replace(".", r"\.")):
        parse(text)


def test_a_layout_of_kind_custom_follows_its_stylesheet() -> None:
    members = [Member("ann"), Member("ben", ("focus",))]
    layout = Layout("custom", stylesheet="stream { height: 50% } .focus { top: 50% }")
    assert tiles(layout, members, 640, 480) == {"ann": Tile(0, 0, 640, 240), "ben": Tile(0, 240, 640, 240)}

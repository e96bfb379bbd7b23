"""Where each stream stands in the predefined layouts (the vendor's guide on layouts)."""

import pytest

from localtok.recording.compose.compositor import Compositor
from localtok.recording.compose.layout import Tile, best_fit
from localtok.recording.compose.presentation import Layout, Member, tiles
from localtok_tests.recording.test_compositor import picture, seen
from tests.support.media import counted_video

SIZES = [(640, 480), (480, 640), (1280, 720), (720, 1280), (1920, 1080), (1080, 1920)]
ANN, BEN, CAT = Member("ann"), Member("ben"), Member("cat")
SCREEN = Member("screen", is_screen=True)


def crowd(count: int) -> list[Member]:
    return [Member(f"p{index}") for index in range(count)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", ["pip", "verticalPresentation", "horizontalPresentation"])
@pytest.mark.parametrize("count", [0, 1, 2, 6, 16])
def test_tiles_are_inside_and_even(kind: str, count: int, size: tuple[int, int]) -> None:
    for tile in tiles(Layout(kind), crowd(count), *size).values():
        assert tile.x >= 0 <= tile.y
        assert tile.x + tile.width <= size[0]
        assert tile.y + tile.height <= size[1]
        assert not any(value % 2 for value in (tile.x, tile.y, tile.width, tile.height))


@pytest.mark.parametrize(
    ("kind", "size", "seen_at_most"),
    [
        ("pip", (1280, 720), 2),
        ("verticalPresentation", (1280, 720), 6),
        ("verticalPresentation", (1920, 1080), 8),
        ("verticalPresentation", (480, 640), 9),
        ("verticalPresentation", (1080, 1920), 11),
        ("horizontalPresentation", (640, 480), 6),
        ("horizontalPresentation", (1920, 1080), 8),
        ("horizontalPresentation", (720, 1280), 4),
        ("bestFit", (1280, 720), 16),
    ],
)
def test_as_many_are_seen_as_at_the_vendors(kind: str, size: tuple[int, int], seen_at_most: int) -> None:
    assert len(tiles(Layout(kind), crowd(20), *size)) == seen_at_most


def test_the_one_with_the_class_is_large() -> None:
    focus, full = Member("ben", ("focus",)), Member("ben", ("full",))
    assert tiles(Layout("verticalPresentation"), [ANN, focus, CAT], 1280, 720) == {
        "ben": Tile(256, 0, 1024, 720), "ann": Tile(0, 0, 256, 360), "cat": Tile(0, 360, 256, 360)
    }  # fmt: skip
    assert tiles(Layout("horizontalPresentation"), [ANN, focus, CAT], 1280, 720) == {
        "ben": Tile(0, 0, 1280, 576), "ann": Tile(0, 576, 640, 144), "cat": Tile(640, 576, 640, 144)
    }  # fmt: skip
    assert list(tiles(Layout("pip"), [ANN, full, CAT], 1280, 720)) == ["ben", "ann"]


def test_classes_and_screens_come_first() -> None:
    wanted = Member("cat", ("other",))
    assert list(tiles(Layout(), [ANN, SCREEN, wanted], 1280, 720)) == ["cat", "screen", "ann"]


@pytest.mark.parametrize("kind", ["pip", "verticalPresentation", "horizontalPresentation"])
def test_a_shared_screen_is_large_whoever_has_the_class(kind: str) -> None:
    layout = Layout("bestFit", kind)
    focus = Member("ben", ("focus", "full"))
    assert next(iter(tiles(layout, [ANN, focus, SCREEN], 1280, 720))) == "screen"
    assert list(tiles(layout, [ANN, BEN], 1280, 720).values()) == best_fit(2, 1280, 720)


def test_a_shared_screen_alone_is_seen_in_best_fit() -> None:
    assert list(tiles(Layout("bestFit", "bestFit"), [ANN, SCREEN], 1280, 720)) == ["screen"]
    assert list(tiles(Layout("bestFit"), [ANN, SCREEN], 1280, 720)) == ["screen", "ann"]


def test_the_corner_picture_stays_in_front() -> None:
    placed = tiles(Layout("pip"), [Member("ann"), Member("ben")], 1280, 720)
    compositor = Compositor(1280, 720)
    compositor.arrange({name: (tile, name) for name, tile in placed.items()})
    compositor.show("ben", picture(7))
    compositor.show("ann", picture(8))
    assert counted_video.read(seen(compositor, placed["ben"])) == 7
    compositor.show("nobody", picture(9))

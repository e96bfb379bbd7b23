import numpy as np
import pytest
from av import VideoFrame

from localtok.recording.compose.compositor import BLACK, LETTERING, PLACARD, Compositor
from localtok.recording.compose.layout import Tile, best_fit
from localtok.recording.settings import RecordedStream
from tests.support.media import counted_video


def picture(number: int, width: int = 640, height: int = 480, identity: int = 0) -> VideoFrame:
    gray = counted_video.draw(number, width, height, identity)
    return VideoFrame.from_ndarray(counted_video.to_i420(gray), format="yuv420p")


def tiled(*names: str, size: tuple[int, int] = (1280, 720)) -> tuple[Compositor, dict[str, Tile]]:
    compositor = Compositor(*size)
    tiles = dict(zip(names, best_fit(len(names), *size), strict=True))
    compositor.arrange({name: (tile, name) for name, tile in tiles.items()})
    return compositor, tiles


def seen(compositor: Compositor, tile: Tile) -> np.ndarray:
    return compositor.luma()[tile.y : tile.y + tile.height, tile.x : tile.x + tile.width]


def test_every_picture_stands_in_its_own_tile() -> None:
    names = [f"p{index}" for index in range(16)]
    compositor, tiles = tiled(*names)
    for index, name in enumerate(names):
        compositor.show(name, picture(1000 + index, identity=index))
    found = [counted_video.decode(seen(compositor, tiles[name])) for name in names]
    assert found == [(index, 1000 + index) for index in range(16)]


def test_a_camera_that_scales_down_fills_the_same_place() -> None:
    compositor, tiles = tiled("ann")
    compositor.show("ann", picture(1, 640, 480))
    for number, size in [(2, (320, 240)), (3, (214, 160)), (4, (640, 480))]:
        compositor.show("ann", picture(number, *size))
        assert counted_video.read(seen(compositor, tiles["ann"])) == number


def test_a_change_of_aspect_leaves_nothing_of_the_wider_picture() -> None:
    compositor, _ = tiled("ann")
    compositor.show("ann", picture(1, 1280, 720))
    compositor.show("ann", picture(2, 480, 640))
    assert (compositor.luma()[:, :300] == BLACK).all()


def test_a_camera_that_is_off_is_a_dark_tile_with_the_name() -> None:
    compositor, tiles = tiled("Ann Example", "bob")
    compositor.show("bob", picture(7))
    plain = seen(compositor, tiles["Ann Example"])
    assert (plain == PLACARD).mean() > 0.8
    assert plain.max() >= LETTERING - 10
    assert counted_video.read(seen(compositor, tiles["bob"])) == 7


@pytest.mark.parametrize(
    ("name", "title"),
    [("Ann [4f2c]", "Ann"), ("Ann", "Ann"), ("[4f2c]", "[4f2c]"), ("Ann [a] Lee", "Ann [a] Lee"), ("", "")],
)
def test_the_identifier_after_a_name_is_not_drawn(name: str, title: str) -> None:
    assert RecordedStream("s", name, has_audio=True, has_video=True).title == title


def test_pictures_move_along_when_the_layout_changes() -> None:
    compositor, _ = tiled("ann", "bob")
    compositor.show("ann", picture(1))
    compositor.show("bob", picture(2))
    compositor.arrange({"bob": (Tile(0, 0, 1280, 720), "bob")})
    assert counted_video.read(compositor.luma()) == 2


def test_it_draws_on_a_canvas_whose_lines_are_padded() -> None:
    compositor, tiles = tiled("ann", size=(1080, 1920))
    compositor.show("ann", picture(9))
    assert counted_video.read(seen(compositor, tiles["ann"])) == 9


def test_who_is_muted_is_marked_in_the_corner_until_no_more() -> None:
    compositor, tiles = tiled("ann", "ben")
    placed = {name: (tile, name) for name, tile in tiles.items()}
    for name in tiles:
        compositor.show(name, picture(7, identity=1))
    plain = {name: seen(compositor, tile).copy() for name, tile in tiles.items()}
    compositor.arrange(placed, muted=["ann"])
    changed = np.argwhere(seen(compositor, tiles["ann"]) != plain["ann"])
    tile = tiles["ann"]
    assert len(changed)
    assert changed[:, 0].min() >= tile.height * 0.9
    assert changed[:, 1].max() <= tile.width * 0.25
    assert (seen(compositor, tiles["ben"]) == plain["ben"]).all()
    compositor.show("ann", picture(8, identity=1))
    assert counted_video.decode(seen(compositor, tile)) == (1, 8)
    assert seen(compositor, tile)[-tile.height // 10 :, : tile.width // 4].max() > LETTERING - 40
    compositor.arrange(placed)
    compositor.show("ann", picture(7, identity=1))
    assert (seen(compositor, tile) == plain["ann"]).all()


def test_who_has_no_picture_and_no_sound_is_marked_too() -> None:
    compositor, tiles = tiled("ann")
    before = seen(compositor, tiles["ann"]).copy()
    compositor.arrange({"ann": (tiles["ann"], "ann")}, muted={"ann"})
    assert (seen(compositor, tiles["ann"]) != before).any()

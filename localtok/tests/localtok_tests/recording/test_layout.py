import pytest

from localtok.recording.compose.layout import Tile, best_fit, letterbox

SIZES = [(640, 480), (480, 640), (1280, 720), (720, 1280), (1920, 1080), (1080, 1920)]


def overlap(one: Tile, other: Tile) -> bool:
    return (
        one.x < other.x + other.width
        and other.x < one.x + one.width
        and one.y < other.y + other.height
        and other.y < one.y + one.height
    )


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("count", range(1, 17))
def test_tiles_are_inside_even_and_apart(count: int, size: tuple[int, int]) -> None:
    tiles = best_fit(count, *size)
    assert len(tiles) == count
    for index, tile in enumerate(tiles):
        assert tile.x >= 0 <= tile.y
        assert tile.x + tile.width <= size[0]
        assert tile.y + tile.height <= size[1]
        assert not any(value % 2 for value in (tile.x, tile.y, tile.width, tile.height))
        assert not any(overlap(tile, other) for other in tiles[index + 1 :])


@pytest.mark.parametrize(("count", "columns"), [(1, 1), (2, 2), (3, 2), (4, 2), (6, 3), (9, 3), (16, 4)])
def test_a_landscape_grid_has_as_many_columns_as_the_vendors(count: int, columns: int) -> None:
    assert len({tile.x for tile in best_fit(count, 1280, 720)[:columns]}) == columns
    assert best_fit(count, 1280, 720)[0].width == 1280 // columns // 2 * 2


def test_a_portrait_canvas_stacks_two() -> None:
    assert best_fit(2, 720, 1280) == [Tile(0, 0, 720, 640), Tile(0, 640, 720, 640)]


def test_a_short_last_row_stands_in_the_middle() -> None:
    assert best_fit(3, 1280, 720)[2] == Tile(320, 360, 640, 360)


def test_nobody_needs_no_tile() -> None:
    assert best_fit(0, 640, 480) == []


@pytest.mark.parametrize(
    ("picture", "inner"),
    [
        ((640, 480), Tile(160, 0, 960, 720)),
        ((1280, 720), Tile(0, 0, 1280, 720)),
        ((320, 180), Tile(0, 0, 1280, 720)),
        ((480, 640), Tile(370, 0, 540, 720)),
    ],
)
def test_a_letterboxed_picture_keeps_its_aspect(picture: tuple[int, int], inner: Tile) -> None:
    assert letterbox(*picture, Tile(0, 0, 1280, 720)) == inner

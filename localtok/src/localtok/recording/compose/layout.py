"""Where each picture stands on a composed canvas. Pure; all numbers are even, as yuv420p needs."""

from dataclasses import dataclass

# Cameras are 4:3 or 16:9; a grid is judged by how large a picture half-way between would become.
TYPICAL_RATIO = 1.5


@dataclass(frozen=True)
class Tile:
    """A rectangle in pixels of the canvas."""

    x: int
    y: int
    width: int
    height: int


def best_fit(count: int, width: int, height: int) -> list[Tile]:
    """The vendor's `bestFit`: a grid of equal tiles, as large as they get, a short last row centred."""
    if count <= 0:
        return []
    columns = max(range(1, count + 1), key=lambda columns: _picture_height(count, columns, width, height))
    rows = -(-count // columns)
    tile_width, tile_height = even(width / columns), even(height / rows)
    tiles = []
    for index in range(count):
        row, column = divmod(index, columns)
        in_row = min(columns, count - row * columns)
        left = even((width - in_row * tile_width) / 2)
        top = even((height - rows * tile_height) / 2)
        tiles.append(Tile(left + column * tile_width, top + row * tile_height, tile_width, tile_height))
    return tiles


def overlap(one: Tile, other: Tile) -> bool:
    beside = one.x >= other.x + other.width or other.x >= one.x + one.width
    return not beside and one.y < other.y + other.height and other.y < one.y + one.height


def letterbox(width: int, height: int, tile: Tile) -> Tile:
    """The largest rectangle of the picture's own aspect in the middle of the tile."""
    scale = min(tile.width / width, tile.height / height)
    inner_width = min(tile.width, max(2, even(width * scale + 1)))
    inner_height = min(tile.height, max(2, even(height * scale + 1)))
    return Tile(
        tile.x + even((tile.width - inner_width) / 2),
        tile.y + even((tile.height - inner_height) / 2),
        inner_width,
        inner_height,
    )


def _picture_height(count: int, columns: int, width: int, height: int) -> float:
    rows = -(-count // columns)
    return min(height / rows, width / columns / TYPICAL_RATIO)


def even(value: float) -> int:
    """The even number below."""
    return int(value) // 2 * 2

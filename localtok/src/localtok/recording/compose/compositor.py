"""Puts pictures into the tiles of one yuv420p canvas. Pure; a picture is scaled once, when it is new."""

from collections.abc import Collection
from dataclasses import dataclass, field

import numpy as np
from av import VideoFrame
from av.video.reformatter import ColorRange, Interpolation, VideoReformatter
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from localtok.recording.compose.layout import Tile, even, letterbox, overlap

Plane = NDArray[np.uint8]

BLACK, NEUTRAL = 16, 128
PLACARD, LETTERING = 40, 200
MUTED = "muted"


@dataclass
class _Place:
    tile: Tile
    name: str
    badge: Plane | None = None
    picture: VideoFrame | None = None
    covered: Tile | None = None
    scaler: VideoReformatter = field(default_factory=VideoReformatter)


class Compositor:
    """A canvas of `width` x `height` (even) and what stands on it, by stream id."""

    def __init__(self, width: int, height: int) -> None:
        self.canvas = VideoFrame(width, height, "yuv420p")
        self._planes = [_plane(self.canvas, index) for index in range(3)]
        self._places: dict[str, _Place] = {}
        self._fill(Tile(0, 0, width, height), BLACK)

    def arrange(self, tiles: dict[str, tuple[Tile, str]], muted: Collection[str] = ()) -> None:
        """Gives every stream its tile and name, from the hindmost to the foremost.

        Pictures move along; streams not named are gone. Those of `muted` are marked.
        """
        before, self._places = self._places, {}
        self._fill(Tile(0, 0, self.canvas.width, self.canvas.height), BLACK)
        for stream_id, (tile, name) in tiles.items():
            was = before.get(stream_id)
            self._places[stream_id] = _Place(tile, name, _badge(tile) if stream_id in muted else None)
            self.show(stream_id, was.picture if was else None)

    def show(self, stream_id: str, picture: VideoFrame | None) -> None:
        """Draws the picture into the stream's tile, or its name on a dark tile when there is none.

        A stream without a tile is not seen.
        """
        place = self._places.get(stream_id)
        if place is None:
            return
        place.picture = picture
        self._draw(place)
        for above in self._above(stream_id):
            above.covered = None
            self._draw(above)

    def clear(self) -> None:
        """Lets go of all pictures and scalers; the canvas stays as it is."""
        self._places.clear()

    def _above(self, stream_id: str) -> list[_Place]:
        """Who stands in front of the stream: named after it, on some of the same pixels."""
        names = list(self._places)
        tile = self._places[stream_id].tile
        after = [self._places[name] for name in names[names.index(stream_id) + 1 :]]
        return [place for place in after if overlap(place.tile, tile)]

    def _draw(self, place: _Place) -> None:
        picture = place.picture
        if picture is None:
            place.covered = None
            self._fill(place.tile, PLACARD)
            self._write(place.tile, place.name)
            self._mark(place)
            return
        inner = letterbox(picture.width, picture.height, place.tile)
        if inner != place.covered:
            self._fill(place.tile, BLACK)
            place.covered = inner
        # Full range pictures (JPEG cameras) become limited range, as the recording says it is.
        scaled = place.scaler.reformat(
            picture,
            inner.width,
            inner.height,
            "yuv420p",
            interpolation=_interpolation(picture, inner),
            dst_color_range=ColorRange.MPEG,
            threads=1,
        )
        for index in range(3):
            self._part(index, inner)[:] = _plane(scaled, index)
        self._mark(place)

    def _mark(self, place: _Place) -> None:
        """Whose sound is off has it written into the lower left corner."""
        if place.badge is None:
            return
        height, width = place.badge.shape
        corner = Tile(place.tile.x, place.tile.y + place.tile.height - height, width, height)
        self._fill(corner, PLACARD)
        self._part(0, corner)[:] = place.badge

    def luma(self) -> Plane:
        """A view of the brightness plane, shape (height, width)."""
        return self._planes[0]

    def _fill(self, tile: Tile, luma: int) -> None:
        for index, value in enumerate((luma, NEUTRAL, NEUTRAL)):
            self._part(index, tile)[:] = value

    def _write(self, tile: Tile, name: str) -> None:
        font = ImageFont.load_default(size=max(10, min(tile.height // 10, tile.width // 12)))
        image = Image.new("L", (tile.width, tile.height), PLACARD)
        ImageDraw.Draw(image).text(
            (tile.width / 2, tile.height / 2), name, fill=LETTERING, font=font, anchor="mm"
        )
        self._part(0, tile)[:] = np.asarray(image)

    def _part(self, index: int, tile: Tile) -> Plane:
        by = 1 if index == 0 else 2
        top, left = tile.y // by, tile.x // by
        return self._planes[index][top : top + tile.height // by, left : left + tile.width // by]


def _interpolation(picture: VideoFrame, tile: Tile) -> Interpolation:
    """The mean of what becomes one pixel is sharper than a blend of neighbours, and costs half of it where a
    picture shrinks a lot."""
    return Interpolation.AREA if picture.width > tile.width else Interpolation.BILINEAR


def _badge(tile: Tile) -> Plane:
    """Luma of the word, no larger than the tile; both sides even."""
    height = min(even(max(14, tile.height / 24)), tile.height)
    font = ImageFont.load_default(size=max(8, height - 4))
    width = min(even(font.getlength(MUTED) + height), tile.width)
    image = Image.new("L", (width, height), PLACARD)
    ImageDraw.Draw(image).text((width / 2, height / 2), MUTED, fill=LETTERING, font=font, anchor="mm")
    return np.asarray(image)


def _plane(frame: VideoFrame, index: int) -> Plane:
    """The pixels of a plane without the padding at the end of its lines."""
    plane = frame.planes[index]
    lines = np.frombuffer(memoryview(plane), np.uint8)[: plane.line_size * plane.height]
    return lines.reshape(plane.height, plane.line_size)[:, : plane.width]

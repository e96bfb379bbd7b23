"""Decodes, compares and encodes the few pictures around a seam."""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any

import av
import numpy as np
from av.error import InvalidDataError
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from archives.media.export import h264
from archives.media.export.packets import VIDEO_RATE, Ints, Track
from archives.media.export.sources import Sources

# Sets of our own carry this number, so that they live beside those of the pieces in one header.
OWN_SETS = 3
GLOBAL_HEADER = 1 << 22
# Compared at this size: coarse enough to forget the noise of two encoders, fine enough to see a lip move.
THUMB = (96, 54)
# Grey levels. A picture counts as found only when it is this much nearer than its neighbours in time.
CLEARLY_NEARER = 1.0
NEARLY_SAME = 0.35
COARSE = {"skip_loop_filter": "all"}
# Frames looked at on each side of the instant that the clocks name.
REACH = 3


def decoded(
    sources: Sources, track: Track, low: int, high: int, *, coarse: bool = False
) -> Iterator[tuple[int, VideoFrame]]:
    """(ticks, frame) with low <= ticks < high on the piece's clock, in the order they are shown.

    `coarse`: without what is done to the edges of blocks, which thumbnails do not show.
    """
    wanted = np.flatnonzero(track.ticks < high)
    keys = np.flatnonzero(track.keys & (track.ticks <= low))
    if not len(wanted):
        return
    context: Any = av.CodecContext.create(track.codec, "r")
    context.extradata = track.config
    context.options = COARSE if coarse else {}
    number = sources.number(track.path)
    for index in range(int(keys[-1]) if len(keys) else 0, int(wanted[-1]) + 1):
        packet = av.Packet(sources.read(number, int(track.offsets[index]), int(track.sizes[index])))
        packet.pts = packet.dts = int(track.ticks[index])
        packet.time_base = Fraction(1, VIDEO_RATE)
        yield from _between(_frames(context, packet), low, high)
    yield from _between(_frames(context, None), low, high)


def _frames(context: Any, packet: Any) -> list[VideoFrame]:
    """A damaged packet of a piece gives no picture; the one before stands for it."""
    try:
        return list(context.decode(packet))
    except InvalidDataError:
        return []


def _between(frames: Iterable[VideoFrame], low: int, high: int) -> Iterator[tuple[int, VideoFrame]]:
    for frame in frames:
        if frame.pts is not None and low <= frame.pts < high:
            yield frame.pts, frame


def thumb(frame: VideoFrame) -> NDArray[np.float32]:
    small = frame.reformat(width=THUMB[0], height=THUMB[1], format="gray", interpolation="AREA")
    return small.to_ndarray().astype(np.float32)


def find_picture(sources: Sources, track: Track, around: int, picture: VideoFrame) -> int | None:
    """Ticks of the frame of `track` near `around` that shows `picture`, None where none does clearly.

    Two recorders sample a camera at different phases. The instant alone cannot say whether the last frame
    of one is the first of the other once more: the pictures can.
    """
    reach = REACH * track.frame_ticks + track.frame_ticks // 2
    frames = decoded(sources, track, around - reach, around + reach, coarse=True)
    near = [(ticks, thumb(frame)) for ticks, frame in frames]
    if len(near) < REACH:
        return None
    wanted = thumb(picture)
    apart = np.array([float(np.abs(small - wanted).mean()) for _, small in near])
    best = int(apart.argmin())
    if float(np.median(apart)) - apart[best] < CLEARLY_NEARER or apart[best] > 0.5 * float(np.median(apart)):
        return None
    while best and apart[best - 1] <= apart[best] + NEARLY_SAME:
        best -= 1
    return near[best][0]


class Encoder:
    """Encodes H.264 that fits between copied packets: same size, profile and level, no B-frames."""

    def __init__(self, width: int, height: int, like: h264.ParameterSets) -> None:
        self.width, self.height, self.like = width, height, like
        self.sets: h264.ParameterSets | None = None

    def encode(self, pictures: Iterable[VideoFrame], keys_every: int) -> Iterator[tuple[bytes, bool]]:
        """(sample, is a key frame) for each picture; the first is always a key frame."""
        context = self._open(keys_every)
        reformatter = VideoReformatter()
        for number, picture in enumerate(pictures):
            frame = fitted(picture, self.width, self.height, reformatter)
            frame.pts, frame.time_base = number, Fraction(1, 25)
            yield from map(_sample, context.encode(frame))
        yield from map(_sample, context.encode(None))

    def _open(self, keys_every: int) -> Any:
        context: Any = av.CodecContext.create("libx264", "w")
        context.width, context.height, context.pix_fmt = self.width, self.height, "yuv420p"
        context.time_base, context.framerate = Fraction(1, 25), Fraction(25)
        context.flags |= GLOBAL_HEADER
        context.options = {
            "profile": self.like.name,
            "level": f"{self.like.level // 10}.{self.like.level % 10}",
            "preset": "veryfast",
            "tune": "zerolatency",
            "crf": "18",
            # One slice each, like the pieces: sliced threads would only cost bits here.
            "x264-params": f"sps-id={OWN_SETS}:keyint={keys_every}:bframes=0:scenecut=0:stitchable=1"
            ":sliced-threads=0:threads=1",
        }
        context.open()
        self.sets = h264.sets_of_encoder(bytes(context.extradata))
        return context


def _sample(packet: Any) -> tuple[bytes, bool]:
    return h264.from_annex_b(bytes(packet)), packet.is_keyframe


def fitted(frame: VideoFrame, width: int, height: int, reformatter: VideoReformatter) -> VideoFrame:
    """The picture in a frame of this size: whole, in its own proportions, black around it."""
    scale = min(width / frame.width, height / frame.height)
    inner = (int(frame.width * scale) // 2 * 2, int(frame.height * scale) // 2 * 2)
    if inner != (frame.width, frame.height) or frame.format.name != "yuv420p":
        frame = reformatter.reformat(frame, width=inner[0], height=inner[1], format="yuv420p")
    if inner == (width, height):
        plain = VideoFrame.from_ndarray(frame.to_ndarray(), format="yuv420p")
        return plain
    left, top = (width - inner[0]) // 4 * 2, (height - inner[1]) // 4 * 2
    canvas = black(width, height).to_ndarray()
    _paste(canvas, frame.to_ndarray(), (height, width), (inner[1], inner[0]), (top, left))
    return VideoFrame.from_ndarray(canvas, format="yuv420p")


def _paste(
    canvas: Any, picture: Any, outer: tuple[int, int], inner: tuple[int, int], at: tuple[int, int]
) -> None:
    """Copies plane by plane: three planes lie one after the other in an array of yuv420p."""
    target, source = canvas.reshape(-1), picture.reshape(-1)
    for divide in (1, 2, 2):
        height, width = outer[0] // divide, outer[1] // divide
        rows, columns = inner[0] // divide, inner[1] // divide
        top, left = at[0] // divide, at[1] // divide
        plane = target[: height * width].reshape(height, width)
        plane[top : top + rows, left : left + columns] = source[: rows * columns].reshape(rows, columns)
        target, source = target[height * width :], source[rows * columns :]


def black(width: int, height: int) -> VideoFrame:
    array = np.full((height * 3 // 2, width), 128, np.uint8)
    array[:height] = 16
    return VideoFrame.from_ndarray(array, format="yuv420p")


def spread(last: int, until: int, count: int) -> Ints:
    """`count` instants between `last` and `until`, evenly."""
    steps = np.arange(1, count + 1)
    return (last + (until - last) * steps // (count + 1)).astype(np.int64)

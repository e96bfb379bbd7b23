"""Pieces of one long call with counted pictures and known sound, so that an export can be counted.

Picture n belongs to instant 40 n ms of the call, and the sound is the same noise for everybody who asks for
the same instant. A piece is what a recorder with its own encoder, phase and key frames made of a part of it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from archives.media.export.packets import UPRIGHT, Turn
from archives.media.export.turning import between, matrix, turned
from tests.support.media import counted_video

FRAME_MS = 40
RATE = 48_000
SECONDS = 120
OWN_CLOCK = {
    "movflags": "frag_keyframe+empty_moov+default_base_moof+frag_discont",
    "avoid_negative_ts": "disabled",
}


@cache
def sound() -> NDArray[np.float32]:
    """Two minutes of noise below 4 kHz that never repeats: any stretch of it tells its instant."""
    noise = np.random.default_rng(7).standard_normal(SECONDS * RATE)
    spectrum = np.fft.rfft(noise)
    spectrum[SECONDS * 4000 :] = 0
    spectrum[: SECONDS * 100] = 0
    smooth = np.fft.irfft(spectrum, len(noise))
    return (smooth / np.abs(smooth).max() * 0.7).astype(np.float32)


@dataclass(frozen=True)
class Recipe:
    """Pictures `first`..`end`. `late_ms`: how long after its instant this recorder shows a picture."""

    first: int
    end: int
    gop: int = 25
    late_ms: float = 0
    size: tuple[int, int] = (320, 180)
    picture: bool = True
    sound: bool = True
    rate: int = RATE
    layout: str = "mono"
    codecs: tuple[str, str] = ("libx264", "aac")
    # Frames are stored so that this display matrix brings them upright.
    turn: Turn = UPRIGHT
    # Where the file's own clock begins; such files are fragmented.
    clock_s: int = 0
    # By this share the clock of the sound runs slow: its time stamps are further apart than its samples.
    drift: float = 0.0
    # Between these instants of the file it has no packets of sound.
    missing_ms: tuple[float, float] = (0.0, 0.0)
    options: dict[str, str] = field(default_factory=dict)
    container_options: dict[str, str] = field(default_factory=dict)

    @property
    def begin_ms(self) -> float:
        """Instant of the call at which the piece's own clock is 0."""
        return self.first * FRAME_MS

    @property
    def stored_size(self) -> tuple[int, int]:
        return self.size if self.turn[0] else (self.size[1], self.size[0])

    @property
    def length_ms(self) -> float:
        return (self.end - self.first) * FRAME_MS


def make(path: Path, recipe: Recipe) -> Path:
    options = OWN_CLOCK if recipe.clock_s else recipe.container_options
    with av.open(str(path), "w", format="mp4", container_options=options) as container:
        video = _video(container, recipe) if recipe.picture else None
        audio = _audio(container, recipe) if recipe.sound else None
        blocks = _blocks(recipe) if audio else iter(())
        for number in range(recipe.first, recipe.end):
            if video:
                container.mux(video.encode(_picture(number, recipe)))
            until_ms = (number + 1 - recipe.first) * FRAME_MS + recipe.clock_s * 1000
            for block in _until(blocks, until_ms * recipe.rate // 1000):
                container.mux(audio.encode(block))
        for block in blocks:
            container.mux(audio.encode(block))
        for stream in (video, audio):
            if stream:
                container.mux(stream.encode(None))
    if recipe.turn != UPRIGHT:
        _write_matrix(path, recipe)
    return path


def _write_matrix(path: Path, recipe: Recipe) -> None:
    """Into the header of the first track."""
    data = path.read_bytes()
    at = data.index(b"tkhd") + 4 + 40
    path.write_bytes(data[:at] + matrix(recipe.turn, *recipe.stored_size) + data[at + 36 :])


def _video(container: Any, recipe: Recipe) -> Any:
    stream = container.add_stream(recipe.codecs[0], rate=25)
    stream.width, stream.height = recipe.stored_size
    stream.pix_fmt = "yuv420p"
    stream.time_base = stream.codec_context.time_base = Fraction(1, 90_000)
    # BT.601 in limited range, as recorders write it.
    stream.codec_context.colorspace, stream.codec_context.color_range = 6, 1
    if recipe.codecs[0] != "libx264":
        stream.options = {"preset": "ultrafast", "x265-params": f"keyint={recipe.gop}:log-level=none"}
        return stream
    stream.options = {
        "profile": "baseline",
        "preset": "ultrafast",
        "crf": "24",
        "x264-params": f"bframes=0:scenecut=0:keyint={recipe.gop}:min-keyint={recipe.gop}",
    } | recipe.options
    return stream


def _audio(container: Any, recipe: Recipe) -> Any:
    stream = container.add_stream(recipe.codecs[1], rate=recipe.rate, layout=recipe.layout)
    stream.bit_rate = 128_000
    return stream


def _picture(number: int, recipe: Recipe) -> VideoFrame:
    gray = counted_video.draw(number & 0xFFFF, *recipe.size, identity=number >> 16)
    upright = VideoFrame.from_ndarray(counted_video.to_i420(gray), format="yuv420p")
    frame = turned(upright, between(UPRIGHT, recipe.turn))
    frame.pts = round((number - recipe.first) * FRAME_MS * 90 + recipe.late_ms * 90) + recipe.clock_s * 90_000
    frame.time_base = Fraction(1, 90_000)
    return frame


def _blocks(recipe: Recipe) -> Iterator[AudioFrame]:
    step, late = RATE // recipe.rate, recipe.clock_s * recipe.rate
    begin, count = round(recipe.begin_ms * 48), round(recipe.length_ms * 48) // step
    channels = {"mono": 1, "stereo": 2, "5.1": 6}[recipe.layout]
    for at in range(0, count, 1024):
        instants = begin + step * np.arange(at, min(at + 1024, count)) * (1 + recipe.drift)
        if recipe.missing_ms[0] <= at * 1000 / recipe.rate < recipe.missing_ms[1]:
            continue
        block = np.tile(_heard_at(instants), (channels, 1))
        frame = AudioFrame.from_ndarray(block, format="fltp", layout=recipe.layout)
        frame.sample_rate, frame.pts, frame.time_base = (
            recipe.rate,
            round(at * (1 + recipe.drift)) + late,
            Fraction(1, recipe.rate),
        )
        yield frame


def _heard_at(samples: NDArray[np.float64]) -> NDArray[np.float32]:
    """The sound of the call at these instants, which may lie between samples."""
    whole = np.floor(samples).astype(np.int64)
    between, count = (samples - whole).astype(np.float32), len(sound())
    return sound()[whole % count] * (1 - between) + sound()[(whole + 1) % count] * between


def _until(blocks: Iterator[AudioFrame], samples: float) -> Iterator[AudioFrame]:
    for block in blocks:
        yield block
        if block.pts + block.samples >= samples:
            return


@dataclass(frozen=True)
class Seen:
    """What a file decodes to: (ms, number or None) of each picture, and the sound from 0 on."""

    pictures: list[tuple[float, int | None]]
    sound: NDArray[np.float32]

    @property
    def numbers(self) -> list[int | None]:
        return [number for _, number in self.pictures]


def see(path: Path) -> Seen:
    """Decodes a whole file with libavformat's rules for edit lists."""
    pictures = []
    with av.open(str(path)) as container:
        for frame in container.decode(video=0) if container.streams.video else ():
            pictures.append((float(frame.time) * 1000, number_in(frame)))
    return Seen(pictures, _heard(path))


def number_in(frame: VideoFrame) -> int | None:
    """The number of the picture, beyond 16 bits by its identity."""
    found = counted_video.decode(frame.to_ndarray()[: frame.height])
    return found and found.identity << 16 | found.number


def _heard(path: Path) -> NDArray[np.float32]:
    parts: list[NDArray[np.float32]] = []
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0) if container.streams.audio else ():
            if not parts and frame.pts > 0:
                parts.append(np.zeros(frame.pts, np.float32))
            parts.append(frame.to_ndarray()[0])
    return np.concatenate(parts) if parts else np.zeros(0, np.float32)


def lag_ms(
    heard: NDArray[np.float32], at_ms: float, true_ms: float, length_ms: float = 150, reach_ms: float = 60
) -> float:
    """How much too late the sound at `at_ms` is: it should be that of instant `true_ms` of the call."""
    length, reach = round(length_ms * 48), round(reach_ms * 48)
    at, true = round(at_ms * 48), round(true_ms * 48)
    wanted = sound()[true : true + length]
    around = heard[at - reach : at + length + reach]
    scores = np.correlate(around, wanted, "valid")
    best = int(scores.argmax())
    alike = scores[best] / (np.linalg.norm(around[best : best + length]) * np.linalg.norm(wanted) + 1e-9)
    # A window that straddles a seam holds two lags, so only half of it is alike; by chance it would be 0.15.
    assert alike > 0.45, f"the sound at {at_ms} ms is not that of instant {true_ms} ms ({alike:.2f})"
    return (best - reach) / 48

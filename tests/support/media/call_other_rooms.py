"""Ordinary calls of other rooms, drawn without sight of the content check or of its own material.

Each room has its own cameras, microphones, frame rate, size, key frames and quality.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import lcm
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.support.media import other_cameras as cameras
from tests.support.media import other_screens as screens
from tests.support.media import other_sounds as sounds
from tests.support.media.call_files import Packets, aligned_frames, join, write
from tests.support.media.other_cameras import Luma, Rng, Stage
from tests.support.media.other_sounds import RATE, Samples, mix


@dataclass(frozen=True)
class Form:
    """How a segment is written: only files of one form are joined. `key_s`: seconds between key frames."""

    fps: int = 25
    size: tuple[int, int] = (320, 240)
    key_s: int = 2
    crf: int = 26

    @property
    def grid(self) -> int:
        """Frames after which a key frame and a packet of sound begin together."""
        return lcm(self.fps * self.key_s, aligned_frames(self.fps))


@dataclass(frozen=True)
class Room:
    picture: Callable[[Stage], Iterator[Luma]]
    sound: Callable[[Rng, int], Samples]
    form: Form


SMALL, SPARSE, HEAVY = Form(), Form(key_s=4), Form(key_s=10, crf=36)
LARGE, SLOW, SLOWEST = Form(15, (640, 480), 4, 28), Form(15, key_s=10), Form(10, key_s=4, crf=30)


def _lesson(stage: Stage) -> Iterator[Luma]:
    return screens.in_corner(screens.slides(stage), cameras.sitting(stage.part(4, 4)))


def _talk(rng: Rng, seconds: int) -> Samples:
    return mix(sounds.voice(rng, seconds, 130, peak_db=-1), sounds.room(rng, seconds, -58, -66))


def _loud_talk(rng: Rng, seconds: int) -> Samples:
    """A voice that automatic gain holds near the ceiling."""
    squeezed = np.tanh(sounds.voice(rng, seconds, 165) * 2.5)
    return mix(sounds.peak_at(squeezed, -1), sounds.room(rng, seconds, -52))


def _conversation(rng: Rng, seconds: int) -> Samples:
    first, second = sounds.voice(rng, seconds, 115, (2, 12), -5), sounds.voice(rng, seconds, 205, (2, 12), -8)
    return mix(first, second, sounds.room(rng, seconds, -60, -70))


def _listening(rng: Rng, seconds: int) -> Samples:
    """Short answers over a cheap microphone that hisses and hums; it is muted for up to 40 s."""
    heard = mix(sounds.voice(rng, seconds, 190, (5, 30), -14), sounds.room(rng, seconds, -44, -48))
    return sounds.muted(rng, heard, (10, 60), (3, 40))


def _reading(rng: Rng, seconds: int) -> Samples:
    """Minutes without a word: a quiet room, and paper now and then."""
    return mix(sounds.rustles(rng, seconds, -24, (8, 45)), sounds.room(rng, seconds, -64))


def _suppressed(rng: Rng, seconds: int) -> Samples:
    """A browser's noise suppression turns down all that is no voice; pauses of up to 20 s."""
    heard = mix(sounds.voice(rng, seconds, 125, (0.5, 20), -4), sounds.room(rng, seconds, -56))
    return sounds.suppressed(heard, -22)


def _music(rng: Rng, seconds: int) -> Samples:
    said = sounds.voice(rng, seconds, 180, (10, 40), -12)
    return mix(sounds.music(rng, seconds, -1), said, sounds.room(rng, seconds, -62))


def _typing(rng: Rng, seconds: int) -> Samples:
    said = sounds.voice(rng, seconds, 140, (10, 60), -10)
    return mix(sounds.typing(rng, seconds, -20), said, sounds.room(rng, seconds, -57, -60))


def _footsteps(rng: Rng, seconds: int) -> Samples:
    said = sounds.muted(rng, sounds.voice(rng, seconds, 150, peak_db=-6), (20, 70), (15, 120))
    return mix(said, sounds.rustles(rng, seconds, -30, (2, 20)), sounds.room(rng, seconds, -59, -62))


def _street(rng: Rng, seconds: int) -> Samples:
    return mix(sounds.voice(rng, seconds, 220, peak_db=-2), sounds.room(rng, seconds, -30))


def _avatar_alone(stage: Stage) -> Iterator[Luma]:
    return screens.camera_at_times(stage, cameras.sitting(stage), (20, 90), (10, 90))


def _two(stage: Stage) -> Iterator[Luma]:
    """One talks; one hardly moves before a noisy camera."""
    still = cameras.sitting(stage.part(1, 2), 90, 3, 1.0, 0.05)
    return cameras.side_by_side(stage, [cameras.sitting(stage.part(1, 2)), still])


def _avatar_beside(stage: Stage) -> Iterator[Luma]:
    half = stage.part(1, 2)
    off = screens.camera_at_times(half, cameras.sitting(half), (5, 40), (60, 200))
    return cameras.side_by_side(stage, [cameras.sitting(half, 120), off])


def _hearing(stage: Stage) -> Iterator[Luma]:
    """Four who read; a codec has taken nearly all noise."""
    quarter = stage.part(2, 2)
    lights = (70, 100, 120, 150)
    return cameras.side_by_side(stage, [cameras.sitting(quarter, light, 1.2, 0.02, 0.15) for light in lights])


def _poor_line(stage: Stage) -> Iterator[Luma]:
    return cameras.poor_line(stage, cameras.sitting(stage, 90, 2, 0.1), 8)


def _webcam_15(stage: Stage) -> Iterator[Luma]:
    return cameras.poor_line(stage, cameras.sitting(stage, 140, 1.5, 0.05, 0.6), 15)


def _waiting(stage: Stage) -> Iterator[Luma]:
    return cameras.sitting(stage, 85, 1.5, 0.03, 0.1)


def _dark_listener(stage: Stage) -> Iterator[Luma]:
    return cameras.sitting(stage, 45, 5, 0.6, 0.3)


ROOMS: dict[str, Room] = {
    "lesson with slides": Room(_lesson, _talk, SMALL),
    "slides, no camera": Room(screens.slides, _talk, SPARSE),
    "listener, muted at times": Room(_dark_listener, _listening, SMALL),
    "dusk": Room(cameras.dusk, _conversation, SMALL),
    "night, light of a screen": Room(cameras.monitor_light, _suppressed, SPARSE),
    "hearing, all read": Room(_hearing, _reading, SMALL),
    "initials at times, alone": Room(_avatar_alone, _talk, SMALL),
    "initials beside a camera": Room(_avatar_beside, _conversation, SLOW),
    "whiteboard": Room(cameras.whiteboard, _suppressed, SLOWEST),
    "music lesson": Room(cameras.bowing, _music, LARGE),
    "walks away": Room(cameras.coming_and_going, _footsteps, SPARSE),
    "code": Room(screens.code, _typing, LARGE),
    "two, one still": Room(_two, _conversation, HEAVY),
    "bright window": Room(cameras.bright_window, _loud_talk, SLOW),
    "news": Room(cameras.news, _loud_talk, HEAVY),
    "handheld": Room(cameras.handheld, _street, SMALL),
    "poor line": Room(_poor_line, _talk, SLOWEST),
    "waiting": Room(_waiting, _reading, HEAVY),
    "typing": Room(_webcam_15, _typing, SPARSE),
}


@dataclass(frozen=True)
class Clip:
    """A file and what is known of it: `silent` says of each frame whether digital silence was recorded."""

    path: Path
    form: Form
    silent: NDArray[np.bool_]

    @property
    def length_ms(self) -> float:
        return len(self.silent) * 1000 / self.form.fps

    def is_silent(self, from_ms: float, until_ms: float) -> bool:
        """Whether nobody's microphone was on then, the first and the last 0.1 s left aside."""
        first, last = (round(at * self.form.fps / 1000) for at in (from_ms + 100, until_ms - 100))
        return bool(self.silent[first:last].all())


def draw_rooms(folder: Path, seconds: int, seed: int) -> list[Clip]:
    """A clip of each room, `seconds` long."""
    return [
        _draw(folder / f"room{number:02}.mp4", room, seconds, np.random.default_rng([seed, number]))
        for number, room in enumerate(ROOMS.values())
    ]


def _draw(path: Path, room: Room, seconds: int, rng: Rng) -> Clip:
    form = room.form
    width, height = form.size
    luma = room.picture(Stage(rng, (height, width), form.fps))
    blocks = room.sound(rng, seconds).reshape(seconds * form.fps, RATE // form.fps)
    instants = ((next(luma), block) for block in blocks)
    write(path, instants, form.size, gop=form.fps * form.key_s, fps=form.fps, crf=form.crf)
    return Clip(path, form, ~blocks.any(axis=1))


def long_rooms(folder: Path, clips: Sequence[Clip], hours: float, seed: int) -> Iterator[Clip]:
    """Segments of half an hour to four hours, each of one form; each is gone when the next one comes."""
    rng = np.random.default_rng(seed)
    for form in dict.fromkeys(clip.form for clip in clips):
        alike = [(Packets(clip.path, form.fps), clip) for clip in clips if clip.form == form]
        left = hours * len(alike) / len(clips) * 3600 * form.fps
        while left > 0:
            chosen = list(_parts(rng, alike, min(left, rng.uniform(0.5, 4) * 3600 * form.fps)))
            silent = np.concatenate([silence for _, silence in chosen])
            left -= len(silent)
            template = alike[0][1].path
            path = join(folder / "rooms.mp4", template, [part for part, _ in chosen])
            yield Clip(path, form, silent)
            path.unlink()


def _parts(
    rng: Rng, alike: Sequence[tuple[Packets, Clip]], frames: float
) -> Iterator[tuple[Packets, NDArray[np.bool_]]]:
    """Ends of clips, each at least half of one: what stands still for minutes is to stay whole."""
    while frames > 0:
        packets, clip = alike[int(rng.integers(len(alike)))]
        steps = len(packets.video) // clip.form.grid
        first, end = int(rng.integers(steps // 2 + 1)) * clip.form.grid, steps * clip.form.grid
        frames -= end - first
        yield packets.part(first, end - first), clip.silent[first:end]

"""Kinds of ordinary material: in none of them is anything that a content check may remark upon."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from tests.support.media.call_scenes import (
    FPS,
    Camera,
    Drawing,
    Luma,
    Scene,
    Scrolling,
    Slides,
    Typing,
    avatar,
    dimmed,
    grid,
    in_turn,
    inset,
    windowed,
)
from tests.support.media.call_sounds import BLOCK, LOOP_S, Samples, envelope, music, room, voice

Rng = np.random.Generator
Size = tuple[int, int]
Instants = Iterator[tuple[Luma, Samples]]


@dataclass(frozen=True)
class Kind:
    """`camera`: all of the picture is one camera's or several, so that a freeze of it can be detected."""

    name: str
    scene: Callable[[Rng, Size], Scene]
    sound: Callable[[Rng], Samples]
    camera: bool = False


def talk(rng: Rng) -> Samples:
    return 0.35 * voice(rng) + room(rng)


def lively(rng: Rng) -> Samples:
    return 0.3 * (voice(rng) + voice(rng, pauses_s=(2, 8))) + room(rng, -62)


def pausing(rng: Rng) -> Samples:
    return 0.3 * voice(rng, pauses_s=(8, 25)) + room(rng, -66)


def quiet(rng: Rng) -> Samples:
    return 0.004 * voice(rng) + room(rng, -72)


def loud(rng: Rng) -> Samples:
    return np.clip(0.99 * voice(rng, pauses_s=(0.1, 0.6)) + room(rng), -0.999, 0.999)


def hum(rng: Rng) -> Samples:
    return room(rng, -62)


def half(size: Size) -> Size:
    return size[0] // 2 // 2 * 2, size[1] // 2 // 2 * 2


def _person(**settings: float) -> Callable[[Rng, Size], Scene]:
    return lambda rng, size: Camera(rng, size, **settings)  # type: ignore[arg-type]


def _grid(count: int) -> Callable[[Rng, Size], Scene]:
    def made(rng: Rng, size: Size) -> Scene:
        tile = (size[0] // 2, size[1] // -(-count // 2))
        return grid([Camera(rng, tile, noise=rng.uniform(0.8, 3)) for _ in range(count)], size)

    return made


def _switched(rng: Rng, size: Size) -> Scene:
    face = avatar(size)
    return in_turn([Camera(rng, size), lambda number, loud: face], rng, (20, 90))


def _comings(rng: Rng, size: Size) -> Scene:
    return in_turn([Camera(rng, size), _grid(2)(rng, size), _grid(4)(rng, size)], rng, (20, 80))


def _share(rng: Rng, size: Size) -> Scene:
    return in_turn([Camera(rng, size), Slides(rng, size), Camera(rng, size)], rng, (30, 120))


def _leaves(rng: Rng, size: Size) -> Scene:
    """The camera goes on without anybody in front of it: another noise, the same room."""
    seed = int(rng.integers(1 << 30))
    both = [Camera(np.random.default_rng(seed), size, noise=1.5, person=there) for there in (True, False)]
    return in_turn(list(both), rng, (20, 60))


KINDS = (
    Kind("one camera", _person(), talk, True),
    Kind("a camera with little noise", _person(noise=0.8), talk, True),
    Kind("a noisy camera", _person(noise=5.0), lively, True),
    Kind("two cameras", _grid(2), lively, True),
    Kind("four cameras", _grid(4), lively, True),
    Kind("a slow camera", _person(every=5), talk, True),
    Kind("a listener who hardly moves", _person(sway=0.006, noise=1.2), pausing, True),
    Kind("a telephone in the hand", _person(handheld=6.0), talk, True),
    Kind("a dark room", _person(light=0.12, noise=2.5), talk, True),
    # Hardly a block of it ever changes: a freeze of it cannot be detected.
    Kind("a very dark room", _person(light=0.06, noise=2.0), pausing),
    Kind("light that goes", lambda rng, size: dimmed(Camera(rng, size), 200), talk, True),
    Kind("too bright a window", _person(light=2.4), talk, True),
    Kind("a pause: an empty room", _person(person=False, noise=1.5), hum, True),
    Kind("somebody leaves the room", _leaves, pausing),
    Kind("slides", lambda rng, size: Slides(rng, size), talk),
    Kind("slides for minutes", lambda rng, size: Slides(rng, size, each_s=(120, 300)), pausing),
    Kind("slides that dissolve", lambda rng, size: Slides(rng, size, fade_s=1.5), talk),
    Kind("slides with a pointer", lambda rng, size: Slides(rng, size, cursor=True), loud),
    Kind("slides beside a camera", lambda r, s: inset(Slides(r, s), Camera(r, half(half(s))), s), talk),
    Kind("a text that is typed", lambda rng, size: Typing(rng, size), quiet),
    Kind("code that is typed", lambda rng, size: Typing(rng, size, dark=True), talk),
    Kind("a text that is scrolled", lambda rng, size: Scrolling(rng, size), pausing),
    Kind("a whiteboard", lambda rng, size: Drawing(rng, size), talk),
    Kind("a film in a page", lambda r, s: windowed(Camera(r, half(s), person=True), r, s), music),
    Kind("a camera on and off", _switched, talk),
    Kind("people come and go", _comings, lively),
    Kind("a screen is shared in between", _share, talk),
    Kind("all cameras off", lambda rng, size: (lambda face: lambda number, loud: face)(avatar(size)), quiet),
)


def instants(kind: Kind, seed: int, size: Size) -> Instants:
    """A frame and its 40 ms of sound, again and again, without an end."""
    rng = np.random.default_rng([seed, KINDS.index(kind) if kind in KINDS else 999])
    scene, sound = kind.scene(rng, size), kind.sound(rng).astype(np.float32)
    loudness = envelope(sound)
    blocks = LOOP_S * FPS
    number = 0
    while True:
        at = number % blocks
        yield scene(number, float(loudness[at])), sound[at * BLOCK : (at + 1) * BLOCK]
        number += 1

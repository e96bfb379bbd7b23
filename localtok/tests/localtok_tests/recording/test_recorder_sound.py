"""Sound of which frames were lost: the rest stands where it was spoken, and the holes are filled."""

import random

import av
import numpy as np
import pytest
from av import AudioFrame

from localtok.recording.compose.composition import Composition
from localtok.recording.settings import RecorderSettings
from localtok_tests.recording.test_recorder_composition import SIZE, START, Person, finish

FRAME, RATE = 960, 48_000
SECONDS, LOSS = 10, 0.1
BEEP_HZ, HUM_HZ, BEEP_S = 2000, 200, 0.1


def speak(person: Person, lost: set[int]) -> None:
    """A hum, and with every second a beep above it."""
    for index in set(range(SECONDS * RATE // FRAME)) - lost:
        at = (index * FRAME + np.arange(FRAME)) / RATE
        wave = 3000 * np.sin(2 * np.pi * HUM_HZ * at)
        wave += 9000 * np.sin(2 * np.pi * BEEP_HZ * at) * (at % 1 < BEEP_S)
        frame = AudioFrame.from_ndarray(wave.astype(np.int16).reshape(1, -1), "s16", "mono")
        frame.sample_rate = RATE
        person.clocks[1].arrived(index * FRAME, START + index * FRAME / RATE)
        person.feed.add_sound(index * FRAME, frame)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> np.ndarray:
    part = tmp_path_factory.mktemp("sound") / "a.part.mp4"
    composition = Composition(part, RecorderSettings(*SIZE, has_video=False))
    person = Person(composition, 1, has_video=False).connect()
    chance = random.Random(5)
    hums = [n for n in range(SECONDS * RATE // FRAME) if n * FRAME % RATE > 2 * BEEP_S * RATE]
    speak(person, {n for n in hums if chance.random() < LOSS})
    finish(composition, SECONDS)
    with av.open(str(part)) as container:
        return np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)])


def test_every_beep_stands_at_its_second(sound: np.ndarray) -> None:
    loud = np.abs(sound[: len(sound) // 48 * 48]).reshape(-1, 48).max(axis=1) > 0.2
    starts = [ms for ms in np.flatnonzero(loud) if not loud[max(0, ms - 200) : ms].any()]
    assert np.array(starts) == pytest.approx(1000 * np.arange(SECONDS), abs=5)


def test_the_hum_has_no_holes(sound: np.ndarray) -> None:
    whole = sound[: len(sound) // FRAME * FRAME].reshape(-1, FRAME)
    loudness = np.sqrt((whole[: SECONDS * 50 - 5] ** 2).mean(axis=1))
    assert loudness.min() > 0.5 * np.median(loudness)

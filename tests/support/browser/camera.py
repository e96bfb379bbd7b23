"""Camera and microphone files for Chromium's fake devices: pictures that count, and speech-like sound."""

import io
import shutil
import subprocess
import wave
from pathlib import Path

import numpy as np
from PIL import Image

from tests.support.media import counted_video

# Chromium plays an MJPEG file at 30 pictures a second. Each number stands for three of them, 100 ms, so that
# a recording of 25 frames a second shows each number in at least two frames.
PICTURES_PER_SECOND = 30
PICTURES_PER_NUMBER = 3
NUMBERS_PER_SECOND = PICTURES_PER_SECOND // PICTURES_PER_NUMBER

SPEECH = (
    "The hearing is open. Everything that is said here is recorded, from the first word to the last. "
    "Witness {identity}, please tell us in your own words what you saw that morning, and take your time."
)


# Small, because two cores carry all browsers, and each encodes every picture for every receiver.
WIDTH, HEIGHT = 320, 240


def write_camera(path: Path, identity: int, seconds: int, width: int = WIDTH, height: int = HEIGHT) -> Path:
    """An MJPEG file whose numbers start at 0 and do not repeat within `seconds`."""
    with path.open("wb") as file:
        for number in range(seconds * NUMBERS_PER_SECOND):
            picture = io.BytesIO()
            drawn = counted_video.draw(number, width, height, identity=identity)
            Image.fromarray(drawn).convert("YCbCr").save(picture, "JPEG", quality=70)
            file.write(picture.getvalue() * PICTURES_PER_NUMBER)
    return path


def write_microphone(path: Path, identity: int) -> Path:
    """A WAV file of spoken words, a voice per participant; of hummed syllables where espeak-ng is missing."""
    if shutil.which("espeak-ng"):
        voice = f"en+{'m' if identity % 2 else 'f'}{1 + identity % 4}"
        command = ["espeak-ng", "-v", voice, "-w", str(path), SPEECH.format(identity=identity)]
        subprocess.run(command, check=True, timeout=30)
    else:
        _write_wave(path, _syllables(identity))
    return path


def _syllables(identity: int, seconds: int = 12, rate: int = 48_000) -> np.ndarray:
    """Harmonics of a gliding pitch, in bursts of four a second with a pause after every seventh."""
    time = np.arange(seconds * rate) / rate
    pitch = 90 + 35 * identity + 20 * np.sin(2 * np.pi * 0.7 * time)
    phase = 2 * np.pi * np.cumsum(pitch) / rate
    voice = sum(np.sin(harmonic * phase) / harmonic for harmonic in range(1, 9))
    envelope = np.clip(np.sin(2 * np.pi * 4 * time), 0, 1) * (np.floor(4 * time) % 8 != 7)
    return 0.3 * voice * envelope


def _write_wave(path: Path, samples: np.ndarray, rate: int = 48_000) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((samples.clip(-1, 1) * 32_767).astype("<i2").tobytes())

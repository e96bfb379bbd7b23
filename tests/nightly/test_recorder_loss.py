"""A recording over a network that loses 5 % of all packets, both ways, and delays each by up to 100 ms.

The packets pass a relay of the test's own: netem needs a kernel module that many machines do not have.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest

from localtok.recording.recorder import RecordedStream, Recorder, RecorderSettings
from tests.support.media.lossy_network import LossyRelay
from tests.support.media.publisher import CountedTrack, Publisher, ToneTrack
from tests.support.media.recorded_frames import read_file
from tests.support.media.recorded_sync import beep_starts_ms, first_seen

pytestmark = [pytest.mark.media, pytest.mark.realtime]

LOSS, JITTER_S = 0.05, 0.1
PICTURE_MS = 80
RECORDED = 12 * 30
DEADLINE_S = 60.0
# Beeps come each second, and every second of them together with a picture: 25 of 80 ms.
PICTURES_PER_BEEP = 25


@pytest.mark.parametrize("size", [(320, 240), (1280, 720)])
async def test_a_bad_network_stalls_nothing_for_a_second(tmp_path: Path, size: tuple[int, int]) -> None:
    relay = LossyRelay()
    await relay.start()
    recorder = Recorder(tmp_path / "a.mp4", RecorderSettings(640, 480))
    await recorder.start()
    camera = CountedTrack(1, size)
    publisher = Publisher(camera, ToneTrack(1000, beep_every_s=1.0))
    stream = RecordedStream("s", "Ann", has_audio=True, has_video=True)
    answer = await recorder.attach(stream, relay.offered(await publisher.offer()))
    await publisher.accept(relay.answered(answer))
    assert await recorder.wait_for_media({"s"}, DEADLINE_S) == {"s"}
    relay.loss, relay.jitter_s = LOSS, JITTER_S
    async with asyncio.timeout(DEADLINE_S):
        while camera.sent[-1] < RECORDED:
            await asyncio.sleep(0.05)
    result = await recorder.stop()
    await publisher.close()
    relay.close()
    assert relay.lost > 0.03 * relay.carried
    reading = read_file(result.path)
    seen = first_seen(reading.sightings[1])
    changes = sorted(seen.values())
    stalls = np.diff([0, *changes, reading.frames * 40])
    shown = len(seen) / (max(seen) - min(seen) + 1)
    beeps = beep_starts_ms(result.path)
    offsets = [min(beeps - at, key=abs) for number, at in seen.items() if number % PICTURES_PER_BEEP == 0]
    apart = float(np.median(offsets))
    print(
        f"{size[0]}x{size[1]}: {relay.lost} of {relay.carried} packets lost; {shown:.1%} of pictures shown, "
        f"longest stall {stalls.max()} ms, sound {apart:+.0f} ms (worst {max(offsets, key=abs):+.0f})"
    )
    assert stalls.max() <= 1000
    assert shown > 0.8
    assert len(offsets) >= 5
    # A picture stands until the next tick: 20 ms late on average.
    assert abs(apart + 20) <= 40
    assert reading.audio_ms == pytest.approx(reading.frames * 40, abs=100)

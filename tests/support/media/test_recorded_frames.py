"""The reader must find every number after the two lossy steps of a real recording: VP8 and then x264."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from tests.support.media import counted_video, recorded_frames

pytestmark = pytest.mark.media


def through_vp8(pictures: list[np.ndarray]) -> list[np.ndarray]:
    """The luma of each picture after VP8 at the bit rate of a small video call."""
    height, width = pictures[0].shape
    encoder = av.CodecContext.create("libvpx", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.time_base, encoder.bit_rate = Fraction(1, 30), 500_000
    encoder.options = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}
    decoder = av.CodecContext.create("vp8", "r")
    packets = []
    for index, picture in enumerate(pictures):
        frame = av.VideoFrame.from_ndarray(counted_video.to_i420(picture), format="yuv420p")
        frame.pts = index
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    return [frame.to_ndarray()[:height] for packet in packets for frame in decoder.decode(packet)]


def write_mp4(path: Path, pictures: list[np.ndarray], loudness: float = 0.2) -> Path:
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=25, options={"preset": "ultrafast", "crf": "30"})
        video.height, video.width = pictures[0].shape
        video.pix_fmt = "yuv420p"
        audio = container.add_stream("aac", rate=48_000, layout="mono")
        for picture in pictures:
            frame = av.VideoFrame.from_ndarray(counted_video.to_i420(picture), format="yuv420p")
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        seconds = np.arange(48_000 * len(pictures) // 25) / 48_000
        tone = (loudness * np.sin(2 * np.pi * 440 * seconds)).astype(np.float32)[None]
        frame = av.AudioFrame.from_ndarray(tone, format="fltp", layout="mono")
        frame.sample_rate = 48_000
        container.mux(audio.encode(frame))
        container.mux(audio.encode(None))
    return path


def side_by_side(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Two pictures of 4:3, each in the middle of its half of 1280 x 720."""
    whole = np.full((720, 1280), 16, np.uint8)
    whole[120:600, 0:640], whole[120:600, 640:1280] = left, right
    return whole


def test_it_reads_every_number_of_two_people_after_vp8_and_x264(tmp_path: Path) -> None:
    ann = through_vp8([counted_video.draw(100 + i // 3, 640, 480, identity=1) for i in range(36)])
    ben = through_vp8([counted_video.draw(900 + i // 3, 640, 480, identity=2) for i in range(36)])
    read = recorded_frames.read_file(write_mp4(tmp_path / "two.mp4", list(map(side_by_side, ann, ben))))
    assert read.frames == 36
    assert read.numbers(1) == set(range(100, 112))
    assert read.numbers(2) == set(range(900, 912))
    assert read.rms == pytest.approx(0.2 / 2**0.5, rel=0.05)


def test_it_follows_a_person_who_is_alone_before_another_comes(tmp_path: Path) -> None:
    alone = np.full((720, 1280), 16, np.uint8)
    alone[:, 160:1120] = counted_video.draw(5, 960, 720, identity=1)
    both = side_by_side(
        counted_video.draw(6, 640, 480, identity=1), counted_video.draw(50, 640, 480, identity=2)
    )
    read = recorded_frames.read_file(
        write_mp4(tmp_path / "joins.mp4", [alone] * 5 + [both] * 5 + [alone] * 5)
    )
    assert (read.numbers(1), read.numbers(2)) == ({5, 6}, {50})
    assert [sighting.frame for sighting in read.sightings[2]] == [5, 6, 7, 8, 9]


def test_it_names_the_number_that_no_file_holds(tmp_path: Path) -> None:
    pieces = [
        write_mp4(tmp_path / f"{first}.mp4", [counted_video.draw(n, 640, 480, identity=3) for n in numbers])
        for first, numbers in ((10, [10, 11, 12]), (12, [12, 13, 15, 16]))
    ]
    assert recorded_frames.missing(map(recorded_frames.read_file, pieces), 3) == [14]


def test_silence_has_no_loudness(tmp_path: Path) -> None:
    silent = write_mp4(tmp_path / "silent.mp4", [counted_video.draw(1, 640, 480)] * 10, loudness=0)
    assert recorded_frames.read_file(silent).rms < 1e-4

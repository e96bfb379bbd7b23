import numpy as np
import pytest

from tests.support.media import counted_video


@pytest.mark.parametrize("size", [(640, 480), (320, 240), (960, 720), (214, 160)])
@pytest.mark.parametrize("number", [0, 1, 0x5555, 40_000, 65_535])
def test_it_reads_back_what_it_drew(size: tuple[int, int], number: int) -> None:
    assert counted_video.decode(counted_video.draw(number, *size, identity=9)) == (9, number)


def test_it_finds_the_picture_in_a_letterboxed_tile() -> None:
    tile = np.full((720, 1280), 16, np.uint8)
    tile[:, 160:1120] = counted_video.draw(1234, 960, 720, identity=3)
    assert counted_video.read(tile, identity=3) == 1234
    assert counted_video.read(tile, identity=4) is None


def test_a_blend_of_two_pictures_is_no_number() -> None:
    one, other = counted_video.draw(255, 640, 480), counted_video.draw(256, 640, 480)
    assert counted_video.read((one // 2 + other // 2).astype(np.uint8)) is None


@pytest.mark.parametrize("luma", [16, 128, 235])
def test_a_plain_picture_is_no_number(luma: int) -> None:
    assert counted_video.read(np.full((480, 640), luma, np.uint8)) is None


def test_one_wrong_block_is_noticed() -> None:
    picture = counted_video.draw(77, 640, 480)
    picture[40:140, 60:130] = 255 - picture[40:140, 60:130]
    assert counted_video.read(picture) is None


def test_it_survives_noise_and_blur() -> None:
    picture = counted_video.draw(31_337, 320, 240, identity=15).astype(float)
    picture = (picture + np.roll(picture, 2, 0) + np.roll(picture, 2, 1)) / 3
    picture += np.random.default_rng(1).normal(0, 20, picture.shape)
    assert counted_video.decode(picture.clip(0, 255).astype(np.uint8)) == (15, 31_337)

"""What counts as black: one look at a picture, block by block."""

import numpy as np
import pytest

from archives.media.content.picture import is_black

BLOCKS = 18 * 32


@pytest.mark.parametrize(
    ("beside", "inside", "spread", "black"),
    [
        (16, 16, 0, True),
        # A browser's black tile between the recorder's own bars.
        (16, 0, 0, True),
        (16, 20, 0, True),
        (16, 23, 0, False),
        (16, 40, 0, False),
        (0, 23, 0, False),
        (16, 0, 2, False),
    ],
)
def test_black_is_dark_and_even_without_noise(beside: int, inside: int, spread: int, black: bool) -> None:
    means = np.full(BLOCKS, beside, np.float32)
    means[BLOCKS // 4 :] = inside
    assert bool(is_black(means, np.full(BLOCKS, spread, np.float32))) is black

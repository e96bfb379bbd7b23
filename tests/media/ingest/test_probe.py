"""What a file says of its own length, whatever its clock begins with."""

from pathlib import Path

import pytest

from archives.media.ingest.probe import probe
from tests.support.media.segment_files import Recipe, make

pytestmark = pytest.mark.media


@pytest.mark.parametrize("clock_s", [4, 3600])
def test_a_file_whose_clock_begins_late_does_not_end_twice_as_late(tmp_path: Path, clock_s: int) -> None:
    media = probe(make(tmp_path / "file.mp4", Recipe(0, 100, clock_s=clock_s)))
    assert media.begin_ms == pytest.approx(clock_s * 1000, abs=30)
    assert media.end_ms == pytest.approx(clock_s * 1000 + 4000, abs=30)


def test_one_that_begins_at_0_ends_with_its_last_frame(tmp_path: Path) -> None:
    media = probe(make(tmp_path / "file.mp4", Recipe(0, 100)))
    assert (media.begin_ms, media.end_ms) == (0, 4000)

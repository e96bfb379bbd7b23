"""The content check finds the faults of a file, to the second, and nothing in ordinary calls.

A short twin of tests/nightly/test_content.py: a fault of each kind, and some of the ordinary kinds.
"""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest

from archives.media.content import findings
from archives.media.content.check import Expected, check
from archives.media.content.findings import Finding
from archives.models import Remark
from tests.support.media.call_files import write
from tests.support.media.call_kinds import KINDS, instants
from tests.support.media.content_score import false_findings, found
from tests.support.media.planted_faults import SHARES, plant

pytestmark = pytest.mark.media

# Of each family of ordinary material that is nearest to a fault.
NEAR = (
    "a listener who hardly moves", "a very dark room", "a pause: an empty room", "slides with a pointer",
    "a text that is scrolled", "a camera on and off",
)  # fmt: skip


@pytest.mark.parametrize("fault", SHARES)
def test_it_finds_a_fault_and_nothing_else(fault: str, tmp_path: Path) -> None:
    planted = plant(tmp_path / "segment.mp4", fault, seed=3)
    result = check(planted.path, Expected(size=planted.size, length_ms=planted.length_ms))
    assert found(planted, result), (planted, result)
    assert false_findings(planted, result) == []


@pytest.mark.parametrize("name", NEAR)
def test_an_ordinary_call_has_nothing(name: str, tmp_path: Path) -> None:
    kind = next(kind for kind in KINDS if kind.name == name)
    size = (240, 176)
    path = write(tmp_path / "segment.mp4", islice(instants(kind, 5, size), 40 * 25), size)
    assert check(path, Expected(size=size, length_ms=41_000)) == []


def test_a_file_that_was_to_have_one_track_only_lacks_nothing(tmp_path: Path) -> None:
    planted = plant(tmp_path / "segment.mp4", "no audio at all", seed=3)
    assert check(planted.path, Expected(audio=False)) == []


def test_it_can_be_ended_on_the_way(tmp_path: Path) -> None:
    planted = plant(tmp_path / "segment.mp4", "silent", seed=3)
    calls = 0

    def hold_on() -> None:
        nonlocal calls
        calls += 1
        if calls == 10:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        check(planted.path, hold_on=hold_on)


def test_every_finding_is_a_code_of_a_remark() -> None:
    codes = {
        findings.BLACK, findings.FROZEN, findings.NO_VIDEO, findings.WRONG_SIZE, findings.SILENT,
        findings.CLIPPED, findings.NO_AUDIO, findings.LENGTH, findings.SKEW, findings.TILE_DARK,
        findings.TILE_FROZEN,
    }  # fmt: skip
    assert codes == set(Remark.Code.values)


def test_a_bound_that_is_off_by_more_than_a_second_is_no_hit(tmp_path: Path) -> None:
    """The score itself can fail."""
    planted = plant(tmp_path / "segment.mp4", "no audio at all", seed=3)
    begin, end = round(planted.from_ms), round(planted.until_ms)
    assert found(planted, [Finding("no_audio", begin, end)])
    assert not found(planted, [Finding("no_audio", begin + 1001, end)])
    assert not found(planted, [Finding("silent", begin, end)])

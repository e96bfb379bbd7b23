"""The content check over 200 planted faults and 60 hours of ordinary calls.

Faults and 40 hours were drawn with the check in sight; its thresholds were chosen on other seeds. The other
20 hours, of other rooms, were drawn without.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from archives.media.content.check import Expected, check
from archives.media.content.findings import SILENT, Finding
from tests.support.media.call_kinds import KINDS
from tests.support.media.call_other_rooms import ROOMS, Clip, draw_rooms, long_rooms
from tests.support.media.content_score import false_findings, found
from tests.support.media.long_calls import draw_all, long_calls
from tests.support.media.planted_faults import Planted, faults, plant
from tests.support.media.planted_tiles import SEEMS, PlantedTile, plant_tile, seeming, shuffled

pytestmark = pytest.mark.media

FAULTS, SEED = 200, 50_000
HOURS, CLIP_S = 40, 400
# One in ten hours.
MAX_FALSE = 4
TILES, TILE_SEED, ALIKE = 120, 70_000, 8
# Frames between key frames, up to 4 s of them.
SPARSE_KEYS = 100
OTHER_HOURS, OTHER_CLIP_S, OTHER_MAX_FALSE = 20, 320, 2


def test_it_finds_what_is_planted_to_the_second(tmp_path: Path) -> None:
    missed: list[tuple[Planted, list[Finding]]] = []
    wrong: list[Finding] = []
    for number, fault in enumerate(faults(FAULTS)):
        planted = plant(tmp_path / "segment.mp4", fault, SEED + number)
        result = check(planted.path, Expected(size=planted.size, length_ms=planted.length_ms))
        missed += [] if found(planted, result) else [(planted, result)]
        wrong += false_findings(planted, result) if found(planted, result) else []
    assert len(missed) <= FAULTS // 100, missed
    assert len(wrong) <= 1, wrong


def test_it_finds_the_tile_that_is_dark_or_stands_still(tmp_path: Path) -> None:
    """A freeze where key frames are 10 s apart is not always found: noise between them is not coded."""
    missed: list[tuple[PlantedTile, list[Finding]]] = []
    for number, fault in enumerate(shuffled(TILES)):
        planted = plant_tile(tmp_path / "segment.mp4", fault, TILE_SEED + number)
        result = check(planted.path, Expected(published=planted.published))
        right = [each for each in result if not false_findings(planted, [each]) and planted.is_at(each)]
        missed += [] if result == right and right else [(planted, result)]
    assert sum(planted.gop <= SPARSE_KEYS for planted, _ in missed) <= TILES // 100, missed
    assert len(missed) <= TILES // 20, missed


def test_it_finds_no_tile_where_there_only_seems_to_be_one(tmp_path: Path) -> None:
    wrong = [
        (name, number, finding)
        for name in SEEMS
        for number in range(ALIKE)
        for finding in check(seeming(tmp_path / "segment.mp4", name, TILE_SEED + number))
    ]
    assert not wrong


def test_it_finds_next_to_nothing_in_ordinary_calls(tmp_path: Path) -> None:
    assert len(KINDS) >= 20
    assert len(KINDS) * CLIP_S >= 3 * 3600
    clips = draw_all(tmp_path, CLIP_S, SEED, (320, 240))
    wrong = [finding for path in long_calls(tmp_path, clips, HOURS, SEED) for finding in check(path)]
    assert len(wrong) <= MAX_FALSE, wrong


def test_it_finds_next_to_nothing_in_calls_of_other_rooms(tmp_path: Path) -> None:
    assert len(ROOMS) * OTHER_CLIP_S >= 1.5 * 3600
    clips = draw_rooms(tmp_path, OTHER_CLIP_S, SEED)
    found_there = [
        (call, finding)
        for call in long_rooms(tmp_path, clips, OTHER_HOURS, SEED)
        for finding in check(call.path, Expected(call.form.size, call.length_ms))
    ]
    wrong = [(call.form, finding) for call, finding in found_there if not _is_true(call, finding)]
    assert len(wrong) <= OTHER_MAX_FALSE, wrong


def _is_true(call: Clip, finding: Finding) -> bool:
    """Silence while the only microphone is muted is stated rightly: nothing was recorded then."""
    return finding.code == SILENT and call.is_silent(finding.from_ms, finding.until_ms)

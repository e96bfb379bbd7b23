"""However the bytes are moved, the file is the same; and what moves them wrongly is noticed."""

import errno
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from archives.media.export import ExportError, ExportPlan, PieceSpan, copying, export
from archives.media.export.layout import Stretches
from archives.media.export.sources import Sources
from tests.media.export.test_assemble import plan_of
from tests.support.media.segment_files import Recipe, make

pytestmark = pytest.mark.media

CREATED = datetime(2026, 3, 4, tzinfo=UTC)


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> ExportPlan:
    """Three pieces with sets of their own, so that key frames have something put in front."""
    folder = tmp_path_factory.mktemp("pieces")
    recipes = [Recipe(0, 100), Recipe(75, 200, options={"crf": "33"}), Recipe(175, 300, gop=60)]
    paths = [make(folder / f"{number}.mp4", recipe) for number, recipe in enumerate(recipes)]
    return plan_of(paths, recipes)


@pytest.fixture(scope="module")
def expected(plan: ExportPlan, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    target = tmp_path_factory.mktemp("expected") / "whole.mp4"
    export(plan, target)
    return target.read_bytes()


def in_the_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "LARGE", 1000)


def between_file_systems(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> int:
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))

    in_the_kernel(monkeypatch)
    monkeypatch.setattr(os, "copy_file_range", refuse)


def a_little_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = os.copy_file_range
    in_the_kernel(monkeypatch)
    monkeypatch.setattr(
        os, "copy_file_range", lambda source, target, size, at: whole(source, target, min(size, 700), at)
    )


def by_small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "BATCH", 20_000)


def packet_by_packet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "BATCH", 10)
    monkeypatch.setattr(copying, "SPREAD", 0)


def with_calls_that_write_half(monkeypatch: pytest.MonkeyPatch) -> None:
    def half(target: int, buffers: list[Any]) -> int:
        data = b"".join(buffers)
        return os.write(target, data[: len(data) // 2])

    monkeypatch.setattr(os, "writev", half)


def with_few_buffers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "MAX_BUFFERS", 3)


@pytest.mark.parametrize(
    "way",
    [
        in_the_kernel, between_file_systems, a_little_at_a_time, by_small_batches, packet_by_packet,
        with_calls_that_write_half, with_few_buffers,
    ],
)  # fmt: skip
def test_the_file_is_the_same_however_it_is_copied(
    plan: ExportPlan,
    expected: bytes,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    way: Callable[..., None],
) -> None:
    way(monkeypatch)
    report = export(plan, tmp_path / "whole.mp4")
    assert (tmp_path / "whole.mp4").read_bytes() == expected
    assert any("packets are what they were copied from" in words for words in report.checked)


def from_another_place(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Sources.read_into

    def late(self: Sources, number: int, offset: int, buffer: memoryview) -> None:
        whole(self, number, offset + 1 if number == 2 else offset, buffer)

    monkeypatch.setattr(Sources, "read_into", late)


def without_a_set(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = copying.layout._merged
    monkeypatch.setattr(
        copying.layout, "_merged", lambda rows, prefix, sets: whole(rows, np.minimum(prefix, 0), sets)
    )


def in_the_wrong_order(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = copying._Copy._read
    monkeypatch.setattr(copying._Copy, "_read", lambda *given: whole(*given)[::-1])


@pytest.mark.parametrize("fault", [from_another_place, without_a_set, in_the_wrong_order])
def test_a_fault_of_the_copy_is_noticed(
    plan: ExportPlan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Callable[..., None]
) -> None:
    """The pieces are whole, so it is not said that they are damaged."""
    fault(monkeypatch)
    with pytest.raises(ExportError, match="was not copied as it was"):
        export(plan, tmp_path / "whole.mp4")
    assert list(tmp_path.iterdir()) == []


def test_batches_are_of_one_source_and_large_stretches_are_alone() -> None:
    sizes = np.array([10, 10, copying.LARGE, 10, 10, 10, copying.BATCH // 2, 10])
    files = np.array([1, 1, 1, 1, 2, 2, 2, 2])
    zeros = np.zeros(len(sizes), np.int64)
    found = list(copying.batches(Stretches(files, zeros, sizes, zeros - 1, ())))
    assert found == [(0, 2), (2, 3), (3, 4), (4, 6), (6, 7), (7, 8)]


def test_a_source_that_becomes_shorter_ends_the_export(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make(tmp_path / "piece.mp4", Recipe(0, 100))
    lay_out = copying.copy_media

    def shortened(*given: Any) -> None:
        os.truncate(path, 5000)
        lay_out(*given)

    monkeypatch.setattr(copying, "copy_media", shortened)
    with pytest.raises(ExportError, match="became shorter"):
        export(ExportPlan("Run", CREATED, (PieceSpan(path, 0, 0, 4000),)), tmp_path / "exports" / "whole.mp4")
    assert list((tmp_path / "exports").iterdir()) == []

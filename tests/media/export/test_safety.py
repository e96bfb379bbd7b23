"""Whatever stops an export, the target is whole or untouched, and the next export is not in its way."""

import errno
import os
import signal
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from archives.media.export import (
    ExportCancelled,
    ExportError,
    ExportPlan,
    PieceSpan,
    boxes,
    copying,
    export,
    film,
    foreign,
    index,
    layout,
    writing,
)
from archives.media.export.check import Seams
from archives.media.export.film import Film
from archives.media.export.foreign import Pieces
from archives.media.export.index import read_piece
from archives.media.export.packets import Piece
from archives.media.export.sources import Sources
from archives.media.export.table import Column, Table
from tests.support.media.segment_files import Recipe, make, see

pytestmark = pytest.mark.media

ALONE = """
import sys, time
from datetime import UTC, datetime
from pathlib import Path
from archives.media.export import ExportPlan, PieceSpan, export

def crawl(share):
    if share > 0.3:
        print("half-way", flush=True)
        time.sleep(60)

piece, target = map(Path, sys.argv[1:])
export(ExportPlan("Run", datetime.now(UTC), (PieceSpan(piece, 0, 0, 4000),)), target, progress=crawl)
"""


@pytest.fixture
def piece(tmp_path: Path) -> Path:
    return make(tmp_path / "piece.mp4", Recipe(0, 100))


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "exports" / "whole.mp4"


def plan(piece: Path) -> ExportPlan:
    return ExportPlan("Run", datetime.now(UTC), (PieceSpan(piece, 0, 0, 4000),))


def left_beside(target: Path) -> list[str]:
    return sorted(path.name for path in target.parent.iterdir() if path != target)


def test_it_tells_progress_that_only_grows(piece: Path, target: Path) -> None:
    shares: list[float] = []
    export(plan(piece), target, progress=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert len(shares) >= 3


@pytest.mark.parametrize("asked_before", [0, 1, 2, 3, 4])
def test_it_leaves_nothing_when_cancelled(piece: Path, target: Path, asked_before: int) -> None:
    asked = iter([False] * asked_before)
    with pytest.raises(ExportCancelled):
        export(plan(piece), target, cancelled=lambda: next(asked, True))
    assert not target.parent.exists() or list(target.parent.iterdir()) == []


def test_it_keeps_the_former_export_when_the_new_one_is_cancelled(piece: Path, target: Path) -> None:
    export(plan(piece), target)
    former = target.read_bytes()
    asked = iter([False, False, False])
    with pytest.raises(ExportCancelled):
        export(plan(piece), target, cancelled=lambda: next(asked, True))
    assert target.read_bytes() == former
    assert left_beside(target) == []


def test_it_starts_again_cleanly_after_a_kill(piece: Path, target: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", ALONE, str(piece), str(target)], stdout=subprocess.PIPE, env=environment()
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"half-way\n"
    with pytest.raises(ExportError, match="being exported by another process"):
        export(plan(piece), target)
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    assert not target.exists()
    assert left_beside(target) == [".whole.mp4.part", ".whole.mp4.spool"]
    export(plan(piece), target)
    assert see(target).numbers == list(range(100))
    assert left_beside(target) == []


def environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[3])}


def test_it_says_how_much_room_it_needs_before_it_writes(
    piece: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nearly_full = type("Usage", (), {"free": 1000})()
    monkeypatch.setattr(writing.shutil, "disk_usage", lambda path: nearly_full)
    with pytest.raises(ExportError, match=r"needs \d+ MB, but only 0 MB are free"):
        export(plan(piece), target)
    assert list(target.parent.iterdir()) == []


@pytest.mark.parametrize(
    ("number", "message"),
    [(errno.ENOSPC, "is full. Make room and export again"), (errno.EIO, "could not be written")],
)
def test_it_says_what_went_wrong_with_the_disk(
    piece: Path, target: Path, monkeypatch: pytest.MonkeyPatch, number: int, message: str
) -> None:
    monkeypatch.setattr(copying, "copy_media", failing(OSError(number, os.strerror(number))))
    with pytest.raises(ExportError, match=message):
        export(plan(piece), target)
    assert list(target.parent.iterdir()) == []


def failing(error: Exception) -> Callable[..., None]:
    def fail(*_: object) -> None:
        raise error

    return fail


def test_it_says_which_piece_is_missing(tmp_path: Path, target: Path) -> None:
    with pytest.raises(ExportError, match=r"piece\.mp4 is missing. Fetch the piece again"):
        export(plan(tmp_path / "piece.mp4"), target)


def test_it_says_where_a_piece_is_damaged(piece: Path, target: Path, tmp_path: Path) -> None:
    """Damage inside the media, where no table tells."""
    damaged = make(tmp_path / "damaged.mp4", Recipe(100, 200))
    video = read_piece(damaged).video
    assert video is not None
    data = bytearray(damaged.read_bytes())
    for at, size in zip(video.offsets[:20].tolist(), video.sizes[:20].tolist(), strict=True):
        data[at + 4 : at + size] = bytes(size - 4)
    damaged.write_bytes(data)
    report = export(two(piece, damaged), target)
    assert report.notes == ["Around 4000 ms a piece is damaged; the export is no better than it."]
    assert report.frames == 200
    assert target.exists()


def test_it_does_not_keep_a_file_that_plays_worse_than_its_pieces(
    piece: Path, target: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Bytes are read from a little beside where they should be, from the second piece on."""
    second = make(tmp_path / "second.mp4", Recipe(100, 200))
    read = Sources.read_into
    monkeypatch.setattr(Sources, "read_into", lambda at, number, *to: read(at, min(1, number), *to))
    monkeypatch.setattr("archives.media.export.assemble.compare", lambda *_: 0)
    with pytest.raises(ExportError, match=r"does not play at \d+ ms, though its pieces do; it was not kept"):
        export(two(piece, second), target)
    assert list(target.parent.iterdir()) == []


def two(first: Path, second: Path) -> ExportPlan:
    return ExportPlan(
        "Run", datetime.now(UTC), (PieceSpan(first, 0, 0, 4000), PieceSpan(second, 4000, 0, 4000))
    )


def test_it_needs_little_memory_for_long_runs(tmp_path: Path) -> None:
    """Twenty times the media, over 50 MB, is not held in memory: under 20 MB more."""
    params = "keyint=50:bframes=0:nal-hrd=cbr:filler=1:bitrate=4000:vbv-maxrate=4000:vbv-bufsize=4000"
    recipe = Recipe(0, 150, sound=False, options={"crf": "-1", "b": "4000k", "x264-params": params})
    path = make(tmp_path / "piece.mp4", recipe)
    once, often = peak_mb(path, tmp_path / "once.mp4", 1), peak_mb(path, tmp_path / "often.mp4", 20)
    assert (tmp_path / "often.mp4").stat().st_size > 50e6
    assert often - once < 20


def test_it_needs_as_much_memory_for_many_packets_as_for_few(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sixteen times the packets: tables that are not on the disk would be seen."""
    monkeypatch.setattr("archives.media.export.table.BLOCK_ROWS", 1 << 10)
    monkeypatch.setattr("archives.media.export.layout.WINDOW_S", 20)
    monkeypatch.setattr("archives.media.export.check.MOST_PACKETS", 0)
    short = make(tmp_path / "short.mp4", Recipe(0, 100, size=(64, 48)))
    piece = tmp_path / "piece.mp4"
    export(after_each_other(short, 4000, 25), piece)
    few, many = (allocated(after_each_other(piece, 100_000, times), tmp_path) for times in (6, 96))
    assert many < 1.3 * few, (few, many)


def after_each_other(piece: Path, length_ms: int, times: int) -> ExportPlan:
    spans = tuple(PieceSpan(piece, at * length_ms, 0, length_ms) for at in range(times))
    return ExportPlan("Run", datetime.now(UTC), spans)


def allocated(plan: ExportPlan, folder: Path) -> int:
    """At the most, by Python and numpy."""
    tracemalloc.start()
    try:
        export(plan, folder / "film.mp4")
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def peak_mb(piece: Path, target: Path, times: int) -> float:
    code = f"""
import resource, sys
from datetime import UTC, datetime
from pathlib import Path
from archives.media.export import ExportPlan, PieceSpan, export
spans = tuple(PieceSpan(Path({str(piece)!r}), at * 6000, 0, 6000) for at in range({times}))
export(ExportPlan("Run", datetime.now(UTC), spans), Path({str(target)!r}))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(), capture_output=True, check=True, timeout=120
    )
    return float(done.stdout)


def test_a_long_film_is_read_by_its_own_tables_as_by_libavformat(piece: Path, target: Path) -> None:
    export(plan(piece), target)
    with closing(Film(target)) as film, closing(Seams(target)) as seams:
        assert film.length_ms() == pytest.approx(seams.length_ms(), abs=50)
        for begin_ms, end_ms in ((0, 1000), (1500, 2500), (3000, 4000)):
            assert film.decodes(begin_ms, end_ms)
            assert seams.decodes(begin_ms, end_ms)


def test_damage_is_seen_where_it_lies_by_a_films_own_tables(piece: Path, target: Path) -> None:
    export(plan(piece), target)
    video = read_piece(target).video
    at = int(video.ticks.searchsorted(2 * 90_000))
    with target.open("r+b") as file:
        for packet in range(at, at + 5):
            file.seek(int(video.offsets[packet]) + 8)
            file.write(b"\xff" * (int(video.sizes[packet]) - 8))
    with closing(Film(target)) as film:
        assert not film.decodes(1500, 2500)
        assert film.decodes(0, 1000)


def test_a_long_export_is_checked_by_its_own_tables(
    piece: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("archives.media.export.check.MOST_PACKETS", 10)
    monkeypatch.setattr("archives.media.export.check.Seams", None)
    report = export(plan(piece), target)
    assert "duration" in report.checked
    assert read_piece(target).video is not None


def test_what_is_kept_of_pieces_never_grows_beyond_two(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The older one goes before the new one is read: at no time are there the tables of three."""
    pieces = Pieces()
    held: list[int] = []
    monkeypatch.setattr(foreign, "read_any", lambda path: held.append(len(pieces.kept)) or Piece(None, None))
    for number in range(4):
        pieces(tmp_path / str(number), 0)
    assert held == [0, 1, 1, 1]
    first = pieces(tmp_path / "3", 0)
    assert pieces(tmp_path / "3", 0) is first
    assert pieces(tmp_path / "3", 1) is not first, "a file that has changed is read again"


def test_its_table_of_places_is_short_however_the_pieces_lie(piece: Path, target: Path) -> None:
    """Two seconds of a track lie together, where the piece has sound and picture by turns."""
    assert len(places(piece)[0]) > 20
    export(plan(piece), target)
    assert [len(of_track) for of_track in places(target)] == [2, 2, 1]


def places(path: Path) -> list[np.ndarray]:
    with path.open("rb") as file:
        contents, _ = index.moov(file, path.stat().st_size)
    traks = [body for kind, body in boxes.children(contents) if kind == b"trak"]
    return [index.chunks(index.need(trak, b"mdia", b"minf", b"stbl"))[0] for trak in traks]


def test_packets_of_uneven_length_are_found_by_a_packed_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(film, "UNFOLDED", 16)
    rng = np.random.default_rng(3)
    rows = np.zeros(100, index.RUN)
    rows["count"], rows["value"] = rng.integers(1, 4, 100), rng.integers(1, 5000, 100)
    lengths = np.repeat(rows["value"].astype(int), rows["count"].astype(int))
    begins = np.cumsum(lengths) - lengths
    column = Column(tmp_path, index.RUN)
    column.extend(rows)
    times = film.durations(column)
    assert [times.begin_of(packet) for packet in range(len(begins))] == begins.tolist()
    assert [times.step_at(int(ticks)) for ticks in begins] == list(range(len(begins)))
    assert [times.step_at(int(ticks)) for ticks in begins + lengths - 1] == list(range(len(begins)))
    assert times.end == int(lengths.sum())


def test_the_chunk_of_each_packet_is_found_by_a_packed_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(film, "UNFOLDED", 16)
    per_chunk = np.repeat(np.random.default_rng(4).permutation(np.arange(1, 101)), 3)
    media = layout.Media(Table(tmp_path), 90_000)
    for part in np.array_split(per_chunk, 7):
        media.add_chunks(np.zeros(len(part), np.int64), part)
    assert len(media.chunk_runs) == 100
    chunks = film.chunks(media.chunk_runs, len(media.chunk_offsets))
    first = np.cumsum(per_chunk) - per_chunk
    assert [chunks.step_at(int(packet)) for packet in first] == list(range(300))
    assert [chunks.step_at(int(packet)) for packet in first + per_chunk - 1] == list(range(300))
    assert [chunks.begin_of(chunk) for chunk in range(300)] == first.tolist()

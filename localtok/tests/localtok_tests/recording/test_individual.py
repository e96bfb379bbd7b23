"""Individual archives without a network: when they begin."""

from pathlib import Path

from localtok.recording.individual import IndividualRecorder, Piece
from localtok.recording.settings import RecordedStream, RecorderSettings


async def test_it_begins_when_the_first_frame_was_taken_by_a_clock_that_has_settled(tmp_path: Path) -> None:
    recorder = IndividualRecorder(tmp_path / "a.zip", RecorderSettings())
    await recorder.start()
    taken_s = {"ann": 100.05, "ben": 100.02}
    pieces = [
        Piece(
            RecordedStream(name, name, has_audio=True, has_video=True), tmp_path / f"{name}.webm", {"video"}
        )
        for name in taken_s
    ]
    for piece in pieces:
        recorder._pieces[piece.stream.stream_id] = piece
        recorder._take(piece, "video", lambda name=piece.stream.stream_id: taken_s[name], b"no key frame")
    assert recorder._began_s == 100.05
    # The first packets of a connection come late, which its clock finds out a little later.
    taken_s["ann"] = 100.0
    await recorder._write(pieces[1], float("inf"))
    await recorder._write(pieces[0], float("inf"))
    assert recorder._began_s == 100.0
    await recorder.stop()

from pathlib import Path
from threading import Event, Thread

from localtok.recording.compose.composition import Composition
from localtok.recording.settings import RecorderSettings
from localtok.recording.write.encoder import EncodeThread

PATIENCE_S = 5.0


def test_it_sees_a_finish_that_comes_while_it_is_busy(tmp_path: Path) -> None:
    thread = EncodeThread(tmp_path / "busy.mp4", RecorderSettings(), 0.0, lambda error: None)
    thread.start()
    is_busy, may_go_on = Event(), Event()

    def keep_busy(_composition: Composition) -> None:
        is_busy.set()
        may_go_on.wait(PATIENCE_S)

    thread.post(keep_busy)
    assert is_busy.wait(PATIENCE_S)
    finisher = Thread(target=thread.finish, args=(0.0,), daemon=True)
    finisher.start()
    while thread._inbox.empty():
        finisher.join(0.01)
    may_go_on.set()
    finisher.join(PATIENCE_S)
    assert not finisher.is_alive()

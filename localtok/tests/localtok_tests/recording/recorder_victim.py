"""Records a counted stream until it is killed; says on stdout how much is written."""

import sys
import time
from pathlib import Path

from localtok.recording.settings import RecorderSettings
from localtok.recording.write.encoder import EncodeThread
from localtok_tests.recording.test_recorder_composition import START, Person


def main(path: Path) -> None:
    thread = EncodeThread(path, RecorderSettings(640, 360), 0.0, lambda error: sys.exit(str(error)))
    thread.start()
    thread.post(lambda composition: _say(composition, thread))
    time.sleep(60)


def _say(composition, thread: EncodeThread) -> None:
    person = Person(composition, 1).connect()
    person.send(0, 20)
    person.speak(0, 10)
    thread.write_until(START + 10)
    composition_step = composition.step

    def step(until: float) -> bool:
        more = composition_step(until)
        print(composition.ticks, flush=True)
        return more

    composition.step = step


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""Run by the Python that has `audio-offset-finder`: answers one JSON line for each line with two paths."""

import json
import resource
import sys

from audio_offset_finder.audio_offset_finder import find_offset_between_files


def _processor_s() -> float:
    """Of this process and of the programs it ran: comparable however busy the machine is."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


for line in sys.stdin:
    within, find = json.loads(line)
    begin = _processor_s()
    try:
        found = find_offset_between_files(within, find, trim=60 * 15)
        answer = {"offset_ms": found["time_offset"] * 1000, "score": found["standard_score"]}
    except Exception as error:  # Whatever it cannot do is its answer.
        answer = {"offset_ms": None, "score": 0.0, "error": repr(error)}
    answer = {
        name: float(value) if name in ("offset_ms", "score") and value is not None else value
        for name, value in answer.items()
    }
    print(json.dumps(answer | {"seconds": _processor_s() - begin}), flush=True)

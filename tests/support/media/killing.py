"""Ends an attempt at a job at a chosen point of its work: after so many calls within `archives.media`."""

from __future__ import annotations

import contextlib
import inspect
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from archives.media import jobs

WITHIN = "archives.media."


class Killed(BaseException):
    """As SIGKILL for an attempt within this process: nothing is written any more."""


class Kill:
    """Calls `end` in the call number `at` of the work on a job; counts the calls in `calls` either way."""

    def __init__(self, at: int, end: Callable[[], None]) -> None:
        self.at, self.end, self.calls = at, end, 0

    def install(self, patch: Callable[[Any, str, Any], None] = setattr) -> Kill:
        attempt = jobs._attempt

        def watched(*given: Any) -> str:
            sys.setprofile(self._called)
            try:
                return attempt(*given)
            finally:
                sys.setprofile(None)

        patch(jobs, "_attempt", watched)
        return self

    def _called(self, frame: FrameType, event: str, _: object) -> None:
        if event != "call" or not frame.f_globals.get("__name__", "").startswith(WITHIN):
            return
        # Python swallows what is raised in a generator that is being removed.
        if frame.f_code.co_flags & inspect.CO_GENERATOR:
            return
        self.calls += 1
        if self.calls == self.at:
            sys.setprofile(None)
            self.end()


def kill_here() -> None:
    raise Killed


def calls_of(work: Callable[[], None], at: int = 0) -> int:
    """How many calls an attempt makes until it is done, or is killed in call `at`."""
    with pytest.MonkeyPatch.context() as patch:
        kill = Kill(at, kill_here).install(patch.setattr)
        with contextlib.suppress(Killed):
            work()
    return kill.calls


def points(calls: int, times: int) -> list[int]:
    """Points spread over the calls of an attempt, from the first to nearly the last."""
    return [max(1, round(calls * (number + 0.5) / times)) for number in range(times)]

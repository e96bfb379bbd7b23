"""Keeps the process small although every recording brings threads of its own."""

import ctypes
import logging

log = logging.getLogger(__name__)

M_ARENA_MAX = -8  # from glibc's malloc.h
ARENAS = 2


def share_arenas() -> None:
    """Let all threads allocate from few arenas.

    glibc gives new threads arenas of their own, up to eight a core. Decoders and encoders live as long as one
    recording and leave theirs behind full of holes, so that a process would grow with every recording.
    """
    _call("mallopt", M_ARENA_MAX, ARENAS)


def give_back() -> None:
    """Return what is free to the system; some milliseconds, so not for the event loop."""
    _call("malloc_trim", 0)


def _call(function: str, *arguments: int) -> None:
    try:
        getattr(ctypes.CDLL(None), function)(*arguments)
    except (AttributeError, OSError):
        log.debug("the C library has no %s; memory is kept as it pleases", function)

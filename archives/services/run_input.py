"""What a caller may say of a run: its name, and the age at which it restarts."""

from __future__ import annotations

from archives import errors
from archives.models import NAME_MAX, RESTART_AFTER_MAX, RESTART_AFTER_MIN
from archives.models.names import UnusableName, clean


def clean_name(name: object) -> str:
    """The name as it is stored. Raises InvalidName."""
    if not isinstance(name, str) or not name.strip():
        raise errors.InvalidName("Give the recording a name.", detail={"field": "name"})
    try:
        return clean(name, longest=NAME_MAX)
    except UnusableName as error:
        raise errors.InvalidName(f"The name {error}.", detail={"field": "name"}) from None


def clean_restart_after(seconds: object) -> int | None:
    if seconds is None:
        return None
    whole = isinstance(seconds, int) and not isinstance(seconds, bool)
    if not whole or not RESTART_AFTER_MIN <= seconds <= RESTART_AFTER_MAX:  # type: ignore[operator]
        raise errors.InvalidInput(
            f"Give the seconds of recording before a restart, {RESTART_AFTER_MIN} to {RESTART_AFTER_MAX}.",
            detail={"field": "restart_after_s"},
        )
    return seconds  # type: ignore[return-value]

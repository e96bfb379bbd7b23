"""The product's one clock, so that tests can own time."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

_source: Callable[[], datetime] | None = None


def now() -> datetime:
    return _source() if _source else datetime.now(UTC)


def use(source: Callable[[], datetime] | None) -> None:
    """Take the time from `source`; None gives the system's clock back."""
    global _source
    _source = source


def after(seconds: float) -> datetime:
    return now() + timedelta(seconds=seconds)


def from_ms(unix_ms: int) -> datetime:
    return datetime.fromtimestamp(unix_ms / 1000, UTC)


def to_ms(instant: datetime) -> int:
    return round(instant.timestamp() * 1000)


def steady() -> float:
    """Seconds that never jump, for measuring time-outs of calls."""
    return time.monotonic()

"""Counts that all processes share, in Redis; while that is away nothing is counted, and nobody is refused."""

from __future__ import annotations

import logging
from typing import Any

from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

log = logging.getLogger(__name__)


class SharedCounts(RedisCache):
    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        try:
            return super().get(key, default, version)
        except RedisError as error:
            log.warning("Redis does not answer, so calls are not counted: %s", error)
            return default

    def set(self, key: Any, value: Any, *rest: Any, **more: Any) -> None:
        try:
            super().set(key, value, *rest, **more)
        except RedisError as error:
            log.warning("Redis does not answer, so a call was not counted: %s", error)

"""Work that waits behind no other work, and that nothing else waits for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")


async def apart(work: Callable[..., Result], *arguments: object) -> Result:
    """Run `work` in a thread of its own.

    `asyncio.to_thread` has few threads: while long work holds them, the short work of others waits.
    """
    executor = ThreadPoolExecutor(1, thread_name_prefix="apart")
    try:
        return await asyncio.get_running_loop().run_in_executor(executor, work, *arguments)
    finally:
        executor.shutdown(wait=False)

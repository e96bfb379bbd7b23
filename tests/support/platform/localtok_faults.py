"""Faults ordered from localtok, and processes killed while it has one of their calls."""

import signal
from typing import Any

import requests

from tests.support.servers.processes import Product, wait_for

LATE_MS = 1500


def order(product: Product, *faults: dict[str, Any]) -> None:
    answer = requests.post(_url(product), json={"faults": list(faults)}, timeout=10)
    answer.raise_for_status()


def struck(product: Product) -> int:
    """How often the fault that was ordered last has struck."""
    rules = requests.get(_url(product), timeout=10).json()["rules"]
    return int(rules[-1]["struck"])


def clear(product: Product) -> None:
    requests.delete(_url(product), timeout=10).raise_for_status()


def make_late(product: Product, call: str, after: int = 0) -> None:
    """The platform takes its time for one such call, that after the next `after` ones, and then does it."""
    passed = [{"call": call, "latency_ms": 1, "next": after}] if after else []
    order(product, *passed, {"call": call, "latency_ms": LATE_MS})


def kill_worker_in_the_call(product: Product) -> None:
    """SIGKILL while the late call is under way: it is carried out, and nobody hears of it. Another starts."""
    wait_for(lambda: struck(product), "the worker makes the call", 60)
    worker = product.parts["worker"]
    worker.process.kill()
    worker.process.wait(10)
    worker.start()
    clear(product)


def restart_web(product: Product) -> None:
    web = product.parts["web"]
    web.stop(by=signal.SIGKILL)
    web.start()
    wait_for(product.is_healthy, "the web process is back", 40)


def _url(product: Product) -> str:
    return f"{product.localtok_url}/_localtok/faults"

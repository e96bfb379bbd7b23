"""One contract for every platform: each test here runs on the fake, on localtok, and on the vendor if asked.

The vendor is asked when CONTRACT_API_KEY and CONTRACT_API_SECRET are set (OpenTok credentials of a project of
its own: the tests leave sessions and deleted archives behind). CONTRACT_API_URL and CONTRACT_SCRIPT_URL say
where, if not at OpenTok. What is expected there is written from the vendor's documentation.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from localtok.testing import RunningLocaltok
from tests.contract.platforms import Bench, FakeBench, LocaltokBench, VendorBench, Wire

VENDOR_URL = "https://api.opentok.com"
VENDOR_SCRIPT = "https://static.opentok.com/v2/js/opentok.min.js"
CAMERA = ["--no-sandbox", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
# The vendor finishes files when it gets to it; here a minute would only keep a failure waiting.
DEADLINE_S = 20.0
VENDOR_DEADLINE_S = 180.0


def vendor_asked() -> bool:
    return bool(os.environ.get("CONTRACT_API_KEY") and os.environ.get("CONTRACT_API_SECRET"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "bench" in metafunc.fixturenames:
        known = ["fake", "localtok", *(["vendor"] if vendor_asked() else [])]
        metafunc.parametrize("bench", known, indirect=True)


@pytest.fixture(scope="session")
def localtok_bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocaltokBench]:
    running = RunningLocaltok(tmp_path_factory.mktemp("contract"))
    bench = LocaltokBench(running)
    yield bench
    bench.close()
    running.stop()


@pytest.fixture(scope="module")
def vendor_bench() -> Iterator[VendorBench]:
    from playwright.sync_api import sync_playwright

    from tests.support.browser.participants import chromium_path

    path = chromium_path()
    if path is None:
        pytest.skip("no Chromium on this machine: nobody can enter the vendor's sessions")
    url = os.environ.get("CONTRACT_API_URL") or VENDOR_URL
    wire = Wire(url, os.environ["CONTRACT_API_KEY"], os.environ["CONTRACT_API_SECRET"])
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(path), args=CAMERA)
        bench = VendorBench(wire, os.environ.get("CONTRACT_SCRIPT_URL") or VENDOR_SCRIPT, browser)
        yield bench
        bench.close()
        browser.close()


@pytest.fixture
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    if request.param == "fake":
        yield FakeBench()
        return
    served: Bench = request.getfixturevalue(f"{request.param}_bench")
    yield served
    served.clear()


@pytest.fixture
def rest(bench: Bench, request: pytest.FixtureRequest) -> Wire:
    """REST calls beyond the gateway's: the fake has none, because the product does not make them."""
    if isinstance(bench, FakeBench):
        marker = request.node.get_closest_marker("beyond")
        assert marker, "say with @pytest.mark.beyond what the product does not use here"
        pytest.skip(f"not in the fake, for the product does not use it: {marker.args[0]}")
    wire: Wire = bench.wire  # type: ignore[attr-defined]
    return wire


def eventually(look: Callable[[], Any]) -> Any:
    """Looks until something true is seen, and returns that; fails with what was seen last."""
    deadline_s = VENDOR_DEADLINE_S if vendor_asked() else DEADLINE_S
    until = time.monotonic() + deadline_s
    while not (seen := look()):
        assert time.monotonic() < until, f"not within {deadline_s:.0f} s: {seen!r} is all there is"
        time.sleep(0.05)
    return seen


def with_status(bench: Bench, archive_id: str, *wanted: str) -> dict[str, Any]:
    """The archive, once it has one of these statuses."""

    def look() -> dict[str, Any] | None:
        archive = bench.api.archive_get(archive_id)
        return archive if archive["status"] in wanted else None

    found: dict[str, Any] = eventually(look)
    return found

"""One running product per module, and participants with browsers of their own."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, sync_playwright

from tests.support.browser.participants import Participant, chromium_path, participant
from tests.support.servers.processes import Product

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    ours = [item for item in items if HERE in item.path.parents]
    for item in ours:
        item.add_marker(pytest.mark.e2e)
        if chromium_path() is None:
            item.add_marker(pytest.mark.skip(reason="no Chromium on this machine"))


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Product]:
    scratch = tmp_path_factory.mktemp("product")
    product = Product(scratch, **getattr(request, "param", {}))
    failed_before = request.session.testsfailed
    try:
        product.start()
        yield product
    finally:
        product.stop()
        if request.session.testsfailed > failed_before:
            print(f"\nEverything of the failed product is kept in {scratch}\n{product.logs()}")
        else:
            shutil.rmtree(scratch, ignore_errors=True)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="module")
def people(
    chromium: Playwright, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Participant]]:
    """Opens a browser for a person: `people("Ann", 1)`, further arguments of Chromium after it.

    The people's consoles are printed when a test failed.
    """
    scratch, notes = tmp_path_factory.mktemp("people"), list[str]()
    failed_before = request.session.testsfailed
    with ExitStack() as browsers:
        yield lambda name, identity, *more: browsers.enter_context(
            participant(chromium, scratch, name, identity, notes, more=more)
        )
        failed = request.session.testsfailed > failed_before
        if failed:
            print("\n--- the pages' consoles ---", *notes[-200:], sep="\n")
    if not failed:
        shutil.rmtree(scratch, ignore_errors=True)


@pytest.fixture(scope="module")
def pair(product: Product, people: Callable[[str, int], Participant]) -> list[Participant]:
    """Ann and Ben, who have joined the default room."""
    pair = [people("Ann", 1), people("Ben", 2)]
    for person in pair:
        person.join(product.url)
    return pair


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """A failed test leaves a picture of each page as it stood then."""
    report = yield
    if report.when == "call" and report.failed:
        for person in Participant.present:
            report.sections.append(("what was to be seen", person.show()))
    return report

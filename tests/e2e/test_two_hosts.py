"""Two hosts of one room press the same buttons at the same time: one thing happens, and both see it."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser.participants import Participant
from tests.support.servers.processes import Product, wait_for

SOON_MS = 40_000
TOLD = ("#run-status", "#live-name", "#pieces-count", "#ended-name")
# The click itself, and not the browser's scrolling and waiting before it, so that both fall together.
PRESS = "wanted => document.querySelector(wanted).click()"


@pytest.fixture(scope="module")
def hosts(product: Product, people: Callable[..., Participant]) -> list[Page]:
    """Hanna is in the call, Henry has only the page open."""
    hanna, henry = people("Hanna", 1), people("Henry", 2)
    for host in (hanna, henry):
        host.page.set_viewport_size({"width": 1280, "height": 800})
        host.sign_in(product.url)
    hanna.page.goto(f"{product.url}/host/?name=Hanna")
    hanna.wait_until_publishing("primary")
    return [hanna.page, henry.page]


def press(pages: list[Page], selector: str) -> None:
    for page in pages:
        expect(page.locator(selector)).to_be_enabled(timeout=SOON_MS)
    for page in pages:
        page.evaluate(PRESS, selector)


def on_both(pages: list[Page], status: str) -> None:
    """Both panels come to it, and then say the same."""
    for page in pages:
        expect(page.locator("#run-status")).to_have_attribute("data-status", status, timeout=SOON_MS)
    wait_for(lambda: told(pages[0]) == told(pages[1]), f"both say the same of what is {status}", 20)


def told(page: Page) -> list[str]:
    return [page.locator(part).text_content() or "" for part in TOLD]


def runs(product: Product) -> list[dict[str, object]]:
    return list(product.http.get("/api/runs/").json()["results"])


def test_both_start_and_one_recording_begins(product: Product, hosts: list[Page]) -> None:
    for page, name in zip(hosts, ("Named by Hanna", "Named by Henry"), strict=True):
        page.fill("#run-name", name)
    press(hosts, "#start")
    on_both(hosts, "recording")
    (run,) = runs(product)
    refused = [page for page in hosts if page.locator("#panel-error").is_visible()]
    assert len(refused) == 1, "who came second is told"
    assert "already" in (refused[0].locator("#panel-error").text_content() or "")
    assert all(page.locator("#live-name").text_content() == run["name"] for page in hosts)


def test_both_restart_and_one_change_over_runs(product: Product, hosts: list[Page]) -> None:
    press(hosts, "#restart")
    for page in hosts:
        expect(page.locator("#pieces li")).to_have_count(3, timeout=SOON_MS)
    on_both(hosts, "recording")
    (run,) = runs(product)
    assert len(product.http.get(f"/api/runs/{run['id']}/").json()["segments"]) == 3


def test_both_stop_while_a_change_over_runs_and_it_ends_once(product: Product, hosts: list[Page]) -> None:
    press(hosts[:1], "#restart")
    press(hosts, "#stop")
    press(hosts, "#stop-confirm")
    on_both(hosts, "complete")
    (run,) = runs(product)
    assert run["status"] == "complete"
    for page in hosts:
        assert not page.locator("#panel-error").is_visible(), page.locator("#panel-error").text_content()
        expect(page.locator("#start")).to_be_enabled()


def test_a_start_may_say_when_it_is_to_restart(product: Product, hosts: list[Page]) -> None:
    page = hosts[1]
    page.fill("#run-name", "With minutes of its own")
    page.click(".more summary")
    for wrong in ("often", "0.1", "100000", "-5"):
        page.fill("#restart-after", wrong)
        press([page], "#start")
        expect(page.locator("#panel-error")).to_contain_text("Give the minutes until a restart")
        expect(page.locator("#restart-after")).to_be_focused()
    page.fill("#restart-after", "7.5")
    press([page], "#start")
    on_both(hosts, "recording")
    live = product.http.get(f"/api/runs/{runs(product)[0]['id']}/").json()
    assert (live["name"], live["restart_after_s"]) == ("With minutes of its own", 450)
    press([page], "#stop")
    press([page], "#stop-confirm")

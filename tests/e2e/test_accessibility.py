"""Every page is open to everybody: axe-core finds nothing, and a host needs no mouse."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.support.browser import axe
from tests.support.browser.participants import Participant
from tests.support.servers.processes import OPERATOR, PASSWORD, Product, wait_for

MOST_TABS = 80
OPEN_TO_ALL = [
    "/",
    "/accounts/login/",
    "/rooms/closed/",
    "/player/?share=half-a-link",
    "/admin/login/",
]
FOR_HOSTS = [
    "/host/",
    "/host/rooms/",
    "/player/",
    "/player/?name=Nothing%20of%20this%20name",
    "/player/?trash=true",
    "/accounts/password_change/",
    "/accounts/password_change/done/",
    "/admin/",
    "/admin/archives/room/",
    "/admin/archives/archiverun/",
    "/admin/archives/callback/",
    "/admin/archives/alarm/",
    "/admin/archives/subscriber/",
    "/admin/archives/subscriber/add/",
    "/admin/archives/delivery/",
    "/admin/archives/event/",
    "/admin/archives/room/1/change/",
    "/admin/overview/",
]
pytestmark = pytest.mark.parametrize("product", [{"ROOM_ACCESS": "open"}], indirect=True, scope="module")


@pytest.fixture(scope="module")
def script() -> str:
    return axe.script()


@pytest.fixture(scope="module")
def closed_room(product: Product) -> None:
    product.manage("create_room", "closed", "--access", "invite")


@pytest.fixture(scope="module")
def host(people: Callable[[str, int], Participant]) -> Participant:
    hanna = people("Hanna", 1)
    hanna.page.set_viewport_size({"width": 1280, "height": 800})
    return hanna


def on(page: Page, selector: str) -> bool:
    return bool(page.evaluate("wanted => document.activeElement?.matches(wanted) ?? false", selector))


def tab_to(page: Page, selector: str) -> None:
    """Goes on by the Tab key alone until that element has the focus, which has to be visible there."""
    for _ in range(MOST_TABS):
        if on(page, selector):
            outline = page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none", f"{selector} has the focus, and nothing shows it"
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the Tab key does not lead to {selector}")


def press_on(page: Page, selector: str) -> None:
    tab_to(page, selector)
    page.keyboard.press("Enter")


def type_into(page: Page, selector: str, text: str) -> None:
    tab_to(page, selector)
    page.keyboard.press("Control+a")
    page.keyboard.type(text)


def status(page: Page) -> str:
    return page.locator("#run-status").get_attribute("data-status") or ""


def test_a_host_signs_in_joins_records_restarts_and_stops_by_keyboard_alone(
    product: Product, host: Participant
) -> None:
    page = host.page
    page.goto(f"{product.url}/host/")
    type_into(page, "input[name=username]", OPERATOR)
    type_into(page, "input[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("#join:not([disabled])")
    type_into(page, "#name", "Hanna")
    press_on(page, "#join")
    host.wait_until_publishing("primary")
    type_into(page, "#run-name", "By keyboard")
    page.keyboard.press("Enter")
    wait_for(lambda: status(page) == "recording", "the panel says that it records", 40)
    press_on(page, "#restart")
    wait_for(lambda: page.locator("#pieces li").count() == 3, "the restart left three pieces", 60)
    wait_for(lambda: page.locator("#stop").is_enabled(), "the recording can be stopped", 40)
    press_on(page, "#stop")
    page.wait_for_selector("#stop-dialog[open]")
    press_on(page, "#stop-confirm")
    wait_for(lambda: page.locator("#ended").is_visible(), "the panel says that it ended", 60)


def test_axe_finds_nothing_in_the_call(product: Product, host: Participant, script: str) -> None:
    assert axe.violations(host.page, script) == []


@pytest.mark.parametrize("path", FOR_HOSTS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_pages_of_a_host(
    product: Product, host: Participant, script: str, path: str, scheme: str
) -> None:
    host.page.emulate_media(color_scheme=scheme)
    host.page.goto(product.url + path)
    host.page.wait_for_load_state("networkidle")
    assert axe.violations(host.page, script) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_a_recordings_page_in_the_console(
    product: Product, host: Participant, script: str, scheme: str
) -> None:
    (run,) = product.http.get("/api/runs/").json()["results"]
    host.page.emulate_media(color_scheme=scheme)
    host.page.goto(f"{product.url}/admin/archives/archiverun/{run['id']}/change/")
    host.page.wait_for_load_state("networkidle")
    assert axe.violations(host.page, script) == []


def test_axe_finds_nothing_in_the_player(product: Product, host: Participant, script: str) -> None:
    host.page.goto(f"{product.url}/player/?name=By%20keyboard")
    wait_for(lambda: host.page.locator("#player").is_visible(), "the player shows the recording", 60)
    host.page.click("#seam-report summary")
    host.page.wait_for_selector("#seams li")
    assert axe.violations(host.page, script) == []


@pytest.mark.parametrize("path", OPEN_TO_ALL)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_pages_of_everybody(
    product: Product, closed_room: None, host: Participant, script: str, path: str, scheme: str
) -> None:
    host.context.clear_cookies()
    host.page.emulate_media(color_scheme=scheme)
    host.page.goto(product.url + path)
    assert axe.violations(host.page, script) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_around_the_documentation_of_the_api(
    product: Product, host: Participant, script: str, scheme: str
) -> None:
    """Within it is Swagger UI's own, which has headings and colours that axe does not like."""
    host.page.emulate_media(color_scheme=scheme)
    host.page.goto(f"{product.url}/api/docs/")
    host.page.wait_for_selector(".opblock")
    assert axe.violations(host.page, script, but="#swagger-ui") == []

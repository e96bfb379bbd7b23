"""The predecessor's own pages, unmodified: with its own server against localtok, and with the legacy API."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page

from tests.e2e.predecessor.sites import Site, legacy_api, own_server
from tests.support.browser.participants import Participant
from tests.support.browser.recorded_run import fetch, published
from tests.support.media.recorded_frames import read_file
from tests.support.servers.processes import wait_for

People = Callable[[str, int], Participant]
NAME = "Hearing of 9 May"
# Of ten a second and an archive of some seconds; a picture that stood still would show one.
MIN_NUMBERS = 10
# Notes at each end [address, width of the picture, seconds left]. Faster, so that the test is shorter.
ENDS = """video => {
  window.ends = [];
  video.defaultPlaybackRate = 3;
  video.addEventListener('ended', () => {
    window.ends.push([video.currentSrc, video.videoWidth, video.duration - video.currentTime]);
  });
}"""


@dataclass
class Recorded:
    """A call that was recorded with one restart.

    `before` and `during` it so many published in session 2; `videos` is what each page had after it.
    """

    site: Site
    archives: list[dict[str, Any]]
    before: int
    during: int
    videos: list[list[int]]


@pytest.fixture(scope="module", params=[own_server, legacy_api], ids=["own server", "legacy API"])
def recorded(
    request: pytest.FixtureRequest, people: People, trio: list[Participant], tmp_path_factory: Any
) -> Iterator[Recorded]:
    site_of: Callable[[Path], AbstractContextManager[Site]] = request.param
    scratch = tmp_path_factory.mktemp("predecessor")
    with site_of(scratch) as site:
        recorded = record(site, trio)
        for person in trio:
            person.page.goto("about:blank")
        yield recorded
    shutil.rmtree(scratch, ignore_errors=True)


@pytest.fixture(scope="module")
def trio(people: People) -> list[Participant]:
    """Two participants and the admin."""
    return [people("Ann", 1), people("Ben", 2), people("Admin", 3)]


def record(site: Site, trio: list[Participant]) -> Recorded:
    *participants, admin = trio
    for person in participants:
        person.page.goto(f"{site.url}/")
    if site.needs_sign_in:
        admin.sign_in(site.url)
    admin.page.goto(f"{site.url}/admin.html")
    for person in trio:
        wait_for(lambda person=person: videos(person) == [1, 2, 0], f"{person.name} sees both others", 40)
    admin.page.fill("#name", NAME)
    admin.page.click("#start")
    until_status(admin, "started")
    admin.count_on(10)
    before = publishers(site)["secondary"]
    during = restart(site, admin)
    admin.count_on(10)
    wait_for(lambda: publishers(site) == {"primary": 3, "secondary": 0}, "everyone is in session 1 alone")
    seen = [videos(person) for person in trio]
    admin.page.click("#stop")
    until_status(admin, "stopped", "available", "uploaded")
    return Recorded(site, whole_archives(site), before, during, seen)


def videos(person: Participant) -> list[int]:
    """How many videos the page has: its own, of others, and of its own out of sight."""
    return [person.page.locator(f"#{place} video").count() for place in ("me", "others", "unseen")]


def publishers(site: Site) -> dict[str, int]:
    return {side: len(streams) for side, streams in published(site).items()}


def status(admin: Participant) -> str:
    return admin.page.locator("#status").inner_text()


def until_status(admin: Participant, *expected: str) -> None:
    def reached() -> bool:
        now = status(admin)
        assert now in ("working", *expected)
        return now in expected

    wait_for(reached, f"the admin's page shows {expected}", 40)


def restart(site: Site, admin: Participant) -> int:
    """Returns how many published in session 2 at once while the restart was under way."""
    counts = []

    def is_over() -> bool:
        counts.append(publishers(site)["secondary"])
        return status(admin) != "working"

    admin.page.click("#restart")
    wait_for(is_over, "the restart is answered", 60)
    until_status(admin, "started")
    return max(counts)


def listed(site: Site) -> list[dict[str, Any]]:
    answer = site.http.get(f"/archives?name={NAME}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def whole_archives(site: Site) -> list[dict[str, Any]]:
    wait_for(lambda: all(archive["url"] for archive in listed(site)), "every archive has its file", 60)
    return listed(site)


def test_the_sessions_are_archived_in_turn(recorded: Recorded) -> None:
    site = recorded.site
    sessions = site.http.get("/sessionIds").json()
    order = [sessions["primary"], sessions["secondary"], sessions["primary"]]
    assert [archive["sessionId"] for archive in recorded.archives] == order
    for session_id in sessions.values():
        ours = {archive["id"] for archive in recorded.archives if archive["sessionId"] == session_id}
        assert {archive.id for archive in site.platform.list_archives(session_id=session_id).items} == ours


def test_every_archive_shows_everyone(recorded: Recorded, trio: list[Participant], tmp_path: Path) -> None:
    for number, archive in enumerate(recorded.archives):
        reading = read_file(fetch(recorded.site.http, archive["url"], tmp_path / f"{number}.mp4"))
        seen = {person.name: len(reading.numbers(person.identity)) for person in trio}
        print(f"{reading.path.name}: {reading.duration_ms} ms, {seen}")
        assert min(seen.values()) >= MIN_NUMBERS, seen


def test_everyone_publishes_in_session_2_for_the_restart_alone(recorded: Recorded) -> None:
    assert (recorded.before, recorded.during) == (0, 3)
    # What was published unseen is gone from the pages too, and nobody has subscribed to it.
    assert recorded.videos == [[1, 2, 0]] * 3


def test_the_player_plays_the_archives_back_to_back(recorded: Recorded, trio: list[Participant]) -> None:
    page = trio[-1].page
    page.goto(f"{recorded.site.url}/player.html")
    page.locator("#video").evaluate(ENDS)
    page.fill("#name", NAME)
    page.click("#choice button")
    ends = wait_for(lambda: all_ends(page, len(recorded.archives)), "all archives were played to the end", 90)
    assert [urlsplit(url).path for url, _, _ in ends] == [urlsplit(a["url"]).path for a in recorded.archives]
    assert [width for _, width, _ in ends] == [1280] * len(ends)
    assert max(left_s for _, _, left_s in ends) < 0.1


def all_ends(page: Page, expected: int) -> list[list[Any]] | None:
    ends = page.evaluate("window.ends")
    return ends if len(ends) == expected else None

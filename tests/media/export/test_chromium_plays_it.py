"""A browser plays the exports: what it shows at an instant is what was recorded then."""

import base64
import http.server
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, sync_playwright

from archives.media.export import ExportReport
from tests.media.export.test_assemble import b_frames, exported
from tests.support.media import counted_video
from tests.support.media.segment_files import Recipe

pytestmark = [pytest.mark.media, pytest.mark.e2e]

LOAD = """src => new Promise((resolve, reject) => {
  window.video = document.createElement('video');
  video.muted = true;
  video.onloadeddata = () => resolve(video.duration);
  video.onerror = () => reject(new Error(video.error.message));
  document.body.append(video);
  video.src = src;
})"""
SEEK = """at => new Promise((resolve, reject) => {
  video.onerror = () => reject(new Error(video.error.message));
  video.onseeked = () => {
    const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
    const context = canvas.getContext('2d');
    context.drawImage(video, 0, 0);
    const pixels = context.getImageData(0, 0, canvas.width, canvas.height).data;
    resolve([...pixels.filter((_, at) => at % 4 == 1)]);
  };
  video.currentTime = at;
})"""
PLAY = """() => new Promise((resolve, reject) => {
  video.onerror = () => reject(new Error(video.error.message));
  video.onended = () => resolve(video.currentTime);
  video.currentTime = 0;
  video.playbackRate = 4;
  video.play();
})"""


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=str(tmp_path))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    (tmp_path / "index.html").write_text("<!doctype html><title>export</title>")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page()
        page.set_default_timeout(30_000)
        page.goto(f"http://127.0.0.1:{server.server_port}/")
        yield page
        browser.close()
    server.shutdown()
    server.server_close()


def shown(page: Page, at_s: float) -> int | None:
    luma = np.array(page.evaluate(SEEK, at_s), np.uint8).reshape(180, 320)
    return counted_video.read(luma)


@pytest.mark.parametrize(
    ("second", "sets"),
    [(Recipe(75, 200), "header"), (Recipe(75, 200, gop=60), "header"),
     (Recipe(75, 200, options={"crf": "33"}), "every key frame"),
     (Recipe(75, 200, **b_frames(25)), "every key frame")],
)  # fmt: skip
def test_it_shows_the_right_picture_at_every_instant(
    tmp_path: Path, page: Page, second: Recipe, sets: str
) -> None:
    report: ExportReport
    report, _ = exported(tmp_path, [Recipe(0, 100), second, Recipe(175, 300)])
    assert report.parameter_sets == sets
    # Python's small server knows no ranges, so a film is seekable only as part of the address.
    source = "data:video/mp4;base64," + base64.b64encode((tmp_path / "whole.mp4").read_bytes()).decode()
    assert page.evaluate(LOAD, source) == pytest.approx(12, abs=0.1)
    for number in (5, 250, 80, 120, 20, 86, 87, 88, 89, 186, 187, 188, 189, 299, 0, 175, 90):
        assert shown(page, (number + 0.5) / 25) == number
    assert page.evaluate(PLAY) == pytest.approx(12, abs=0.1)

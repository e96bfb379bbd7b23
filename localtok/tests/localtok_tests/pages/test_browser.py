"""Two real Chromium pages over localtok: pictures, signals, an archive with a real recorder."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import av
import opentok
import pytest
from aiohttp import web
from playwright.async_api import Browser, Page, async_playwright

from localtok.archives.archive import Status
from localtok.recording.recorder import Recorder
from localtok.server import Localtok
from localtok_tests.conftest import KEY, Sdk, until

pytestmark = [pytest.mark.e2e, pytest.mark.media]

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
]

JOIN = """async ([key, session, token, source]) => {
  window.log = [];
  window.onerror = (message) => log.push(`error ${message}`);
  window.session = OT.initSession(key, session);
  const outcome = (resolve, reject) => (e) => e ? reject(`${e.name}: ${e.message}`) : resolve();
  const call = (work) => new Promise((resolve, reject) => work(outcome(resolve, reject)));
  for (const type of ['connectionCreated', 'streamCreated', 'streamDestroyed', 'archiveStarted',
    'archiveStopped',
    'streamPropertyChanged', 'sessionReconnecting', 'sessionReconnected', 'sessionDisconnected']) {
    window.session.on(type, (event) => log.push(type));
  }
  window.session.on('signal:greet',
    ({ type, data, from }) => log.push(`${type} ${data} from ${from.data}`));
  window.session.on('streamCreated', ({ stream }) => {
    window.subscriber = window.session.subscribe(stream, 'others', { insertMode: 'append' },
      (error) => log.push(error ? `subscribe ${error.name}` : 'subscribed'));
  });
  await call((done) => window.session.connect(token, done));
  if (source === 'none') return;
  const properties = { width: 320, height: 240, name: 'Ann [1]' };
  if (source === 'canvas') {
    const canvas = document.createElement('canvas');
    canvas.width = 320; canvas.height = 240;
    let n = 0;
    setInterval(() => {
      const context = canvas.getContext('2d');
      context.fillStyle = n % 2 ? '#fff' : '#00f';
      context.fillRect(0, 0, 320, 240);
      n += 1;
    }, 80);
    [properties.videoSource] = canvas.captureStream(12).getVideoTracks();
    properties.audioSource = null;
  }
  await call((done) => { window.publisher = OT.initPublisher('me', properties, done); });
  await call((done) => window.session.publish(window.publisher, done));
}"""


@pytest.fixture
async def chromium(tmp_path: Path) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield browser
        await browser.close()


@pytest.fixture
async def real(serve: Any) -> Localtok:
    return await serve(recorder=Recorder)


@pytest.fixture
async def site() -> AsyncIterator[str]:
    """A page on another origin. It must come from a real server: Chromium takes an intercepted one to be
    on a public network, and lets it reach none on this machine."""

    async def page(request: web.Request) -> web.Response:
        script = f'<script src="{request.query_string}/v2/js/opentok.min.js"></script>'
        html = f'<div id="me"></div><div id="others"></div>{script}'
        return web.Response(text=html, content_type="text/html")

    app = web.Application()
    app.router.add_get("/", page)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def join(
    browser: Browser,
    site: str,
    server: Localtok,
    session_id: str,
    name: str,
    source: str = "camera",
    token: str = "",
) -> Page:
    context = await browser.new_context()
    page = await context.new_page()
    page.on("console", lambda message: print(f"{name}: {message.text}"))
    await page.goto(f"{site}/?{server.url}")
    await page.evaluate(
        JOIN, [KEY, session_id, token or Sdk(server.url).token(session_id, data=name), source]
    )
    return page


async def heard(page: Page, line: str) -> None:
    await page.wait_for_function("line => log.includes(line)", arg=line, timeout=20000)


async def sees_pictures(page: Page) -> None:
    """The subscriber's video shows new frames."""
    await page.wait_for_function("() => window.subscriber && subscriber.videoWidth() > 0", timeout=20000)
    frames = "() => subscriber.element.querySelector('video').getVideoPlaybackQuality().totalVideoFrames"
    before = await page.evaluate(frames)
    await page.wait_for_function(f"before => ({frames})() > before + 5", arg=before, timeout=20000)


async def test_two_pages_see_each_other_and_signal(chromium: Browser, site: str, real: Localtok) -> None:
    session_id = await Sdk(real.url).routed_session()
    ann = await join(chromium, site, real, session_id, "Ann")
    ben = await join(chromium, site, real, session_id, "Ben")
    await asyncio.gather(sees_pictures(ann), sees_pictures(ben))
    await ann.evaluate("() => session.signal({ type: 'greet', data: 'hello' })")
    await asyncio.gather(heard(ann, "signal:greet hello from Ann"), heard(ben, "signal:greet hello from Ann"))
    await ann.evaluate("() => publisher.publishVideo(false)")
    await heard(ben, "streamPropertyChanged")
    await ann.close()
    await heard(ben, "streamDestroyed")


async def test_a_viewer_without_a_camera_sees_a_canvas_stream(
    chromium: Browser, site: str, real: Localtok
) -> None:
    """Neither side was allowed a camera, so both hide their addresses behind mDNS names."""
    session_id = await Sdk(real.url).routed_session()
    await join(chromium, site, real, session_id, "Ann", "canvas")
    await sees_pictures(await join(chromium, site, real, session_id, "Ben", "none"))


async def test_an_archive_records_what_is_published(chromium: Browser, site: str, real: Localtok) -> None:
    sdk = Sdk(real.url)
    session_id = await sdk.routed_session()
    ann = await join(chromium, site, real, session_id, "Ann", "canvas")
    started = await sdk.start_archive(session_id, name="hearing", resolution="1280x720")
    assert started.status == "started"
    await heard(ann, "archiveStarted")
    ben = await join(chromium, site, real, session_id, "Ben")
    await sees_pictures(ben)
    running = real.archiving.get(started.id)
    await until(lambda: running.recorded_ms(real.clock.now_ms()) >= 2500, 20)
    await sdk.stop_archive(started.id)
    await heard(ann, "archiveStopped")
    archive = await until(lambda: _available(real, started.id), 20)
    with av.open(str(real.store.media_path(archive.id))) as media:
        frames = sum(1 for _ in media.decode(video=0))
    assert frames >= 40
    assert archive.duration_s >= 2


# Puts another track, or none, on what goes to recorders: whether it rises is then seen on either side.
SEND = """(name) => Promise.all([...publisher._peers.values()].filter(({ recorder }) => recorder)
  .map(({ pc }) => pc.getSenders()[0].replaceTrack(name && publisher.getVideoSource().track)))"""
TO_SERVER = """() => publisher.getStats().then((all) => all.filter(({ subscriberId }) => !subscriberId)
  .map(({ stats }) => stats.video.bytesSent))"""


async def test_an_archive_is_paused_while_no_media_arrives(
    chromium: Browser, site: str, real: Localtok
) -> None:
    sdk = Sdk(real.url)
    session_id = await sdk.routed_session()
    ann = await join(chromium, site, real, session_id, "Ann", "canvas")
    assert await ann.evaluate(TO_SERVER) == []
    archive = real.archiving.get((await sdk.start_archive(session_id)).id)
    assert archive.status == "started"
    [sent] = await ann.evaluate(TO_SERVER)
    await ann.wait_for_function(f"async (sent) => (await ({TO_SERVER})())[0] > sent", arg=sent, timeout=20000)
    await ann.evaluate(SEND, None)
    await until(lambda: archive.status == "paused", 20)
    before = archive.recorded_ms(real.clock.now_ms())
    await asyncio.sleep(1)
    assert archive.recorded_ms(real.clock.now_ms()) == before
    await ann.evaluate(SEND, "track")
    await until(lambda: archive.status == "started", 20)
    await asyncio.sleep(1)
    await sdk.stop_archive(archive.id)
    await until(lambda: _available(real, archive.id), 20)
    # The file has no more time than the status says, but for the seconds that noticing took.
    assert abs(archive.duration_s * 1000 - archive.recorded_ms(real.clock.now_ms())) < 2000


def _available(server: Localtok, archive_id: str) -> Any:
    archive = server.archives.find(archive_id)
    return archive if archive and archive.status == Status.AVAILABLE else None


async def test_a_page_keeps_its_connection_over_a_lost_socket(
    chromium: Browser, site: str, real: Localtok
) -> None:
    session_id = await Sdk(real.url).routed_session()
    ann = await join(chromium, site, real, session_id, "Ann", "none")
    before = await ann.evaluate("() => session.connection.id")
    for peer in list(real.hub._peers.values()):
        assert peer.socket is not None
        peer.socket._req.transport.abort()  # type: ignore[union-attr]
    await heard(ann, "sessionReconnected")
    await Sdk(real.url).send_signal(session_id, {"type": "x", "data": "y"}, before)
    assert await ann.evaluate("() => session.connection.id") == before


async def test_a_wrong_token_is_an_authentication_error(chromium: Browser, site: str, real: Localtok) -> None:
    session_id = await Sdk(real.url).routed_session()
    with pytest.raises(Exception, match="OT_AUTHENTICATION_ERROR"):
        await join(chromium, site, real, session_id, "Ann", "none", token="not a token")


FAILED = """async ([key, id]) => {
  const told = new Promise((resolve) => OT.on('exception', ({ code, title }) => resolve({ code, title })));
  const session = OT.initSession(key, id);
  const error = await new Promise((resolve) => session.connect('not a token', resolve));
  return { told: await told, heard: error.name };
}"""

ABLE = """async () => {
  const { videoEncoders, videoDecoders } = await OT.getSupportedCodecs();
  const [track] = document.createElement('canvas').captureStream(5).getVideoTracks();
  const properties = { videoSource: track, audioSource: null, videoContentHint: 'detail' };
  const publisher = OT.initPublisher(undefined, properties);
  await new Promise((resolve) => publisher.once('accessAllowed', resolve));
  const hints = [publisher.getVideoContentHint(), publisher.getVideoSource().track.contentHint];
  await publisher.setVideoContentHint('text');
  hints.push(publisher.getVideoSource().track.contentHint);
  let refused = '';
  await publisher.setVideoContentHint('loud').catch((error) => { refused = error.name; });
  publisher.destroy();
  const processors = OT.hasMediaProcessorSupport();
  const coded = videoEncoders.includes('VP8') && videoDecoders.includes('VP8');
  return { coded, hints, refused, processors };
}"""


async def test_what_fails_is_an_exception_of_the_library_too(
    chromium: Browser, site: str, real: Localtok
) -> None:
    page = await chromium.new_page()
    await page.goto(f"{site}/?{real.url}")
    session_id = await Sdk(real.url).routed_session()
    assert await page.evaluate(FAILED, [KEY, session_id]) == {
        "told": {"code": 1004, "title": "Authentication error"},
        "heard": "OT_AUTHENTICATION_ERROR",
    }


async def test_it_says_what_it_can_and_what_matters_in_a_picture(
    chromium: Browser, site: str, real: Localtok
) -> None:
    page = await chromium.new_page()
    await page.goto(f"{site}/?{real.url}")
    assert await page.evaluate(ABLE) == {
        "coded": True,
        "hints": ["detail", "detail", "text"],
        "refused": "Error",
        "processors": True,
    }


SHARED = """async ([key, first, firstToken, second, secondToken]) => {
  const media = await navigator.mediaDevices.getUserMedia({ video: true, audio: true });
  const [camera] = media.getVideoTracks();
  const [microphone] = media.getAudioTracks();
  const result = { elements: 0 };
  const publishers = [];
  for (const [id, token] of [[first, firstToken], [second, secondToken]]) {
    const session = OT.initSession(key, id);
    await new Promise((resolve, reject) => session.connect(token, (e) => e ? reject(e) : resolve()));
    const sources = { videoSource: camera.clone(), audioSource: microphone.clone() };
    const publisher = OT.initPublisher(undefined, { ...sources, insertDefaultUI: false });
    publisher.on("videoElementCreated", ({ element }) => {
      result.elements += element instanceof HTMLVideoElement;
    });
    await new Promise((resolve, reject) => session.publish(publisher, (e) => e ? reject(e) : resolve()));
    publishers.push(publisher);
  }
  const [one, two] = publishers;
  one.publishAudio(false);
  result.muted = [one, two].map((each) => each.getAudioSource().enabled);
  result.replaced = await two.setVideoSource(camera.getSettings().deviceId).catch((error) => error.name);
  const ended = new Promise((resolve) => one.once('streamDestroyed', ({ reason }) => resolve(reason)));
  one.session.unpublish(one);
  result.reason = await ended;
  two.destroy();
  result.camera = camera.readyState;
  const unconnected = OT.initSession("2_other");
  result.unpublished = await new Promise((resolve) => unconnected.publish(one, (e) => resolve(e.name)));
  return result;
}"""


async def test_two_publishers_share_one_camera(chromium: Browser, site: str, real: Localtok) -> None:
    sdk = Sdk(real.url)
    first, second = await sdk.routed_session(), await sdk.routed_session()
    page = await (await chromium.new_context()).new_page()
    await page.goto(f"{site}/?{real.url}")
    result = await page.evaluate(SHARED, [KEY, first, sdk.token(first), second, sdk.token(second)])
    assert result == {
        "elements": 2,
        "muted": [False, True],
        "replaced": "OT_SET_VIDEO_SOURCE_FAILURE",
        "reason": "unpublished",
        "camera": "live",
        "unpublished": "OT_NOT_CONNECTED",
    }


HEARD = """() => new Promise((resolve, reject) => {
  setTimeout(() => reject('nothing heard'), 15000);
  const levels = { own: 0, other: 0 };
  const heard = (who) => ({ audioLevel }) => {
    levels[who] = Math.max(levels[who], audioLevel);
    if (levels.own > 0.01 && levels.other > 0.01) resolve(levels);
  };
  publisher.on('audioLevelUpdated', heard('own'));
  subscriber.on('audioLevelUpdated', heard('other'));
})"""

STATS = """() => new Promise((resolve, reject) => subscriber.getStats((error, stats) => (
  error ? reject(error) : resolve(stats.video.bytesReceived > 0 && stats.audio.packetsReceived > 0))))"""


async def test_pages_hear_measure_and_moderate(chromium: Browser, site: str, real: Localtok) -> None:
    sdk = Sdk(real.url)
    session_id = await sdk.routed_session()
    ann = await join(chromium, site, real, session_id, "Ann")
    host = sdk.token(session_id, data="Ben", role=opentok.Roles.moderator)
    ben = await join(chromium, site, real, session_id, "Ben", token=host)
    await asyncio.gather(sees_pictures(ann), sees_pictures(ben))
    levels = await ben.evaluate(HEARD)
    assert 0 < levels["own"] <= 1
    assert 0 < levels["other"] <= 1
    assert await ben.evaluate(STATS)
    await ann.evaluate("() => publisher.on('muteForced', () => log.push('muted by force'))")
    await ben.evaluate("() => session.forceMuteStream(subscriber.stream)")
    await heard(ann, "muted by force")
    await heard(ben, "streamPropertyChanged")
    assert await ann.evaluate("() => publisher.getAudioSource().enabled") is False
    await ann.evaluate("() => publisher.publishAudio(true)")
    await ben.wait_for_function("() => subscriber.stream.hasAudio")
    refused = await ann.evaluate("() => session.forceMuteAll().catch((error) => error.name)")
    assert refused == "OT_PERMISSION_DENIED"
    await ben.evaluate("() => subscriber.subscribeToAudio(false).subscribeToVideo(false)")
    off = "() => subscriber._media.getTracks().map((track) => track.enabled)"
    assert await ben.evaluate(off) == [False, False]
    devices = "() => new Promise((resolve) => OT.getDevices((error, all) => resolve(all.map((d) => d.kind))))"
    assert {"audioInput", "videoInput"} <= set(await ben.evaluate(devices))
    assert await ben.evaluate("() => OT.checkSystemRequirements()") == 1

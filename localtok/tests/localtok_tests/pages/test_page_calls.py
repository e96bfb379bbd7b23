"""What connected pages get from calls of the browser library that no page can make without a server."""

from __future__ import annotations

import asyncio
from typing import Any

import opentok
import pytest
from playwright.async_api import Browser, Page

from localtok.server import Localtok
from localtok_tests.conftest import KEY, Sdk
from localtok_tests.pages.test_browser import chromium, heard, real, sees_pictures, site

__all__ = ["chromium", "real", "site"]
pytestmark = [pytest.mark.e2e, pytest.mark.media]

CONNECT = """async ([key, id, token, options]) => {
  window.log = [];
  window.session = OT.initSession(key, id, options);
  const names = 'sessionConnected connectionCreated streamCreated sessionDisconnected connectionDestroyed';
  session.on(names, ({ type }) => log.push(type));
  session.on('signal', ({ type, data, from }) => log.push(`${type} ${JSON.stringify(data)} ${from?.data}`));
  session.on('streamCreated', ({ stream }) => {
    window.subscriber = session.subscribe(stream, 'others', { insertMode: 'append' });
    subscriber.on('encryptionSecretMatch encryptionSecretMismatch', ({ type }) => log.push(type));
    const first = 'mediaStreamAvailable videoElementCreated connected';
    subscriber.once(first, ({ type }) => log.push(`subscriber ${type}`));
    subscriber.on('destroyed', ({ reason }) => log.push(`destroyed ${reason}`));
  });
  const back = await session.connect.promise(token);
  log.push(back === session ? 'resolved' : 'resolved with something else');
}"""

PUBLISH = """async (properties) => {
  const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 480 });
  let n = 0;
  setInterval(() => {
    canvas.getContext('2d').fillStyle = `hsl(${n += 30} 90% 50%)`;
    canvas.getContext('2d').fillRect(0, 0, 640, 480);
  }, 80);
  const [videoSource] = canvas.captureStream(12).getVideoTracks();
  window.publisher = OT.initPublisher('me', { videoSource, audioSource: null, ...properties });
  return await session.publish.promise(publisher) === publisher;
}"""


@pytest.fixture
async def session_id(real: Localtok) -> str:
    return await Sdk(real.url).routed_session()


class Visits:
    """Pages of people, each in a browser context of its own."""

    def __init__(self, browser: Browser, site: str, server: Localtok, session_id: str) -> None:
        self._browser, self._site, self._server, self._session_id = browser, site, server, session_id

    async def connect(
        self, name: str, options: dict[str, Any] | None = None, script: str = "", **token: Any
    ) -> Page:
        page = await (await self._browser.new_context()).new_page()
        await page.add_init_script(script)
        await page.goto(f"{self._site}/?{self._server.url}")
        signed = Sdk(self._server.url).token(self._session_id, data=name, **token)
        await page.evaluate(CONNECT, [KEY, self._session_id, signed, options or {}])
        return page


@pytest.fixture
def visits(chromium: Browser, site: str, real: Localtok, session_id: str) -> Visits:
    return Visits(chromium, site, real, session_id)


async def caught(page: Page, call: str) -> Any:
    """The error that a call's promise is rejected with, as [name, code], or None."""
    return await page.evaluate(f"() => ({call}).then(() => null, ({{ name, code }}) => [name, code])")


async def test_connecting_in_order_and_with_events_suppressed(visits: Visits) -> None:
    ann = await visits.connect("Ann")
    assert await ann.evaluate("() => log") == ["sessionConnected", "connectionCreated", "resolved"]
    ben = await visits.connect("Ben", {"connectionEventsSuppressed": True})
    assert await ben.evaluate("() => [log, session.connections.length()]") == [
        ["sessionConnected", "resolved"],
        2,
    ]
    await heard(ann, "connectionCreated")
    assert await ben.evaluate("() => session.disconnect().then(() => session.connection)") is None
    assert await ben.evaluate("() => session.currentState") == "disconnected"
    await heard(ann, "connectionDestroyed")


async def test_signals_carry_what_json_can(visits: Visits) -> None:
    ann, ben = await visits.connect("Ann"), await visits.connect("Ben")
    assert await caught(ann, "session.signal({ type: 'a', data: { n: [1] } })") is None
    await heard(ben, 'signal:a {"n":[1]} Ann')
    await ben.evaluate("() => session.signal({ data: 'one', to: session.connections.find({ data: 'Ann' }) })")
    await heard(ann, 'signal "one" Ben')
    for signal, code in (
        ("{ type: 'a b' }", 400),
        ("{ data: null }", 400),
        ("{ to: 'x' }", 400),
        ("{ retryAfterReconnect: 1 }", 400),
        ("{ type: 'x'.repeat(129) }", 413),
        ("{ data: 'x'.repeat(8191) }", 413),
    ):
        assert await caught(ann, f"session.signal({signal})") == ["OT_INVALID_PARAMETER", code]
    await ann.evaluate("() => { window.left = session.connections.find({ data: 'Ben' }); }")
    await ben.close()
    await heard(ann, "connectionDestroyed")
    assert await caught(ann, "session.signal({ to: left })") == ["OT_INVALID_PARAMETER", 404]


async def test_a_role_refuses_with_the_code_of_the_call(visits: Visits) -> None:
    ann = await visits.connect("Ann")
    for call, code in (
        ("session.forceDisconnect(session.connection)", 1520),
        ("session.forceUnpublish({ streamId: 'x' })", 1530),
        ("session.forceMuteStream({ streamId: 'x' })", 1540),
        ("session.forceMuteAll()", 1540),
        ("session.disableForceMute()", 1540),
    ):
        assert await caught(ann, call) == ["OT_PERMISSION_DENIED", code]
    viewer = await visits.connect("Ben", role=opentok.Roles.subscriber)
    assert await viewer.evaluate(f"() => ({PUBLISH})({{}}).catch(({{ code }}) => code)") == 1500
    assert await viewer.evaluate("() => session.capabilities.permittedTo('publish')") is False


async def test_a_moderator_gets_answers(visits: Visits) -> None:
    ann = await visits.connect("Ann")
    host = await visits.connect("Host", role=opentok.Roles.moderator)
    assert await caught(host, "session.forceDisconnect()") == ["OT_INVALID_PARAMETER", 1011]
    assert await caught(host, "session.forceUnpublish({ streamId: 'x' })") == ["OT_STREAM_NOT_FOUND", 1535]
    assert await caught(host, "session.forceMuteAll()") is None
    assert await caught(host, "session.forceDisconnect(session.connections.find({ data: 'Ann' }))") is None
    await heard(ann, "sessionDisconnected")
    report = "() => OT.reportIssue().then((id) => typeof id)"
    assert await host.evaluate(report) == "string"


async def test_a_subscriber_has_its_stream_statistics_and_styles(visits: Visits) -> None:
    ann, ben = await visits.connect("Ann"), await visits.connect("Ben")
    early = "session.subscribe(session.streams.find(() => true) ?? { streamId: 'x', id: 'x' }, 'others')"
    assert await caught(ben, f"{early}.getStats()") == ["OT_PEER_CONNECTION_NOT_CONNECTED", 1015]
    assert await ann.evaluate(PUBLISH, {"initials": "AB", "name": "Ann"})
    await sees_pictures(ben)
    order = [line for line in await ben.evaluate("() => log") if line.startswith("subscriber ")]
    assert order == [
        f"subscriber {name}" for name in ("mediaStreamAvailable", "videoElementCreated", "connected")
    ]
    stream = (
        "() => (({ initials, name, videoType, hasCaptions }) => [initials, name, videoType, hasCaptions])"
    )
    assert await ben.evaluate(f"{stream}(subscriber.stream)") == ["AB", "Ann", "custom", False]
    stats = await ben.evaluate("() => subscriber.getStats()")
    assert set(stats) == {"audio", "video", "mediaLink", "timestamp"}
    assert stats["video"]["width"] > 0
    assert stats["video"]["codec"] in ("VP8", "VP9", "H264")
    chained = "() => subscriber.setStyle('nameDisplayMode', 'off').getStyle().nameDisplayMode"
    assert await ben.evaluate(chained) == "off"
    assert await ben.evaluate("() => subscriber.setAudioVolume(150).getAudioVolume()") == 100
    promises = "subscribeToVideo.promise(true), subscriber.setAudioVolume.promise(5)"
    assert await ben.evaluate(f"() => Promise.all([subscriber.{promises}])") == [None, None]
    assert await ben.evaluate("() => session.unsubscribe(subscriber)") is True
    await heard(ben, "destroyed unsubscribed")


async def test_a_subscriber_gets_the_size_it_prefers(visits: Visits) -> None:
    ann, ben, eve = [await visits.connect(name) for name in ("Ann", "Ben", "Eve")]
    await ann.evaluate(PUBLISH, {})
    await asyncio.gather(sees_pictures(ben), sees_pictures(eve))
    await ben.evaluate("() => subscriber.setPreferredResolution({ width: 160, height: 120 })")
    await ben.wait_for_function("() => subscriber.videoWidth() === 160", timeout=20000)
    assert await eve.evaluate("() => subscriber.videoWidth()") > 160
    for call in ("setPreferredResolution({ width: 0 })", "setPreferredFrameRate(0)"):
        assert (await caught(ben, f"subscriber.{call}"))[0] == "Error"


async def test_a_connector_processes_what_is_shown(visits: Visits) -> None:
    ann, ben = await visits.connect("Ann"), await visits.connect("Ben")
    await ann.evaluate(PUBLISH, {})
    await sees_pictures(ben)
    await ben.evaluate(
        """async () => {
          const canvas = Object.assign(document.createElement('canvas'), { width: 64, height: 64 });
          setInterval(() => canvas.getContext('2d').fillRect(0, 0, 64, 64), 50);
          const [shown] = canvas.captureStream(12).getVideoTracks();
          const connector = { setTrack: async () => shown, destroy: async () => log.push('destroyed') };
          await subscriber.setVideoMediaProcessorConnector(connector);
        }"""
    )
    await ben.wait_for_function("() => subscriber.videoWidth() === 64", timeout=20000)
    await ben.evaluate("() => subscriber.setVideoMediaProcessorConnector(null)")
    await ben.wait_for_function("() => subscriber.videoWidth() > 64", timeout=20000)
    await heard(ben, "destroyed")
    bad = await caught(ben, "subscriber.setVideoMediaProcessorConnector({})")
    assert bad[0] == "OT_INVALID_PARAMETER"


async def test_a_page_sees_its_own_stream(visits: Visits) -> None:
    ann = await visits.connect("Ann")
    await ann.evaluate(PUBLISH, {})
    own = "session.subscribe.promise(publisher.stream, 'others', { insertMode: 'append', testNetwork: true })"
    await ann.evaluate(f"async () => {{ window.subscriber = await {own}; }}")
    await sees_pictures(ann)
    peers = "() => publisher.getRtcStatsReport().then((reports) => reports.length)"
    assert await ann.evaluate(peers) == 1
    await ann.evaluate("() => session.unsubscribe(subscriber)")
    mirrored = "session.subscribe.promise(publisher.stream, 'others', { insertMode: 'append' })"
    await ann.evaluate(f"async () => {{ window.subscriber = await {mirrored}; }}")
    await sees_pictures(ann)
    await ann.wait_for_function("() => publisher.getRtcStatsReport().then(({ length }) => length === 0)")


PRESSURE = """
window.PressureObserver = class {
  constructor(hear) { window.pressed = (state) => hear([{ state }]); }
  observe() { return Promise.resolve(); }
  disconnect() { window.pressed = null; }
};"""


async def test_the_load_of_the_processor_is_an_event(visits: Visits) -> None:
    ann = await visits.connect("Ann", script=PRESSURE)
    await ann.evaluate(
        "() => session.on('cpuPerformanceChanged', (event) => log.push(event.cpuPerformanceState))"
    )
    await ann.evaluate("() => ['fair', 'fair', 'serious'].forEach(pressed)")
    loads = "() => log.filter((line) => ['fair', 'serious'].includes(line))"
    assert await ann.evaluate(loads) == ["fair", "serious"]
    await ann.evaluate("() => session.disconnect()")
    assert await ann.evaluate("() => pressed") is None


async def test_only_the_same_secret_shows_the_pictures(visits: Visits) -> None:
    ann, ben = [await visits.connect(name, {"encryptionSecret": "the secret"}) for name in ("Ann", "Ben")]
    eve = await visits.connect("Eve", {"encryptionSecret": "another one"})
    await ann.evaluate(PUBLISH, {})
    await asyncio.gather(sees_pictures(ben), heard(ben, "encryptionSecretMatch"))
    await heard(eve, "encryptionSecretMismatch")
    assert await eve.evaluate("() => subscriber.videoWidth()") == 0
    await eve.evaluate("() => session.setEncryptionSecret('the secret')")
    await asyncio.gather(sees_pictures(eve), heard(eve, "encryptionSecretMatch"))

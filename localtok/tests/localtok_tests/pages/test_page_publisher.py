"""What others get of a publisher's calls: its camera, its bits, its controls. All in real pages."""

from __future__ import annotations

from localtok.server import Localtok
from localtok_tests.conftest import Sdk
from localtok_tests.pages.test_browser import chromium, real, sees_pictures, site
from localtok_tests.pages.test_page_calls import Visits, pytestmark, session_id, visits

__all__ = ["chromium", "pytestmark", "real", "session_id", "site", "visits"]

PUBLISH = """async (properties) => {
  window.publisher = OT.initPublisher('me', properties);
  await session.publish.promise(publisher);
}"""
ENCODINGS = """() => [...publisher._peers.values()][0].pc.getSenders()
  .filter(({ track }) => track.kind === 'video').map((sender) => sender.getParameters().encodings[0])[0]"""
ANSWER = "() => [...publisher._peers.values()][0].pc.remoteDescription?.sdp ?? ''"
STATS = "() => publisher.getStats().then(([first]) => first)"


async def test_a_camera_that_is_off_is_released_and_comes_back(visits: Visits) -> None:
    ann, ben = await visits.connect("Ann"), await visits.connect("Ben")
    await ann.evaluate(PUBLISH, {"audioSource": None})
    await sees_pictures(ben)
    await ann.evaluate("() => { window.camera = publisher.getVideoSource().track; }")
    await ann.evaluate("() => publisher.publishVideo.promise(false)")
    assert await ann.evaluate("() => [camera.readyState, publisher.getVideoSource().track]") == [
        "ended",
        None,
    ]
    await ben.wait_for_function("() => subscriber.stream.hasVideo === false")
    await ann.evaluate("() => publisher.publishVideo.promise(true)")
    await ben.wait_for_function("() => subscriber.stream.hasVideo")
    await sees_pictures(ben)
    assert await ann.evaluate("() => publisher.getVideoSource().track.readyState") == "live"


async def test_a_preferred_codec_and_a_limit_of_bits_reach_the_viewer(visits: Visits) -> None:
    ann, ben = await visits.connect("Ann"), await visits.connect("Ben")
    await ann.evaluate(PUBLISH, {"preferredVideoCodecs": ["vp9", "vp8"]})
    assert await ann.evaluate("() => publisher.getMaxVideoBitrate() ?? null") is None
    await sees_pictures(ben)
    await ann.evaluate("() => publisher.setMaxVideoBitrate(300000)")
    await ann.wait_for_function(f"() => ({ENCODINGS})().maxBitrate === 300000")
    limits = "() => [publisher.getMaxVideoBitrate(), publisher.getVideoBitratePreset()]"
    assert await ann.evaluate(limits) == [300000, "custom"]
    await ann.evaluate("() => publisher.setMaxVideoBitrate(0)")
    await ann.wait_for_function(f"() => !('maxBitrate' in ({ENCODINGS})())")
    await ann.evaluate("() => publisher.setVideoBitratePreset('bw_saver')")
    await ann.wait_for_function(f"() => ({ENCODINGS})().maxBitrate === 640 * 480")
    stats = (await ann.evaluate(STATS))["stats"]
    assert stats["video"]["layers"][0]["codec"] == "VP9"
    assert stats["video"]["bytesSent"] > 0
    assert stats["audio"]["packetsSent"] > 0


async def test_sound_is_sent_as_its_properties_say(visits: Visits) -> None:
    ann, ben = await visits.connect("Ann"), await visits.connect("Ben")
    chosen = {"videoSource": None, "audioBitrate": 24000, "enableStereo": True, "enableDtx": True}
    await ann.evaluate(PUBLISH, chosen)
    await ben.wait_for_function("() => log.includes('subscriber connected')")
    answer = await ann.evaluate(ANSWER)
    assert all(part in answer for part in ("maxaveragebitrate=24000", "stereo=1", "usedtx=1"))


async def test_what_resolves_once_it_is_published(visits: Visits) -> None:
    ann = await visits.connect("Ann")
    await ann.evaluate("() => { window.publisher = OT.initPublisher('me', { audioSource: null }); }")
    await ann.evaluate(
        "() => { window.captions = publisher.publishCaptions(true).then(() => log.push('captions')); }"
    )
    await ann.evaluate("() => session.publish.promise(publisher)")
    await ann.evaluate("() => captions")
    assert await ann.evaluate("() => publisher.publishAudio.promise(false).then(() => 'muted')") == "muted"
    assert await ann.evaluate("() => publisher.destroy.promise().then(() => publisher.session)") is None


async def test_the_controls_show_that_an_archive_runs(
    visits: Visits, real: Localtok, session_id: str
) -> None:
    ann = await visits.connect("Ann")
    await ann.evaluate(PUBLISH, {"name": "Ann"})
    light = "(name) => publisher.element.querySelector('.OT_archiving').classList.contains(name)"
    assert await ann.evaluate(light, "OT_archiving-off")
    archive = await Sdk(real.url).start_archive(session_id)
    await ann.wait_for_function(light, arg="OT_archiving-on")
    await Sdk(real.url).stop_archive(archive.id)
    await ann.wait_for_function(light, arg="OT_archiving-off")

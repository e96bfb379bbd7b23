"""localtok's browser library is what the vendor's published types say, but for the listed differences."""

from __future__ import annotations

import pytest

from localtok_tests.types.comparison import Comparison, compare, compared, documented_errors, listed
from localtok_tests.types.evidence import probed
from localtok_tests.types.runtime import vendor_names, vendor_titles
from tests.support.npm import package_file

# The reason in differences.toml that is held to the vendor's library.
OBSERVED = "public in the vendor's library, too"

SMALL_LIBRARY = """
class Emitter { on(types, handler, context) {} _fire(type, fields) {} _dispatch(event) {} }
const eventKind = (read) => class { constructor(...args) { this.read = read(...args); } };
const StreamEvent = eventKind((type, stream, reason) => [type, true, { stream, reason }]);
class Session extends Emitter {
  constructor(sessionId) {
    super();
    /** @type {string} */
    this.sessionId = sessionId;
  }
  signal(what, completion) { return Promise.resolve(); }
  _back() { this._fire('sessionReconnected'); }
  _gone(type, stream) { this._dispatch(new StreamEvent(type, stream, 'left')); }
  _lost(stream) { this._gone('streamDestroyed', stream); }
  _archive({ id, name }) { this._fire('archiveStarted', { id, name }); }
}
class Publisher extends Emitter {
  constructor() {
    super();
    this.publishAudio = Object.assign((value) => this, { promise: async (value) => {} });
  }
  videoWidth() { return 640; }
  _styled() { return { nameDisplayMode: 'auto' }; }
  _chosen(properties) { return ['echoCancellation'].map((name) => properties[name]); }
  _look(/** @type {HTMLElement} */ element, properties) { return [element.className, properties.initials]; }
  setAudioSource(source) { return Promise.resolve(undefined); }
}
class Subscriber extends Emitter { setAudioVolume(value) { return this; } }
class Stream {}
class Connection {}
const OT = {
  initSession(partnerId, sessionId, options = {}) { return new Session(options.iceConfig); },
};
export { OT, Session, Publisher, Subscriber, Stream, Connection };
"""


def known() -> set[str]:
    return {*listed()["types"], *listed()["alike"]}


def test_what_differs_from_the_vendors_types_is_listed() -> None:
    unlisted = {key: why for key, why in compared().differing().items() if key not in known()}
    assert not unlisted, "python -m localtok_tests.types --left shows all"


def test_what_is_listed_does_differ() -> None:
    fits = known() - set(compared().differing())
    assert not fits, "these fit now, or the vendor has them not: take them off differences.toml"


def test_what_differs_from_the_types_as_the_vendors_library_does_is_probed() -> None:
    assert not set(listed()["alike"]) & set(listed()["types"])
    members = [each for each in compared().members if each.key in listed()["alike"]]
    assert not [each.key for each in members if not probed(each)]


def test_what_differs_in_behaviour_has_fitting_types() -> None:
    fitting = {each.key for each in compared().members} - set(compared().differing())
    assert set(listed()["behaviour"]) <= fitting


def test_what_the_vendor_has_not_is_listed() -> None:
    assert set(compared().extra) == set(listed()["extra"])


@pytest.mark.e2e
async def test_what_is_public_beside_the_types_is_so_in_the_vendors_library() -> None:
    package_file("@opentok/client/dist/js/opentok.min.js")
    names = await vendor_names()
    claimed = [key for key, reason in listed()["extra"].items() if reason == OBSERVED]
    assert claimed
    for key in claimed:
        owner, name = key.split(".")
        assert name in names[owner], key


@pytest.mark.e2e
async def test_a_documented_title_is_missing_only_where_the_vendors_library_has_it_not() -> None:
    package_file("@opentok/client/dist/js/opentok.min.js")
    documented = documented_errors()["titles"]
    missing = {code for code, title in documented.items() if compared().titles.get(code) != title}
    titles = await vendor_titles([*documented])
    assert missing == {code for code, title in documented.items() if titles.get(code) != title}
    assert set(documented_errors()["names"]) <= set(compared().errors)


# A member, what fits it in the small library, a fault in its place, and what the comparison says of that.
FAULTS = [
    ("Publisher.videoWidth", "videoWidth()", "videoWide()", "missing"),
    ("Publisher.videoWidth", "return 640", "return 'wide'", "returns string, not number | undefined"),
    (
        "Publisher.setAudioSource",
        "Promise.resolve(undefined)",
        "undefined",
        "returns undefined, not Promise",
    ),
    ("Publisher.publishAudio.promise", "{ promise:", "{ promised:", "missing"),
    ("Subscriber.setAudioVolume", "setAudioVolume(value)", "setAudioVolume()", "ignores value"),
    ("Subscriber.setAudioVolume", "return this;", "return JSON.parse(value);", "not known"),
    ("Session.sessionId", "@type {string}", "@type {number}", "is number, not string"),
    ("Session.sessionId", "/** @type {string} */", "", "not known"),
    ("Session.signal", "signal(what,", "signal(/** @type {string} */ what,", "takes (what: string"),
    ("Session:sessionReconnected", "'sessionReconnected'", "'sessionIsBack'", "missing"),
    ("Session:archiveStarted", "Started', { id, name }", "Started', { id }", "without name"),
    ("Session:archiveStarted", "Started', { id, name }", "Started', { id: 1, name }", "id is number"),
    ("Session:streamDestroyed", "this._gone('streamDestroyed'", "this._gone('streamGone'", "missing"),
    ("Session:streamDestroyed", "true, { stream, reason }", "true, { stream }", "without reason"),
    ("WidgetStyle.nameDisplayMode", "nameDisplayMode", "display", "missing"),
    ("GetUserMediaProperties.echoCancellation", "'echoCancellation'", "'echo'", "missing"),
    ("PublisherProperties.initials", "properties.initials", "properties.letters", "missing"),
    ("initSession.iceConfig", "options.iceConfig", "options.ice", "missing"),
]


@pytest.fixture(scope="module")
def planted() -> dict[str, Comparison]:
    """The small library as it is, and with each of the faults, compared at once."""
    texts = [SMALL_LIBRARY, *(SMALL_LIBRARY.replace(fitting, faulty) for _, fitting, faulty, _ in FAULTS)]
    return dict(zip(texts, compare(*texts), strict=True))


@pytest.mark.parametrize(("key", "fitting", "faulty", "why"), FAULTS)
def test_it_sees_a_planted_fault(
    planted: dict[str, Comparison], key: str, fitting: str, faulty: str, why: str
) -> None:
    assert SMALL_LIBRARY.count(fitting) == 1
    assert key not in planted[SMALL_LIBRARY].differing()
    assert why in planted[SMALL_LIBRARY.replace(fitting, faulty)].differing()[key]


def test_what_is_read_of_an_element_is_no_option() -> None:
    [found] = compare(SMALL_LIBRARY.replace("element.className", "element.style"))
    assert found.differing()["PublisherProperties.style"] == "missing"
    [found] = compare(SMALL_LIBRARY.replace("properties.initials", "properties.style"))
    assert "PublisherProperties.style" not in found.differing()


def test_a_public_member_that_the_vendor_has_not_is_seen() -> None:
    [found] = compare(SMALL_LIBRARY.replace("videoWidth()", "isPublishing() {}\n  videoWidth()"))
    assert found.extra == ("Publisher.isPublishing",)

"""Sessions, who is in them, and what they are told, through the gateway's interface."""

from __future__ import annotations

import json

import pytest

from archives import errors
from archives.platform.gateway import OpenTokPlatform
from tests.contract.conftest import eventually, vendor_asked
from tests.contract.platforms import Bench, Wire


def test_the_vendor_is_asked() -> None:
    if not vendor_asked():
        pytest.skip("CONTRACT_API_KEY and CONTRACT_API_SECRET are not set: the vendor is NOT asked")


def test_every_session_is_another(bench: Bench) -> None:
    ids = {bench.api.session_create() for _ in range(3)}
    assert len(ids) == 3
    assert all(each.startswith(("1_", "2_")) for each in ids)


def test_tokens_are_for_one_session_and_one_person(bench: Bench) -> None:
    one, other = bench.api.session_create(), bench.api.session_create()
    tokens = [bench.api.token(one, "Ann"), bench.api.token(one, "Ben"), bench.api.token(other, "Ann")]
    assert all(tokens)
    assert len(set(tokens)) == 3


def test_an_empty_session_has_no_streams(bench: Bench) -> None:
    assert bench.api.streams_list(bench.api.session_create()) == []


def test_streams_come_and_go_with_who_publishes(bench: Bench) -> None:
    session = bench.api.session_create()
    ann, ben = bench.enter(session, "Ann"), bench.enter(session, "Ben")
    streams = {each["id"]: each for each in bench.api.streams_list(session)}
    assert set(streams) == {ann.stream, ben.stream}
    assert streams[ann.stream]["videoType"] == "camera"
    assert streams[ann.stream]["name"].startswith("Ann")
    bench.leave(ben)
    eventually(lambda: [each["id"] for each in bench.api.streams_list(session)] == [ann.stream])


def test_who_unpublishes_is_still_connected(bench: Bench) -> None:
    session = bench.api.session_create()
    ann = bench.enter(session, "Ann")
    bench.unpublish(ann)
    eventually(lambda: not bench.api.streams_list(session) and "nobody publishes")
    assert bench.api.archive_start(session, "nobody to be seen yet")["status"] in ("started", "paused")


def test_a_signal_reaches_everybody(bench: Bench) -> None:
    session = bench.api.session_create()
    ann, ben = bench.enter(session, "Ann"), bench.enter(session, "Ben")
    bench.api.signal(session, "join", '{"run": 7}')
    for person in (ann, ben):
        eventually(lambda person=person: ("join", '{"run": 7}') in bench.heard(person))


def test_a_signal_may_carry_an_object(bench: Bench) -> None:
    """As the predecessor's server does. The vendor documents only text, which the gateway falls back to."""
    session = bench.api.session_create()
    ann = bench.enter(session, "Ann")
    data = {"sessionType": "secondary", "sessionId": session}
    bench.api.signal(session, "join", data)
    eventually(lambda: ("join", data) in bench.heard(ann) or ("join", json.dumps(data)) in bench.heard(ann))


def test_who_is_disconnected_is_gone(bench: Bench) -> None:
    session = bench.api.session_create()
    ann, ben = bench.enter(session, "Ann"), bench.enter(session, "Ben")
    bench.api.disconnect(session, ben.connection)
    eventually(lambda: [each["id"] for each in bench.api.streams_list(session)] == [ann.stream])
    with pytest.raises(errors.NotFound):
        bench.api.disconnect(session, ben.connection)


def test_it_answers(bench: Bench) -> None:
    bench.api.ping()


@pytest.mark.beyond("the fake takes no credentials; what refusing them does is tested with a fault")
def test_other_credentials_are_refused(bench: Bench, rest: Wire) -> None:
    stranger = OpenTokPlatform(rest.key, "the secret of somebody else, long enough", rest.url, 10)
    with pytest.raises(errors.PlatformRefused):
        stranger.ping()
    with pytest.raises(errors.PlatformRefused):
        stranger.session_create()

"""The vendor's REST calls on the wire, beyond what the product's gateway makes: statuses, bodies, limits."""

from __future__ import annotations

import base64
from typing import Any

import jwt
import pytest
import requests

from tests.contract.conftest import eventually, with_status
from tests.contract.platforms import Bench, Person, Wire, unknown_id

DONE = ("available", "uploaded")
ARCHIVE_FIELDS = {
    *("id", "status", "name", "reason", "sessionId", "createdAt", "updatedAt", "size", "duration", "url"),
    *("outputMode", "streamMode", "hasAudio", "hasVideo", "resolution", "multiArchiveTag"),
}
RAW = "the gateway hides status codes and bodies"
CHOSEN = "it records everybody, in the grid"
MODERATION = "it moderates nobody by REST"


@pytest.fixture
def session(rest: Wire) -> str:
    return rest.new_session()


@pytest.fixture
def ann(bench: Bench, session: str) -> Person:
    return bench.enter(session, "Ann")


def start(rest: Wire, session: str, **options: Any) -> dict[str, Any]:
    answer = rest.call("POST", "/archive", json={"sessionId": session, **options})
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


# --- sessions and credentials ---


@pytest.mark.beyond(RAW)
def test_a_session_comes_as_an_array_and_carries_the_key(rest: Wire) -> None:
    answer = rest.ask("POST", "/session/create", data={"p2p.preference": "disabled"})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].split(";")[0] == "application/json"
    [made] = answer.json()
    assert {"session_id", "project_id", "partner_id", "create_dt"} <= set(made)
    version, _, encoded = made["session_id"].partition("_")
    assert version in ("1", "2")
    inside = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode(errors="replace")
    assert inside.split("~")[1] == rest.key


@pytest.mark.beyond(RAW)
@pytest.mark.parametrize("headers", [{}, {"X-OPENTOK-AUTH": "no token"}])
def test_without_credentials_nothing_is_told(rest: Wire, headers: dict[str, str]) -> None:
    answer = rest.call("GET", "/archive", headers=headers)
    assert answer.status_code == 403


@pytest.mark.beyond(RAW)
def test_a_token_that_is_over_is_refused(rest: Wire) -> None:
    claims = {"iss": rest.key, "ist": "project", "iat": 1_000_000, "exp": 1_000_180}
    over = jwt.encode(claims, rest.secret, algorithm="HS256")
    assert rest.call("GET", "/archive", headers={"X-OPENTOK-AUTH": over}).status_code == 403


# --- archives ---


@pytest.mark.beyond(RAW)
def test_an_archive_has_every_field(rest: Wire, session: str, ann: Person) -> None:
    archive = start(rest, session, name="hearing", multiArchiveTag="a")
    assert set(archive) >= ARCHIVE_FIELDS
    assert (archive["outputMode"], archive["streamMode"], archive["resolution"]) == (
        *("composed", "auto"),
        "640x480",
    )
    assert (archive["hasAudio"], archive["hasVideo"], archive["multiArchiveTag"]) == (True, True, "a")
    assert str(archive["partnerId"]) == rest.key


@pytest.mark.beyond(RAW)
def test_options_are_reported_where_they_were_given(rest: Wire, session: str, ann: Person) -> None:
    given = {"multiArchiveTag", "maxBitrate", "quantizationParameter"}
    assert not given & set(start(rest, session))


@pytest.mark.beyond(RAW)
def test_refusals_say_their_code(bench: Bench, rest: Wire, session: str, ann: Person) -> None:
    archive = start(rest, session)
    early = rest.call("DELETE", f"/archive/{archive['id']}")
    assert (early.status_code, early.json()["code"]) == (409, 15004)
    assert early.json()["message"]
    rest.call("POST", f"/archive/{archive['id']}/stop")
    with_status(bench, archive["id"], *DONE)
    late = rest.call("POST", f"/archive/{archive['id']}/stop")
    assert (late.status_code, late.json()["code"]) == (409, 15002)
    assert rest.call("DELETE", f"/archive/{archive['id']}").status_code == 204


@pytest.mark.beyond("it makes routed sessions alone")
def test_a_relayed_session_is_not_recorded(bench: Bench, rest: Wire) -> None:
    relayed = rest.new_session(**{"p2p.preference": "enabled"})
    bench.enter(relayed, "Ann")
    answer = rest.call("POST", "/archive", json={"sessionId": relayed})
    assert (answer.status_code, answer.json()["code"]) == (409, 15008)


@pytest.mark.beyond(RAW)
@pytest.mark.parametrize(
    ("body", "statuses"),
    [({}, {400}), ({"sessionId": ""}, {400}), ({"sessionId": "2_nothing"}, {400, 403, 404})],
)
def test_a_start_needs_a_session(rest: Wire, body: dict[str, str], statuses: set[int]) -> None:
    assert rest.call("POST", "/archive", json=body).status_code in statuses


@pytest.mark.beyond(RAW)
@pytest.mark.parametrize(
    "options",
    [
        {"resolution": "100x100"},
        {"hasAudio": False, "hasVideo": False},
        {"layout": {"type": "circle"}},
        {"layout": {"type": "custom"}},
        {"layout": {"type": "bestFit", "stylesheet": "stream { left: 0 }"}},
        {"outputMode": "loose"},
        {"streamMode": "random"},
        {"outputMode": "individual", "maxBitrate": 500_000},
    ],
)
def test_wrong_options_are_refused(rest: Wire, session: str, ann: Person, options: dict[str, Any]) -> None:
    answer = rest.call("POST", "/archive", json={"sessionId": session, **options})
    assert answer.status_code == 400


@pytest.mark.beyond(CHOSEN)
@pytest.mark.parametrize(
    "resolution", ["640x480", "480x640", "1280x720", "720x1280", "1920x1080", "1080x1920"]
)
def test_every_resolution_is_taken(rest: Wire, session: str, ann: Person, resolution: str) -> None:
    assert start(rest, session, resolution=resolution)["resolution"] == resolution


@pytest.mark.beyond(RAW)
def test_a_list_has_pages(rest: Wire, session: str, ann: Person) -> None:
    ids = [start(rest, session, multiArchiveTag=tag)["id"] for tag in ("a", "b", "c")]
    page = rest.call("GET", "/archive", params={"sessionId": session, "offset": 1, "count": 1}).json()
    assert (page["count"], [each["id"] for each in page["items"]]) == (3, [ids[1]])


@pytest.mark.beyond("it shows what its own storage keeps")
def test_a_finished_file_has_a_link_for_a_while(bench: Bench, rest: Wire, session: str) -> None:
    bench.enter(session, "Ann", media=True)
    archive = start(rest, session)
    rest.call("POST", f"/archive/{archive['id']}/stop")
    done = with_status(bench, archive["id"], *DONE)
    assert done["size"] > 0
    if done["status"] == "uploaded":
        assert done["url"] is None
    else:
        assert len(requests.get(done["url"], timeout=30).content) == done["size"]


@pytest.mark.beyond(CHOSEN)
def test_layouts_change_while_it_records(rest: Wire, session: str, ann: Person) -> None:
    path = f"/archive/{start(rest, session)['id']}/layout"
    for kind in ("pip", "verticalPresentation", "horizontalPresentation", "bestFit"):
        assert rest.call("PUT", path, json={"type": kind}).status_code == 200
    custom = {"type": "custom", "stylesheet": "stream.focus { width: 50%; height: 50%; }"}
    assert rest.call("PUT", path, json=custom).status_code == 200
    assert rest.call("PUT", path, json={"type": "bestFit", "screenshareType": "pip"}).status_code == 200
    for wrong in ({"type": "circle"}, {"type": "custom"}, {"type": "pip", "screenshareType": "pip"}):
        assert rest.call("PUT", path, json=wrong).status_code == 400
    unknown = rest.call("PUT", f"/archive/{unknown_id()}/layout", json={"type": "pip"})
    assert unknown.status_code == 404


@pytest.mark.beyond(CHOSEN)
def test_streams_are_chosen_in_manual_mode(rest: Wire, session: str, ann: Person) -> None:
    path = f"/archive/{start(rest, session, streamMode='manual')['id']}/streams"
    add, remove = {"addStream": ann.stream}, {"removeStream": ann.stream}
    assert rest.call("PATCH", path, json={**add, "hasVideo": False}).status_code == 204
    assert rest.call("PATCH", path, json=remove).status_code == 204
    assert rest.call("PATCH", path, json={}).status_code == 400
    unknown = rest.call("PATCH", path, json={"addStream": unknown_id()})
    assert unknown.status_code == 404


@pytest.mark.beyond(CHOSEN)
def test_streams_are_not_chosen_otherwise(rest: Wire, session: str, ann: Person) -> None:
    path = f"/archive/{start(rest, session)['id']}/streams"
    assert rest.call("PATCH", path, json={"addStream": ann.stream}).status_code == 405


@pytest.mark.beyond(CHOSEN)
def test_individual_archives_take_no_layout(rest: Wire, session: str, ann: Person) -> None:
    archive = start(rest, session, outputMode="individual")
    assert archive["outputMode"] == "individual"
    changed = rest.call("PUT", f"/archive/{archive['id']}/layout", json={"type": "pip"})
    assert changed.status_code == 400


# --- streams, signals, moderation ---


@pytest.mark.beyond("it reads the list alone")
def test_one_stream_is_shown(rest: Wire, session: str, ann: Person) -> None:
    shown = rest.call("GET", f"/session/{session}/stream/{ann.stream}").json()
    assert (shown["id"], shown["videoType"], shown["layoutClassList"]) == (ann.stream, "camera", [])
    listed = rest.call("GET", f"/session/{session}/stream").json()
    assert (listed["count"], listed["items"]) == (1, [shown])
    assert rest.call("GET", f"/session/{session}/stream/{unknown_id()}").status_code in (404, 408)


@pytest.mark.beyond(CHOSEN)
def test_layout_classes_are_set(rest: Wire, session: str, ann: Person) -> None:
    path = f"/session/{session}/stream"
    items = [{"id": ann.stream, "layoutClassList": ["focus", "large"]}]
    assert rest.call("PUT", path, json={"items": items}).status_code == 200
    assert rest.call("GET", f"{path}/{ann.stream}").json()["layoutClassList"] == ["focus", "large"]
    assert rest.call("PUT", path, json={"items": [{"id": ann.stream}]}).status_code == 400


@pytest.mark.beyond("its signals are short")
@pytest.mark.parametrize(
    ("kind", "data", "status"),
    [
        ("x" * 128, "y" * 8192, 204),
        ("x" * 129, "", 413),
        ("", "y" * 8193, 413),
    ],
)
def test_signals_have_a_size(
    rest: Wire, session: str, ann: Person, kind: str, data: str, status: int
) -> None:
    answer = rest.call("POST", f"/session/{session}/signal", json={"type": kind, "data": data})
    assert answer.status_code == status


@pytest.mark.beyond("it forgives signals that are not sent")
def test_a_signal_needs_somebody_and_data(bench: Bench, rest: Wire, session: str) -> None:
    path = f"/session/{session}/signal"
    assert rest.call("POST", path, json={"type": "all", "data": ""}).status_code == 404
    bench.enter(session, "Ann")
    assert rest.call("POST", path, json={"type": "all"}).status_code == 400


@pytest.mark.beyond("it takes that for an empty list")
def test_streams_are_listed_from_the_first_one_on(bench: Bench, rest: Wire, session: str) -> None:
    path = f"/session/{session}/stream"
    assert rest.call("GET", path).status_code == 404
    bench.unpublish(bench.enter(session, "Ann"))
    eventually(lambda: rest.call("GET", path).json()["count"] == 0)


@pytest.mark.beyond("it signals everybody")
def test_a_signal_reaches_one_alone(bench: Bench, rest: Wire, session: str, ann: Person) -> None:
    ben = bench.enter(session, "Ben")
    one = f"/session/{session}/connection/{ben.connection}/signal"
    assert rest.call("POST", one, json={"type": "one", "data": ""}).status_code == 204
    assert (
        rest.call("POST", f"/session/{session}/signal", json={"type": "all", "data": ""}).status_code == 204
    )
    eventually(lambda: len(bench.heard(ben)) == 2)
    eventually(lambda: bench.heard(ann) == [("all", "")])
    nobody = f"/session/{session}/connection/{unknown_id()}/signal"
    assert rest.call("POST", nobody, json={"type": "one", "data": ""}).status_code == 404


@pytest.mark.beyond(MODERATION)
def test_streams_are_muted(rest: Wire, session: str, ann: Person) -> None:
    assert rest.call("POST", f"/session/{session}/stream/{ann.stream}/mute").status_code == 200
    assert rest.call("POST", f"/session/{session}/stream/{unknown_id()}/mute").status_code == 404
    for active in (True, False):
        body = {"active": active, "excludedStreamIds": [ann.stream]}
        assert rest.call("POST", f"/session/{session}/mute", json=body).status_code == 200
    assert rest.call("POST", f"/session/{session}/mute", json={}).status_code == 400


@pytest.mark.beyond(MODERATION)
def test_somebody_is_disconnected(bench: Bench, rest: Wire, session: str, ann: Person) -> None:
    path = f"/session/{session}/connection/{ann.connection}"
    assert rest.call("DELETE", path).status_code == 204
    eventually(lambda: rest.call("GET", f"/session/{session}/stream").json()["count"] == 0)
    assert rest.call("DELETE", path).status_code == 404

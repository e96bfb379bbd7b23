"""Captions: attached as WebVTT, checked, written anew, and read by whoever may watch."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.test import Client

from archives import clock
from archives.media.cleanup.removal import run_purge
from archives.models import ArchiveRun
from archives.models.captions import Captions
from archives.services import library
from archives.services.captions import MOST_BYTES, written_anew
from tests.support.media.stored_segments import new_run

pytestmark = pytest.mark.django_db
FILE = b"""\xef\xbb\xbfWEBVTT - Hearing

STYLE
::cue { color: red }

NOTE who made it

2
00:01:00.500 --> 00:01:02.000 align:start
<v.loud Ann>Good <i>morning</i> &amp; welcome</v>
in court.

1
00:01.000 --> 00:02.000
<00:00:01.500>R&amp;D &lt;b&gt; <script>x</script>
"""
WRITTEN = """WEBVTT

00:00:01.000 --> 00:00:02.000
R&amp;D &lt;b&gt; x

00:01:00.500 --> 00:01:02.000
Ann: Good morning &amp; welcome
in court.
"""


@pytest.fixture
def run() -> ArchiveRun:
    return new_run(status="complete")


def put(client: Client, run: ArchiveRun, data: bytes = FILE) -> Any:
    return client.put(f"/api/runs/{run.pk}/captions/", data, content_type="text/vtt")


def test_they_are_written_anew_as_times_and_plain_text(host: Client, run: ArchiveRun) -> None:
    answer = put(host, run)
    assert (answer.status_code, answer.json()["cues"]) == (200, 2)
    read = host.get(answer.json()["url"])
    assert b"".join(read.streaming_content).decode() == WRITTEN  # type: ignore[attr-defined]
    assert read["Content-Type"] == "text/vtt; charset=utf-8"
    assert host.get(f"/api/runs/{run.pk}/offsets/").json()["captions"] == answer.json()["url"]
    assert run.transitions.get(field="captions").new == "attached"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("one&#10;&#10;two", "one two"),
        ("x < y and y > z", "x &lt; y and y &gt; z"),
        ("<<i>script>alert(1)</script>", "&lt;script&gt;alert(1)"),
        ("<v   Ann  Lee >Yes", "Ann Lee: Yes"),
        ("<lang en>a<00:01.500>b</lang><>", "ab"),
    ],
)
def test_no_text_is_lost_and_none_becomes_markup(
    host: Client, run: ArchiveRun, text: str, written: str
) -> None:
    assert put(host, run, f"WEBVTT\n\n00:01.000 --> 00:02.000\n{text}\n".encode()).status_code == 200
    assert Captions.objects.get().text == f"WEBVTT\n\n00:00:01.000 --> 00:00:02.000\n{written}\n"


@pytest.mark.parametrize("part", ["<v ", "<v" + " " * 5000, "<", "</", "&#1"])
def test_a_long_line_of_beginnings_takes_no_longer_than_one_of_words(run: ArchiveRun, part: str) -> None:
    def seconds(line: str) -> float:
        data = f"WEBVTT\n\n00:01.000 --> 00:02.000\n{line}\n".encode()
        began = time.perf_counter()
        written_anew(data, run)
        return time.perf_counter() - began

    beginnings = (part * 50_000)[:50_000]
    words = min(seconds("word " * 10_000) for _ in range(3))
    assert seconds(beginnings) < 20 * words


def test_others_take_their_place_at_another_address(host: Client, run: ArchiveRun) -> None:
    first = put(host, run).json()["url"]
    second = put(host, run, FILE.replace(b"court", b"camera")).json()["url"]
    assert first != second
    assert Captions.objects.count() == 1


def test_they_are_removed(host: Client, run: ArchiveRun) -> None:
    put(host, run)
    for _ in range(2):
        assert host.delete(f"/api/runs/{run.pk}/captions/").status_code == 204
    assert host.get(f"/api/runs/{run.pk}/offsets/").json()["captions"] is None
    assert host.get(f"/media/runs/{run.pk}/captions.vtt").status_code == 404
    assert [told.new for told in run.transitions.filter(field="captions")] == ["attached", "removed"]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        pytest.param(b"", "no WebVTT", id="nothing"),
        pytest.param(b"1\n00:00:01,000 --> 00:00:02,000\nHello\n", "no WebVTT", id="SRT"),
        pytest.param(b"WEBVTT\n\nNOTE empty\n", "no caption", id="no caption"),
        pytest.param(b"WEBVTT\n\n00:99.000 --> 00:02.000\nHello\n", "not as WebVTT", id="impossible time"),
        pytest.param(b"WEBVTT\n\n00:01.000 -> 00:02.000\nHello\n", "no caption", id="no arrow"),
        pytest.param(b"WEBVTT\n\n00:03.000 --> 00:02.000\nHello\n", "ends before", id="backwards"),
        pytest.param(b"WEBVTT\n\n00:01.000 --> 00:02.000\nGr\xfc\xdfe\n", "UTF-8", id="Latin-1"),
        pytest.param(b"WEBVTT\n\n00:01.000 --> 00:02.000\n\0\n", "plain text", id="NUL"),
        pytest.param(FILE + b"&#" + b"1" * 5000 + b";\n", "(&#…;) that is none", id="no character"),
        pytest.param(FILE + b"x" * MOST_BYTES, "at most 4 MB", id="too long"),
    ],
)
def test_what_is_wrong_is_said_and_changes_nothing(
    host: Client, run: ArchiveRun, data: bytes, said: str
) -> None:
    put(host, run)
    answer = put(host, run, data)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert said in answer.json()["message"]
    assert Captions.objects.get().text == WRITTEN


def test_captions_of_another_recording_are_noticed(host: Client, run: ArchiveRun) -> None:
    run.segments.create(
        ordinal=0, session="primary", session_id="s", archive_id="a", status="available",
        created_at_ms=1_700_000_000_000, duration_ms=60_000,
    )  # fmt: skip
    answer = put(host, run, b"WEBVTT\n\n00:01:00.000 --> 00:01:02.000\nHello\n")
    assert "after the end" in answer.json()["message"]
    assert put(host, run).status_code == 200


def test_a_hold_keeps_them_as_they_are(host: Client, run: ArchiveRun) -> None:
    put(host, run)
    library.hold(run=run, by="operator")
    assert put(host, run).json()["code"] == "on_hold"
    assert host.delete(f"/api/runs/{run.pk}/captions/").json()["code"] == "on_hold"
    assert Captions.objects.exists()


def test_they_go_with_the_recording(host: Client, run: ArchiveRun) -> None:
    put(host, run)
    ArchiveRun.objects.update(trashed_at=clock.now())
    assert host.get(f"/media/runs/{run.pk}/captions.vtt").status_code == 404
    run_purge(run=run, by="host")
    assert not Captions.objects.exists()

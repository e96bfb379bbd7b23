"""localtok's browser library answers probes as the vendor's does, except where a difference is listed."""

from __future__ import annotations

import json

import pytest

from localtok_tests.probes.comparison import Result, comparable, compare, known_differences
from localtok_tests.probes.site import groups
from tests.support.npm import package_file

# One probe in four, always the same ones: tests/nightly runs all of them.
SHARE = 4


async def check(share: int) -> None:
    """Fails if a probe differs that is not listed, or does not differ although it is."""
    package_file("@opentok/client/dist/js/opentok.min.js")
    results = await compare(share=share)
    assert all(result.vendor for result in results), "a group has no probe"
    assert [each for result in results for each in unlisted(result)] == []
    outdated = [(result.group, name) for result in results for name in result.outdated]
    assert outdated == [], "listed as different, but they agree"


def unlisted(result: Result) -> list[str]:
    return [
        f"{name}: {json.dumps(result.vendor.get(name))}, not {json.dumps(result.localtok.get(name))}"
        for name in result.unlisted
    ]


@pytest.mark.e2e
@pytest.mark.media
async def test_both_libraries_do_the_same() -> None:
    await check(SHARE)


def test_a_difference_of_anything_but_wording_counts() -> None:
    one = {"thrown": {"name": "A", "code": 1, "message": "x"}}
    assert comparable(one) == comparable({"thrown": {"name": "A", "code": 1, "message": "y"}})
    result = Result(
        "g", {"p": one, "q": 1, "r": 1}, {"p": {"thrown": {"name": "B", "code": 1}}, "q": 1}, {"q": "no more"}
    )
    assert (result.differ, result.unlisted, result.outdated) == (["p", "r"], ["p", "r"], ["q"])


def test_every_known_difference_has_a_reason() -> None:
    for group in groups():
        assert all(len(reason) > 20 for reason in known_differences(group).values()), group

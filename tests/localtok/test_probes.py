"""localtok's browser library answers probes as the vendor's does, except where a difference is listed."""

from __future__ import annotations

import json

import pytest

from tests.localtok.probes.comparison import Result, comparable, compare, known_differences
from tests.localtok.probes.site import groups
from tests.support.npm import package_file


def report(result: Result, names: list[str]) -> str:
    both = (
        f"{name}\n  {json.dumps(result.vendor.get(name))}\n  {json.dumps(result.localtok.get(name))}"
        for name in names
    )
    return "\n".join(both)


@pytest.mark.e2e
@pytest.mark.media
@pytest.mark.parametrize("group", groups())
async def test_both_libraries_do_the_same(group: str) -> None:
    package_file("@opentok/client/dist/js/opentok.min.js")
    [result] = await compare([group])
    assert result.vendor, "no probe ran"
    assert not result.unlisted, report(result, result.unlisted)
    assert not result.outdated, "listed as different, but they agree"


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

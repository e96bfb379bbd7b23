"""What the vendor's own web samples use is in localtok's library, and probed."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from localtok_tests.types.comparison import Member, compared, listed
from localtok_tests.types.evidence import in_page_tests, probed

SAMPLES: dict[str, dict[str, Any]] = tomllib.loads((Path(__file__).parent / "sample_calls.toml").read_text())


def used(sample: str) -> list[str]:
    return [key for kind in ("calls", "options", "events") for key in SAMPLES[sample][kind]]


def members() -> dict[str, Member]:
    return {each.key: each for each in compared().members}


def test_nine_samples_are_listed() -> None:
    assert len(SAMPLES) == 9


@pytest.mark.parametrize("sample", SAMPLES)
def test_what_a_sample_uses_fits_the_vendors_types(sample: str) -> None:
    assert not set(used(sample)) - set(members()), "not in the vendor's types"
    lacking = [key for key in used(sample) if members()[key].differs and key not in listed()["alike"]]
    assert lacking == SAMPLES[sample].get("lacking", [])


@pytest.mark.parametrize("sample", SAMPLES)
def test_what_a_sample_uses_beside_the_types_is_there(sample: str) -> None:
    assert set(SAMPLES[sample].get("untyped", [])) <= set(listed()["extra"]) & set(compared().extra)


@pytest.mark.parametrize("sample", SAMPLES)
def test_what_a_sample_uses_is_probed(sample: str) -> None:
    unproved = [key for key in used(sample) if not probed(members()[key])]
    # What needs a platform cannot be probed on the vendor's library; a test drives a page with localtok's.
    assert all(in_page_tests(members()[key]) for key in unproved), unproved

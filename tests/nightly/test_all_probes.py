"""All probes of the browser libraries; bin/test runs one in four."""

from __future__ import annotations

import pytest

from localtok_tests.test_probes import check


@pytest.mark.e2e
@pytest.mark.media
async def test_both_libraries_do_the_same_in_every_probe() -> None:
    await check(share=1)

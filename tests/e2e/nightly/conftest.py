"""What a recorded call says of itself in every place, compared at the end of a scenario."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.browser.everywhere import Check, assert_the_same, numbers_everywhere, subscribe
from tests.support.servers.event_receiver import Receiver
from tests.support.servers.processes import Product


@pytest.fixture(scope="module")
def receiver(product: Product) -> Iterator[Receiver]:
    """Gets every event of the product, which needs EVENTS_ALLOW_PRIVATE."""
    receiver = Receiver()
    subscribe(product, receiver)
    yield receiver
    receiver.close()


@pytest.fixture
def same(product: Product, receiver: Receiver) -> Check:
    """The numbers of an ended run, asserted to be the same in every place."""
    return lambda recorded: assert_the_same(numbers_everywhere(product, recorded, receiver))

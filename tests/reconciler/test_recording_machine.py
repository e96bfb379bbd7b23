"""Whatever fails and in whatever order, I1–I6 hold (tests/support/recording/recording_machine.py).

`pytest tests/reconciler/test_recording_machine.py --hypothesis-profile nightly` runs 10,000 examples, or
as many as RECORDING_EXAMPLES says.
"""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from tests.support.recording.recording_machine import RecordingMachine


@pytest.mark.django_db
def test_no_order_of_failures_breaks_an_invariant(recording_settings: settings) -> None:
    run_state_machine_as_test(RecordingMachine, settings=recording_settings)

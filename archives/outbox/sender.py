"""Sends what is due: one thread with the database takes and settles, a bounded pool talks to receivers.

Each subscriber has one delivery in flight, so a slow one holds up no other, and no recording: workers never
wait for a receiver. A process that is killed leaves a lease that runs out; the delivery is then sent again.
"""

from __future__ import annotations

import logging
import threading
from concurrent.futures import Future, ThreadPoolExecutor, wait

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection, reset_queries

from archives.models import Delivery, Subscriber
from archives.outbox.parcels import parcel
from archives.outbox.transports import Outcome, send
from archives.services import deliveries

logger = logging.getLogger(__name__)
THREADS = 16
IDLE_S = 1.0
# A conversation with a mail server or a chat service has several steps, each with a time-out of its own.
OTHERS_LEASE_S = 300.0
# Name servers take their time besides; a POST that begins after its deadline is not sent.
SPARE_S = 5.0


def lease_s() -> dict[str, float]:
    """Seconds for which a delivery is held, by the kind of subscriber: longer than sending may take."""
    post_s = 2 * settings.EVENTS_TIMEOUT + SPARE_S
    posted = (Subscriber.Kind.WEBHOOK, Subscriber.Kind.ALERT_URL)
    return {kind: post_s if kind in posted else OTHERS_LEASE_S for kind in Subscriber.Kind.values}


class Sender:
    """`step` and `settle` return whether they found work, so that tests drive them without the loop."""

    def __init__(self, threads: int = THREADS) -> None:
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="outbox")
        self._flying: dict[Future[Outcome], Delivery] = {}

    def run(self, stop: threading.Event) -> None:
        """Until `stop` is set; what is in flight then is settled first."""
        while not stop.is_set():
            close_old_connections()
            reset_queries()  # With DEBUG on Django keeps thousands of them.
            if not self._guarded_step():
                self._wait(IDLE_S, stop)
        self.finish()
        connection.close()

    def _guarded_step(self) -> bool:
        try:
            return self.step()
        except DatabaseError as error:
            logger.error("Outbox: the database is not available: %s", error)
            connection.close()
        except Exception:
            # The thread must outlive a defect: nothing else sends alarms.
            logger.exception("Outbox: unhandled exception; continuing")
        return False

    def _wait(self, seconds: float, stop: threading.Event) -> None:
        if self._flying:
            wait(self._flying, timeout=seconds, return_when="FIRST_COMPLETED")
            stop.wait(0.01)  # A settled delivery that could not be written must not make this loop spin.
        else:
            stop.wait(seconds)

    def step(self) -> bool:
        """Write what has come of deliveries, and start others. Raises DatabaseError."""
        settled = self.settle()
        return self._start() or settled

    def settle(self) -> bool:
        ended = [future for future in self._flying if future.done()]
        for future in ended:
            _settle(self._flying[future], future.result())
            del self._flying[future]
        return bool(ended)

    def _start(self) -> bool:
        started = False
        while len(self._flying) < self._threads:
            busy = {delivery.subscriber_id for delivery in self._flying.values()}
            delivery = deliveries.hold_next(busy=busy, lease_s=lease_s())
            if delivery is None:
                break
            self._send(delivery)
            started = True
        return started

    def _send(self, delivery: Delivery) -> None:
        try:
            content = parcel(delivery)
        except DatabaseError:
            raise
        except Exception as error:
            # One event that cannot be written must not keep others from being sent.
            logger.exception("Outbox: a delivery could not be written: delivery=%s", delivery.pk)
            deliveries.fail(delivery, status=None, error=f"Internal error ({type(error).__name__}).")
            return
        self._flying[self._pool.submit(send, content)] = delivery

    def drain(self) -> None:
        """Send all that is due now."""
        while self.step() or self._flying:
            wait(self._flying)

    def finish(self) -> None:
        """Wait for what is in flight, so that a regular stop rarely sends anything twice."""
        wait(self._flying, timeout=settings.EVENTS_TIMEOUT + 1)
        try:
            self.settle()
        except DatabaseError as error:
            logger.error("Outbox: the database is not available: %s", error)
        self._pool.shutdown(wait=False)


def _settle(delivery: Delivery, outcome: Outcome) -> None:
    if not outcome.error:
        deliveries.done(delivery, status=outcome.status)
        return
    # A receiver that stays away for a day is tried a hundred times.
    logger.log(
        logging.WARNING if delivery.attempts == 1 else logging.INFO,
        "Delivery failed: delivery=%s type=%s attempts=%s error=%s",
        delivery.pk,
        delivery.event.type,
        delivery.attempts,
        outcome.error,
    )
    deliveries.fail(delivery, status=outcome.status, error=outcome.error)

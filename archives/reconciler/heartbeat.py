"""The pulse of one worker or media process: it says that it lives, and writes what it has counted."""

from __future__ import annotations

import atexit
import logging
import os
import socket
import threading

from django.db import DatabaseError, close_old_connections, connection

from archives import clock
from archives.services import counters, heartbeats

logger = logging.getLogger(__name__)

EVERY_S = 10.0
JOIN_S = 3.0


def process_name(kind: str) -> str:
    return f"{kind}:{socket.gethostname()}:{os.getpid()}"


class Beats:
    """Safe to call from several threads; says no more than is needed."""

    def __init__(self, kind: str) -> None:
        self.kind, self.process = kind, process_name(kind)
        self._due = 0.0
        self._lock = threading.Lock()

    def beat(self) -> None:
        """Where one is due. Raises DatabaseError."""
        with self._lock:
            if clock.steady() < self._due:
                return
            self._due = clock.steady() + EVERY_S
        heartbeats.record(process=self.process, kind=self.kind)
        counters.flush()

    def beat_and_close(self) -> None:
        """As `beat`, but leaves no connection open and survives a database that is away."""
        try:
            self.beat()
        except DatabaseError as error:
            logger.warning("no beat: the database is not available (%s)", type(error).__name__)
        finally:
            connection.close()

    def flush(self) -> None:
        counters.flush()

    def begin(self) -> None:
        """In a thread of its own, for as long as this process lives."""
        ended = threading.Event()
        thread = threading.Thread(target=self.run, args=(ended,), daemon=True, name="beats")

        def finish() -> None:
            ended.set()
            thread.join(JOIN_S)

        thread.start()
        atexit.register(finish)

    def run(self, ended: threading.Event) -> None:
        """For a thread of its own, until `ended`."""
        while not ended.is_set():
            close_old_connections()
            self.beat_and_close()
            ended.wait(EVERY_S)
        self.end()

    def end(self) -> None:
        """This process ends because it was asked to: nobody has to wonder where it is."""
        try:
            counters.flush()
            heartbeats.end(process=self.process)
        except DatabaseError:
            pass
        finally:
            connection.close()

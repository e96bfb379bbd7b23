"""`manage.py runworker`: carries out what the rows say, until SIGTERM or SIGINT."""

import signal
import threading
from argparse import ArgumentParser
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand

from archives.outbox.sender import Sender
from archives.reconciler.heartbeat import Beats
from archives.reconciler.worker import IDLE_S, Worker
from archives.services.heartbeats import WORKER


class Command(BaseCommand):
    help = (
        "Carries out starts, restarts and stops step by step, sweeps for what is due or unexplained, "
        "and sends events to their subscribers."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="do what is due now, then exit")
        parser.add_argument(
            "--threads", type=int, default=4, help="runs attended at the same time (default %(default)s)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["once"]:
            worker = Worker()
            while worker.work_once():
                pass
            sender = Sender()
            sender.drain()
            sender.finish()
            return
        stop = threading.Event()

        def ask_to_stop(number: int, frame: FrameType | None) -> None:
            stop.set()

        signal.signal(signal.SIGTERM, ask_to_stop)
        signal.signal(signal.SIGINT, ask_to_stop)
        # One run whose platform calls are slow must not make the others wait. Together the idle threads ask
        # the database as often as one alone would.
        count = max(1, options["threads"])
        beats = Beats(WORKER)
        workers = [
            Worker(f"{beats.process}:{number}", idle_s=IDLE_S * count, beats=beats) for number in range(count)
        ]
        threads = [threading.Thread(target=worker.run, args=(stop,)) for worker in workers]
        threads.append(threading.Thread(target=Sender().run, args=(stop,), name="outbox"))
        for thread in threads:
            thread.start()
            stop.wait(IDLE_S)  # one after the other, so that they do not all ask at the same moment
        self.stdout.write(f"worker ready, {count} threads")
        self.stdout.flush()
        for thread in threads:
            thread.join()
        beats.end()

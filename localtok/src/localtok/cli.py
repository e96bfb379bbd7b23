"""The command line of localtok."""

from __future__ import annotations

import argparse
import asyncio
import logging
import shutil
import signal
import sys
import tempfile
import warnings
from pathlib import Path

from jwt.warnings import InsecureKeyLengthWarning

from localtok.archives.limits import Limits
from localtok.process.memory import share_arenas
from localtok.process.turns import take_short_turns
from localtok.publishing import cli as publishing
from localtok.server import Localtok, Settings

DEV_KEY, DEV_SECRET, DEV_DATA = "100", "localtok-secret", Path("var/localtok")


def parser() -> argparse.ArgumentParser:
    commands = argparse.ArgumentParser(
        prog="localtok",
        description="A local stand-in for OpenTok: REST, signalling, recording, callbacks, faults to order.",
        epilog="localtok publish --help: people without browsers.",
    )
    option = commands.add_argument
    dev = f"key {DEV_KEY}, secret {DEV_SECRET}, data in {DEV_DATA}, and test controls on"
    option("--dev", action="store_true", help=dev)
    option("--host", default="127.0.0.1", help="where it listens (%(default)s)")
    option("--port", type=int, default=8100, help="%(default)s; 0 takes a free one")
    option("--api-key", metavar="KEY", help="of the one project; required, unless --dev")
    option("--api-secret", metavar="SECRET", help="required, unless --dev")
    option("--data-dir", metavar="DIR", type=Path, help="sessions, archives, files; required, unless --dev")
    option("--temporary", action="store_true", help="instead of --data-dir: nothing is left after the end")
    option(
        "--max-archive-seconds",
        metavar="S",
        type=float,
        default=14400,
        help="recorded time until an archive stops by itself (%(default)s)",
    )
    option("--archive-callback-url", metavar="URL", default="", help="is told of each status of an archive")
    option("--session-callback-url", metavar="URL", default="", help="is told who comes and goes")
    option("--callback-secret", metavar="SECRET", default="", help="signs callbacks (JWT, HS256)")
    option("--public-url", metavar="URL", default="", help="what links to files begin with (its own address)")
    option(
        "--bucket-dir",
        metavar="DIR",
        type=Path,
        help="its folders stand for buckets of projects' own storage (buckets in the data directory)",
    )
    option("--application-id", metavar="ID", default="", help="also answers the Unified platform's calls")
    option("--public-key", metavar="PEM", type=Path, help="the file with the application's public key")
    option(
        "--strict",
        action="store_true",
        help="refuse what the vendor's documentation does not allow and localtok takes otherwise",
    )
    option(
        "--test-controls",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="answer / and /_localtok/… (page, clock, faults, reset); by default only when --host is this "
        "machine alone",
    )
    option("--verbose", action="store_true", help="log WebRTC too")
    return commands


def parse(words: list[str]) -> argparse.Namespace:
    """The options, with those that --dev gives where none were said."""
    commands = parser()
    arguments = commands.parse_args(words)
    if arguments.temporary and arguments.data_dir:
        commands.error("--temporary and --data-dir exclude each other")
    if arguments.temporary:
        arguments.data_dir = Path(tempfile.mkdtemp(prefix="localtok-"))
    if arguments.dev:
        arguments.api_key = arguments.api_key or DEV_KEY
        arguments.api_secret = arguments.api_secret or DEV_SECRET
        arguments.data_dir = arguments.data_dir or DEV_DATA
        arguments.test_controls = arguments.test_controls is not False
    for name in ("api_key", "api_secret", "data_dir"):
        if not getattr(arguments, name):
            commands.error(f"--{name.replace('_', '-')} is required, or --dev")
    return arguments


def settings(arguments: argparse.Namespace) -> Settings:
    return Settings(
        api_key=arguments.api_key,
        api_secret=arguments.api_secret,
        data_dir=arguments.data_dir,
        host=arguments.host,
        port=arguments.port,
        limits=Limits(recorded_s=arguments.max_archive_seconds),
        archive_callback_url=arguments.archive_callback_url,
        session_callback_url=arguments.session_callback_url,
        callback_secret=arguments.callback_secret,
        public_url=arguments.public_url,
        application_id=arguments.application_id,
        public_key=arguments.public_key.read_text() if arguments.public_key else "",
        test_controls=arguments.test_controls,
        strict=arguments.strict,
        bucket_dir=arguments.bucket_dir,
    )


async def serve(chosen: Settings) -> None:
    """Serves until SIGTERM or SIGINT, then finishes what is being recorded."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    async with Localtok(chosen) as server:
        print(f"localtok ready {server.url}", flush=True)
        await ended.wait()


def main() -> None:
    # The length of an API secret is the product's choice, and the vendor's rule.
    warnings.filterwarnings("ignore", category=InsecureKeyLengthWarning)
    if sys.argv[1:2] == ["publish"]:
        sys.exit(publishing.main(sys.argv[2:]))
    arguments = parse(sys.argv[1:])
    logging.basicConfig(
        level=logging.DEBUG if arguments.verbose else logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    if not arguments.verbose:
        for noisy in ("aioice", "aiortc"):
            logging.getLogger(noisy).setLevel(logging.WARNING)
    share_arenas()
    take_short_turns()
    try:
        asyncio.run(serve(settings(arguments)))
    finally:
        if arguments.temporary:
            shutil.rmtree(arguments.data_dir, ignore_errors=True)

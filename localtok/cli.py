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

from localtok.archives import Limits
from localtok.memory import share_arenas
from localtok.publishing import cli as publishing
from localtok.server import Localtok, Settings

DEV_KEY, DEV_SECRET, DEV_DATA = "100", "localtok-secret", Path("var/localtok")


def parser() -> argparse.ArgumentParser:
    commands = argparse.ArgumentParser(
        prog="localtok",
        description="A local stand-in for OpenTok.",
        epilog="localtok publish --help: people without browsers.",
    )
    commands.add_argument(
        "--dev",
        action="store_true",
        help=f"key {DEV_KEY}, secret {DEV_SECRET}, data in {DEV_DATA}, and test controls on",
    )
    commands.add_argument("--host", default="127.0.0.1")
    commands.add_argument("--port", type=int, default=8100, help="0 takes a free one")
    commands.add_argument("--api-key", help="required, unless --dev")
    commands.add_argument("--api-secret", help="required, unless --dev")
    commands.add_argument(
        "--data-dir", type=Path, help="sessions, archives and files; required, unless --dev"
    )
    commands.add_argument(
        "--temporary", action="store_true", help="instead of --data-dir: nothing is left after the end"
    )
    commands.add_argument(
        "--max-archive-seconds", type=float, default=14400, help="recorded time per archive"
    )
    commands.add_argument("--archive-callback-url", default="")
    commands.add_argument("--session-callback-url", default="")
    commands.add_argument("--callback-secret", default="", help="signs callbacks (JWT, HS256)")
    commands.add_argument("--public-url", default="", help="the address that links to files begin with")
    commands.add_argument("--application-id", default="", help="also answers the Unified platform's calls")
    commands.add_argument("--public-key", type=Path, help="the application's public key, a PEM file")
    commands.add_argument(
        "--test-controls",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="answer /_localtok/… (clock, faults, reset); by default only when --host is this machine alone",
    )
    commands.add_argument("--verbose", action="store_true")
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
    try:
        asyncio.run(serve(settings(arguments)))
    finally:
        if arguments.temporary:
            shutil.rmtree(arguments.data_dir, ignore_errors=True)

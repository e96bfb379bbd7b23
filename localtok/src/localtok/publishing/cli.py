"""`python -m localtok publish`: people without browsers, for tests, demonstrations and load."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import time
import uuid

import aiohttp
import jwt

from localtok.publishing.page import PageError, SyntheticPage
from localtok.publishing.tracks import Source

TIMEOUT = aiohttp.ClientTimeout(total=10)


def parser() -> argparse.ArgumentParser:
    commands = argparse.ArgumentParser(
        prog="localtok publish", description="Publishes counted pictures and speech-like sound."
    )
    commands.add_argument("--url", default="http://127.0.0.1:8100", help="localtok's address (%(default)s)")
    commands.add_argument("--session", default="", help="its id; without it, a new one is made and printed")
    commands.add_argument("--token", default="", help="without it, one is made with the API secret")
    commands.add_argument("--api-key", default="100", help="as localtok's (%(default)s)")
    commands.add_argument("--api-secret", default="localtok-secret", help="as localtok's (%(default)s)")
    commands.add_argument(
        "--count", type=int, default=1, help="how many people, each with a stream (%(default)s)"
    )
    commands.add_argument("--seconds", type=float, default=0, help="0 goes on until it is stopped")
    commands.add_argument("--name", default="Synthetic", help="the streams are called by it and a number")
    commands.add_argument(
        "--size", default="640x480", help="of the pictures, both numbers even (%(default)s)"
    )
    commands.add_argument("--fps", type=float, default=12.5, help="numbered pictures a second (%(default)s)")
    commands.add_argument("--no-media", action="store_true", help="streams that nobody can watch or record")
    return commands


def main(arguments: list[str]) -> int:
    options = parser().parse_args(arguments)
    failures: list[str] = []
    try:
        asyncio.run(publish(options))
    except* (PageError, OSError, aiohttp.ClientError, TimeoutError) as group:
        failures = sorted({str(error) or type(error).__name__ for error in group.exceptions})
    for failure in failures:
        print(f"localtok publish: {failure}", file=sys.stderr)
    return 1 if failures else 0


async def publish(options: argparse.Namespace) -> None:
    """Publishes until the time is over, SIGINT or SIGTERM comes, or the server ends it."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    session_id = options.session or await new_session(options.url, options.api_key, options.api_secret)
    async with asyncio.TaskGroup() as group:
        for index in range(options.count):
            group.create_task(_person(options, session_id, index, stop))


async def _person(options: argparse.Namespace, session_id: str, index: int, stop: asyncio.Event) -> None:
    name = f"{options.name} {index + 1}"
    token = options.token or client_token(options.api_key, options.api_secret, session_id, name)
    width, height = (int(side) for side in options.size.split("x"))
    source = None if options.no_media else Source(index, width, height, options.fps)
    async with SyntheticPage(options.url, options.api_key, session_id, token) as page:
        stream_id = await page.publish(name, source)
        print(f"publishing {stream_id} as {name!r} in {session_id}", flush=True)
        waits = [asyncio.create_task(event.wait()) for event in (stop, page.ended)]
        await asyncio.wait(waits, timeout=options.seconds or None, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()


async def new_session(url: str, api_key: str, api_secret: str) -> str:
    """A routed session of localtok's."""
    claims = {"iss": api_key, "ist": "project", "iat": int(time.time()), "exp": int(time.time()) + 180}
    headers = {"X-OPENTOK-AUTH": jwt.encode(claims, api_secret, algorithm="HS256")}
    routed = {"p2p.preference": "disabled"}
    create = f"{url.rstrip('/')}/session/create"
    async with (
        aiohttp.ClientSession(timeout=TIMEOUT, headers=headers) as http,
        http.post(create, data=routed) as response,
    ):
        body = await response.json()
    if not isinstance(body, list):
        raise PageError(str(body.get("message", body)))
    return str(body[0]["session_id"])


def client_token(api_key: str, api_secret: str, session_id: str, data: str) -> str:
    """A page's token for an hour, as the SDKs make them."""
    now = int(time.time())
    claims = {
        "iss": api_key,
        "ist": "project",
        "iat": now,
        "exp": now + 3600,
        "nonce": uuid.uuid4().hex,
        "role": "publisher",
        "scope": "session.connect",
        "session_id": session_id,
        "connection_data": data,
    }
    return jwt.encode(claims, api_secret, algorithm="HS256")

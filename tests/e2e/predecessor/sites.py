"""The predecessor's pages as processes: in front of a server of their own, and in front of this product."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from opentok import Client, MediaModes

from localtok.testing import RunningLocaltok
from tests.support.npm import MODULES, package_file, require_node
from tests.support.servers.processes import Http, Part, Product, free_port, wait_for

HERE = Path(__file__).parent
SECRET = "a secret of tests that is long enough to sign with"
# The predecessor's server always waits for the join delay; this product goes on as soon as everyone is there.
DELAYS = {
    "SESSION_JOIN_DELAY": "4",
    "SESSION_STOP_DELAY_PRIMARY": "1",
    "SESSION_STOP_DELAY_SECONDARY": "1",
}


@dataclass
class Site:
    """The pages at `url`; `http` asks the HTTP contract, `platform` is the vendor's SDK at localtok.

    `needs_sign_in`: the admin has to sign in before starting and watching.
    """

    url: str
    localtok_url: str
    platform: Client
    http: Http
    needs_sign_in: bool


@contextmanager
def own_server(scratch: Path) -> Iterator[Site]:
    """The predecessor's server as it is; its settings lead to localtok instead of the vendor."""
    localtok = RunningLocaltok(scratch / "localtok", api_secret=SECRET)
    platform = Client(localtok.api_key, localtok.api_secret, api_url=localtok.url, timeout=10)
    settings = {
        "API_KEY": localtok.api_key,
        "API_SECRET": localtok.api_secret,
        "SESSION_ID_PRIMARY": _session(platform),
        "SESSION_ID_SECONDARY": _session(platform),
        "OPENTOK_API_URL": localtok.url,
        "OPENTOK_SCRIPT_URL": localtok.script_url,
    }
    try:
        with _node("server.cjs", settings | DELAYS, scratch) as url:
            yield Site(url, localtok.url, platform, Http(url), needs_sign_in=False)
    finally:
        localtok.stop()


@contextmanager
def legacy_api(scratch: Path) -> Iterator[Site]:
    """This product; in front of it the predecessor's pages, at their old addresses of the same origin."""
    product = Product(scratch, WEBHOOK_SECRET=SECRET, **DELAYS)
    key, secret = product.environment["API_KEY"], product.environment["API_SECRET"]
    platform = Client(key, secret, api_url=product.localtok_url, timeout=10)
    settings = {
        "SERVER_URL": product.url,
        "OPENTOK_SCRIPT_URL": product.environment["OPENTOK_SCRIPT_URL"],
    }
    try:
        product.start()
        with _node("proxy.cjs", settings, scratch) as url:
            yield Site(url, product.localtok_url, platform, product.http, needs_sign_in=True)
    except BaseException:
        print(product.logs())
        raise
    finally:
        product.stop()


def _session(platform: Client) -> str:
    return str(platform.create_session(media_mode=MediaModes.routed).session_id)


@contextmanager
def _node(script: str, settings: dict[str, str], scratch: Path) -> Iterator[str]:
    """Yields the address at which `script` of this folder answers."""
    require_node()
    package_file("opentok/package.json")
    port = free_port()
    environment = os.environ | settings | {"PORT": str(port), "NODE_PATH": str(MODULES)}
    part = Part(script, ["node", str(HERE / script)], environment, scratch / f"{script}.log")
    part.start()
    try:
        wait_for(lambda: "listening" in part.tail(), f"{script} listens")
        yield f"http://127.0.0.1:{port}"
    except BaseException:
        print(part.tail())
        raise
    finally:
        part.stop()

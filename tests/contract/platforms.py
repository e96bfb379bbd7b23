"""The platforms that the contract is held to: the product's fake, localtok, and the real vendor.

Each is a bench: the gateway's interface (`api`), people who come and go, time as far as it can be moved, and
the vendor's REST calls where there is HTTP.
"""

from __future__ import annotations

import asyncio
import threading
import time
import uuid
from collections.abc import Coroutine
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol, TypeVar

import opentok
import pytest
import requests

from archives.platform.gateway import OpenTokPlatform, Platform, SignalData
from localtok.publishing.page import SyntheticPage
from localtok.publishing.tracks import Source
from localtok.testing import RunningLocaltok
from tests.support.platform.fake_platform import FakePlatform

TIMEOUT_S = 30.0
Result = TypeVar("Result")


@dataclass
class Person:
    """Somebody who is connected; `stream` is "" while they publish nothing."""

    name: str
    session: str
    connection: str
    stream: str
    page: Any = None


class Bench(Protocol):
    """`now_ms` is the platform's clock. `heard` gives the signals that reached a person, as (type, data)."""

    api: Platform

    def enter(self, session: str, name: str, media: bool = False) -> Person: ...
    def unpublish(self, person: Person) -> None: ...
    def publish(self, person: Person) -> None: ...
    def leave(self, person: Person) -> None: ...
    def heard(self, person: Person) -> list[tuple[str, SignalData]]: ...
    def now_ms(self) -> float: ...
    def advance(self, seconds: float) -> None: ...
    def clear(self) -> None: ...


class FakeBench:
    def __init__(self) -> None:
        self.fake = FakePlatform()
        self.api: Platform = self.fake

    def enter(self, session: str, name: str, media: bool = False) -> Person:
        self.fake.publish(session, name)
        stream = next(pk for pk, title in self.fake.streams[session].items() if title.startswith(f"{name} ["))
        return Person(name, session, f"connection-{name}", stream)

    def unpublish(self, person: Person) -> None:
        self.fake.unpublish(person.session, person.name, connected=True)

    def publish(self, person: Person) -> None:
        self.fake.publish(person.session, person.name)

    def leave(self, person: Person) -> None:
        self.fake.unpublish(person.session, person.name)

    def heard(self, person: Person) -> list[tuple[str, SignalData]]:
        return [(kind, data) for session, kind, data in self.fake.signals if session == person.session]

    def now_ms(self) -> float:
        return self.fake.now.timestamp() * 1000

    def advance(self, seconds: float) -> None:
        self.fake.advance(seconds)

    def clear(self) -> None:
        pass


@dataclass
class Wire:
    """The vendor's REST calls with the headers that its own SDK makes."""

    url: str
    key: str
    secret: str

    def __post_init__(self) -> None:
        self._client = opentok.Client(self.key, self.secret, api_url=self.url, timeout=TIMEOUT_S)

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        """`path` is what follows `/v2/project/<key>`."""
        return self.ask(method, f"/v2/project/{self.key}{path}", **options)

    def ask(self, method: str, path: str, **options: Any) -> requests.Response:
        headers = options.pop("headers", self._client.get_headers())
        return requests.request(method, self.url + path, headers=headers, timeout=TIMEOUT_S, **options)

    def new_session(self, **form: str) -> str:
        body = {"p2p.preference": "disabled", **form}
        return str(self.ask("POST", "/session/create", data=body).json()[0]["session_id"])

    def token(self, session: str, name: str) -> str:
        return str(self._client.generate_token(session, opentok.Roles.publisher, data=name))


class _Loop:
    """An event loop beside the tests, for pages without a browser."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def do(self, work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(TIMEOUT_S)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(TIMEOUT_S)
        self._loop.close()


class LocaltokBench:
    def __init__(self, running: RunningLocaltok) -> None:
        self._running = running
        self._loop = _Loop()
        self._present: list[Person] = []
        self.wire = Wire(running.url, running.api_key, running.api_secret)
        self.api: Platform = OpenTokPlatform(running.api_key, running.api_secret, running.url, TIMEOUT_S)

    def enter(self, session: str, name: str, media: bool = False) -> Person:
        page = SyntheticPage(self.wire.url, self.wire.key, session, self.wire.token(session, name))
        self._loop.do(page.__aenter__())
        person = Person(name, session, page.connection_id, "", page)
        self._present.append(person)
        self._publish(person, Source(len(self._present), 320, 240) if media else None)
        return person

    def unpublish(self, person: Person) -> None:
        self._loop.do(person.page.unpublish(person.stream))
        person.stream = ""

    def publish(self, person: Person) -> None:
        self._publish(person, None)

    def _publish(self, person: Person, source: Source | None) -> None:
        person.stream = self._loop.do(person.page.publish(person.name, source))

    def leave(self, person: Person) -> None:
        self._loop.do(person.page.__aexit__(None, None, None))
        self._present.remove(person)

    def heard(self, person: Person) -> list[tuple[str, SignalData]]:
        return [(e["type"], e["data"]) for e in person.page.events if e["event"] == "signal"]

    def now_ms(self) -> float:
        answer = requests.get(f"{self.wire.url}/_localtok/clock", timeout=TIMEOUT_S)
        return float(answer.json()["now_ms"])

    def advance(self, seconds: float) -> None:
        self._running.advance(seconds)

    def clear(self) -> None:
        for person in list(self._present):
            self.leave(person)
        self._running.reset()

    def close(self) -> None:
        self._loop.close()


# What a participant's page does with the vendor's own script, in a page of its own for each person.
VENDOR_PAGE = """
<!doctype html><meta charset="utf-8"><script src="%s"></script><script>
  const heard = [];
  const asked = (call) => new Promise((done, failed) => {
    call((error, result) => error ? failed(new Error(error.name + ': ' + error.message)) : done(result));
  });
  let session, publisher;
  async function enter(key, id, token, name) {
    session = OT.initSession(key, id);
    session.on('signal', (e) => heard.push([(e.type || '').replace(/^signal:/, ''), e.data || '']));
    await asked((done) => session.connect(token, done));
    return { connection: session.connection.connectionId, stream: await publish(name) };
  }
  async function publish(name) {
    publisher = OT.initPublisher(undefined, { name, insertDefaultUI: false });
    await asked((done) => session.publish(publisher, done));
    return publisher.stream.streamId;
  }
  const unpublish = () => session.unpublish(publisher);
  const leave = () => session.disconnect();
</script>
"""


class _Site:
    """One page, served from this machine: browsers give a camera to no other that is not encrypted."""

    def __init__(self, document: str) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                self.wfile.write(document.encode())

            def log_message(self, *args: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@dataclass
class VendorBench:
    """The real OpenTok, or whatever has its REST calls and its script. `browser` is Playwright's.

    Time there is nobody's to move: short waits are waited for, long ones leave the test out.
    """

    wire: Wire
    script_url: str
    browser: Any
    longest_wait_s: float = 120.0
    _present: list[Person] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.api: Platform = OpenTokPlatform(self.wire.key, self.wire.secret, self.wire.url, TIMEOUT_S)
        self._site = _Site(VENDOR_PAGE % self.script_url)

    def enter(self, session: str, name: str, media: bool = False) -> Person:
        page = self.browser.new_page()
        page.goto(self._site.url)
        token = self.wire.token(session, name)
        made = page.evaluate("(given) => enter(...given)", [self.wire.key, session, token, name])
        person = Person(name, session, made["connection"], made["stream"], page)
        self._present.append(person)
        return person

    def unpublish(self, person: Person) -> None:
        person.page.evaluate("() => unpublish()")
        person.stream = ""

    def publish(self, person: Person) -> None:
        person.stream = person.page.evaluate("(name) => publish(name)", person.name)

    def leave(self, person: Person) -> None:
        person.page.evaluate("() => leave()")
        person.page.close()
        self._present.remove(person)

    def heard(self, person: Person) -> list[tuple[str, SignalData]]:
        return [(kind, data) for kind, data in person.page.evaluate("() => heard")]

    def now_ms(self) -> float:
        return time.time() * 1000

    def advance(self, seconds: float) -> None:
        if seconds > self.longest_wait_s:
            pytest.skip(f"the vendor's time cannot be moved, and {seconds:.0f} s are too long to wait")
        time.sleep(seconds)

    def clear(self) -> None:
        for person in list(self._present):
            self.leave(person)

    def close(self) -> None:
        self._site.close()


def unknown_id() -> str:
    """An id as archives have them, of nothing."""
    return str(uuid.uuid4())

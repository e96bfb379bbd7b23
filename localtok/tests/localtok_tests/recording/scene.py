"""A session with somebody in it, for the vendor's own clients to act on, and which calls they made."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localtok.archives.archive import Status
from localtok.server import Localtok
from localtok_tests.clients.test_unified import UnifiedSdk
from localtok_tests.conftest import KEY, SECRET, Page, Sdk, until
from tests.support.platform.unified_key import APPLICATION, new_key

# A call that no client here has a method for.
NO_METHOD = "the package has no such method"
LEFT_OUT = {
    "listConnections": NO_METHOD,
    "setArchiveStorage": NO_METHOD,
    "deleteArchiveStorage": NO_METHOD,
}


@dataclass
class Scene:
    """`credentials` are the key and the secret, or the application's id and the PEM text of its private key.
    Ann is connected and publishes one stream, named "Ann [1]"."""

    server: Localtok
    sdk: Sdk
    credentials: tuple[str, str]
    session: str
    ann: Page
    stream: str

    def calls_left_out(self, lacking: dict[str, str]) -> set[str]:
        """Calls of localtok's that were not made, without those that the client lacks."""
        entries = self.server.journal.after(0)
        made = {entry["call"] for entry in entries if entry["kind"] == "call"}
        return set(self.server.rest.call_names()) - made - lacking.keys()

    async def available(self, archive_id: str) -> None:
        await until(lambda: self.server.archiving.get(archive_id).status == Status.AVAILABLE)


async def open_scene(serve: Any, pages: Any, folder: Path, unified: bool) -> Scene:
    """`serve` and `pages` are the fixtures; the private key is written into `folder`."""
    key_file = folder / "private.key"
    server = await serve(application_id=APPLICATION, public_key=new_key(key_file))
    sdk = UnifiedSdk(server.url, key_file) if unified else Sdk(server.url)
    credentials = (APPLICATION, key_file.read_text()) if unified else (KEY, SECRET)
    session = await sdk.routed_session()
    ann = await pages(server)
    await ann.connect(session, sdk.token(session, data="Ann"), apiKey=credentials[0])
    stream = await ann.publish("Ann [1]", media=False)
    server.journal.clear()
    return Scene(server, sdk, credentials, session, ann, stream)

"""Links to archive files: signed, valid for ten minutes, a fresh one at each request."""

from __future__ import annotations

import hmac
from urllib.parse import urlencode

from localtok.archives.archive import Archive, Status
from localtok.errors import Forbidden
from localtok.http.auth import Project
from localtok.process.clock import Clock

VALID_S = 600


class Links:
    def __init__(self, project: Project, clock: Clock, base_url: str = "") -> None:
        self._project = project
        self._clock = clock
        self.base_url = base_url

    def url(self, archive: Archive) -> str | None:
        """None unless the archive is available."""
        if archive.status != Status.AVAILABLE:
            return None
        expires = str(self._clock.now_ms() // 1000 + VALID_S)
        query = urlencode({"expires": expires, "signature": self._sign(archive.id, expires)})
        return f"{self.base_url}/archives/{archive.project_key}/{archive.id}/archive{archive.suffix}?{query}"

    def check(self, archive_id: str, expires: str, signature: str) -> None:
        if not hmac.compare_digest(self._sign(archive_id, expires).encode(), signature.encode()):
            raise Forbidden("The link is not signed by this server.")
        if int(expires) * 1000 < self._clock.now_ms():
            raise Forbidden("The link has expired: ask for the archive again, its url is then a fresh one.")

    def _sign(self, archive_id: str, expires: str) -> str:
        return self._project.sign(f"{archive_id}:{expires}")

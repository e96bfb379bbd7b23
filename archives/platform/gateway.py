"""The only module that talks to OpenTok: time-outs on every call, retries for reads, its errors as ours.

The SDK makes tokens, sessions and signed headers. Archives and streams are read as raw JSON with those
headers, because the SDK's `Archive` drops milliseconds, `reason` and `multiArchiveTag`, its 4xx answers lose
their code, and some of its calls have no time-out.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from functools import cache
from typing import Any, Protocol

import requests
from django.conf import settings
from opentok import Client, MediaModes, OpenTokException, Roles

from archives import clock, errors
from archives.ops import telemetry

logger = logging.getLogger(__name__)

Archive = dict[str, Any]
Stream = dict[str, Any]
SignalData = str | dict[str, str]
PAGE = 100
MAX_PAGES = 20
LARGEST_PAGE = 1000
CONNECT_TIMEOUT_S = 3.0
LARGEST_MS = 253_402_300_799_000  # the year 9999
ARCHIVE_OPTIONS = {
    "hasAudio": True,
    "hasVideo": True,
    "outputMode": "composed",
    "layout": {"type": "bestFit"},
    "resolution": "1280x720",
}


class Platform(Protocol):
    """What the product needs of OpenTok. Every call may raise PlatformError and its kinds."""

    def session_create(self) -> str: ...
    def token(self, session_id: str, data: str) -> str: ...
    def archive_start(self, session_id: str, name: str, tag: str = "") -> Archive: ...
    def archive_stop(self, archive_id: str) -> Archive: ...
    def archive_get(self, archive_id: str) -> Archive: ...
    def archive_delete(self, archive_id: str) -> None: ...
    def archives_list(self, session_id: str, since_ms: int = 0) -> list[Archive]: ...
    def archives_newest(self, page: int) -> list[Archive]: ...
    def streams_list(self, session_id: str) -> list[Stream]: ...
    def signal(self, session_id: str, type: str, data: SignalData) -> None: ...
    def disconnect(self, session_id: str, connection_id: str) -> None: ...
    def ping(self) -> None: ...


_replacement: Platform | None = None


def platform() -> Platform:
    return _replacement or _opentok(
        settings.API_KEY,
        settings.API_SECRET,
        settings.OPENTOK_API_URL,
        settings.OPENTOK_TIMEOUT,
        settings.UNIFIED,
    )


def use(replacement: Platform | None) -> None:
    """Talk to `replacement` from now on (tests); None gives the configured platform back."""
    global _replacement
    _replacement = replacement


@cache
def _opentok(key: str, secret: str, url: str, timeout_s: float, unified: bool) -> OpenTokPlatform:
    return OpenTokPlatform(key, secret, url, timeout_s, unified)


class OpenTokPlatform:
    """`unified`: `key` is the id of an application, and `secret` its private key as PEM text."""

    def __init__(self, key: str, secret: str, url: str, timeout_s: float, unified: bool = False) -> None:
        if not key or not secret:
            raise errors.PlatformRefused("API_KEY and API_SECRET are not set.")
        self._timeout_s = timeout_s
        self._client = _client(key, secret, url, timeout_s, unified)
        self._url = self._client.endpoints.api_url
        self._project = f"/v2/project/{key}"
        self._threads = threading.local()

    # --- sessions and tokens ---
    def session_create(self) -> str:
        """A routed session: only routed ones can be archived."""
        began, result = clock.steady(), "failed"
        try:
            created = str(self._client.create_session(media_mode=MediaModes.routed).session_id)
            result = "ok"
            return created
        except OpenTokException as error:
            # The SDK folds every failure into one exception, so its text is all there is to tell them apart.
            if "credentials" in str(error):
                raise errors.PlatformRefused from error
            raise errors.PlatformUnavailable("The video platform did not create a session.") from error
        finally:
            telemetry.observe(
                telemetry.PLATFORM_CALL, clock.steady() - began, kind="session_create", result=result
            )

    def token(self, session_id: str, data: str) -> str:
        """A publisher's token for a day, with `data` as the connection data."""
        try:
            return str(self._client.generate_token(session_id, Roles.publisher, data=data))
        except OpenTokException as error:
            raise errors.PlatformRefused(
                "The session does not belong to API_KEY. Check SESSION_ID_PRIMARY and SESSION_ID_SECONDARY."
            ) from error

    # --- archives ---
    def archive_start(self, session_id: str, name: str, tag: str = "") -> Archive:
        """Raises NoClients, AlreadyRecording (also: the tag is in use, a stop is not finished)."""
        body = {"sessionId": session_id, "name": name, **ARCHIVE_OPTIONS}
        if tag:
            body["multiArchiveTag"] = tag
        answer = self._call(
            "POST",
            f"{self._project}/archive",
            body=body,
            meaning={400: errors.NoClients, 404: errors.NoClients, 409: errors.AlreadyRecording},
        )
        return _archive(answer)

    def archive_stop(self, archive_id: str) -> Archive:
        path = f"{self._project}/archive/{archive_id}/stop"
        return _archive(self._call("POST", path, meaning={409: errors.WrongStatus}))

    def archive_get(self, archive_id: str) -> Archive:
        return _archive(self._read(f"{self._project}/archive/{archive_id}"))

    def archive_delete(self, archive_id: str) -> None:
        path = f"{self._project}/archive/{archive_id}"
        self._call("DELETE", path, meaning={409: errors.WrongStatus})

    def archives_list(self, session_id: str, since_ms: int = 0) -> list[Archive]:
        """All archives of a session created at `since_ms` (unix) or later, newest first."""
        found: list[Archive] = []
        for page in range(MAX_PAGES):
            archives = self._archives({"sessionId": session_id, "count": PAGE, "offset": page * PAGE})
            found += [archive for archive in archives if archive["createdAt"] >= since_ms]
            if len(archives) < PAGE or archives[-1]["createdAt"] < since_ms:
                break
        return found

    def archives_newest(self, page: int) -> list[Archive]:
        """A page of the archives of all sessions of the project, newest first; the last one is not full."""
        return self._archives({"count": LARGEST_PAGE, "offset": page * LARGEST_PAGE})

    def _archives(self, params: dict[str, Any]) -> list[Archive]:
        return [_archive(item) for item in _items(self._read(f"{self._project}/archive", params))]

    # --- sessions' life ---
    def streams_list(self, session_id: str) -> list[Stream]:
        """[{id, name, videoType, …}]; a session that nobody has entered yet has none."""
        try:
            return _items(self._read(f"{self._project}/session/{session_id}/stream"))
        except errors.NotFound:
            return []

    def signal(self, session_id: str, type: str, data: SignalData) -> None:
        """The predecessor's pages expect an object as `data`; the vendor documents text alone.

        So an object that the platform refuses is sent again as its JSON text.
        """
        try:
            self._signal(session_id, type, data)
        except errors.InvalidSignal:
            if isinstance(data, str):
                raise
            self._signal(session_id, type, json.dumps(data))

    def _signal(self, session_id: str, type: str, data: SignalData) -> None:
        path = f"{self._project}/session/{session_id}/signal"
        meaning = {400: errors.InvalidSignal, 404: errors.NoClients}
        self._call("POST", path, body={"type": type, "data": data}, meaning=meaning)

    def disconnect(self, session_id: str, connection_id: str) -> None:
        self._call("DELETE", f"{self._project}/session/{session_id}/connection/{connection_id}")

    def ping(self) -> None:
        """Raises PlatformError where the platform does not answer or refuses us. Not retried: a probe."""
        self._call("GET", f"{self._project}/archive", params={"count": 1})

    # --- the wire ---
    def _read(self, path: str, params: dict[str, Any] | None = None) -> Any:
        """A GET, tried again while its time lasts: reading twice changes nothing."""
        until = clock.steady() + self._timeout_s
        pause_s = 0.1
        while True:
            try:
                return self._call("GET", path, params=params)
            except errors.PlatformError as error:
                if not error.retry or clock.steady() + pause_s >= until:
                    raise
            time.sleep(pause_s)
            pause_s *= 2

    def _call(
        self,
        method: str,
        path: str,
        *,
        body: dict[str, Any] | None = None,
        params: dict[str, Any] | None = None,
        meaning: dict[int, type[errors.PlatformError]] | None = None,
    ) -> Any:
        began, result = clock.steady(), "ok"
        try:
            return self._exchange(method, path, body, params, meaning or {})
        except errors.PlatformError as error:
            result = error.code
            raise
        finally:
            took_s = clock.steady() - began
            telemetry.observe(telemetry.PLATFORM_CALL, took_s, kind=_call_name(method, path), result=result)

    @property
    def _kept_open(self) -> requests.Session:
        """This thread's connection for reads. One that the other end is just closing leaves open what came of
        the call: a read is then tried again, an act would have to be looked up, so acts get their own.
        """
        if not hasattr(self._threads, "connection"):
            self._threads.connection = self._session()
        return self._threads.connection

    def _session(self) -> requests.Session:
        """With the environment's proxies and certificates, which it otherwise reads anew for each call."""
        session = requests.Session()
        told = session.merge_environment_settings(self._url, {}, None, None, None)
        session.proxies, session.verify, session.cert = told["proxies"], told["verify"], told["cert"]
        session.trust_env = False
        return session

    def _exchange(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None,
        params: dict[str, Any] | None,
        meaning: dict[int, type[errors.PlatformError]],
    ) -> Any:
        send = self._kept_open.request if method == "GET" else requests.request
        try:
            response = send(
                method,
                self._url + path,
                json=body,
                params=params,
                headers=self._client.get_json_headers(),
                timeout=(min(CONNECT_TIMEOUT_S, self._timeout_s), self._timeout_s),
                allow_redirects=False,
            )
        except requests.ConnectTimeout as error:
            raise errors.PlatformUnavailable from error
        except requests.Timeout as error:
            raise errors.PlatformTimeout from error
        except requests.ConnectionError as error:
            raise _connection_failed(error) from error
        except requests.RequestException as error:
            raise errors.MalformedAnswer from error
        if not response.ok:
            raise _refusal(response, meaning)
        return _json(response)


def _call_name(method: str, path: str) -> str:
    """The kind of call, of a small fixed set: never an id."""
    parts = path.split("/")[4:]  # after /v2/project/<key>
    if parts[0] == "session":
        return {"stream": "streams_list", "signal": "signal"}.get(parts[2], "disconnect")
    if parts[-1] == "stop":
        return "archive_stop"
    one = len(parts) > 1
    return {"POST": "archive_start", "DELETE": "archive_delete"}.get(
        method, "archive_get" if one else "archives_list"
    )


def _client(key: str, secret: str, url: str, timeout_s: float, unified: bool) -> Client:
    client = Client(key, "" if unified else secret, api_url=url, timeout=timeout_s)
    if unified:
        # The SDK takes the private key as a path alone, and tells the platform by that path's ending.
        client._using_vonage, client.api_secret = True, secret.encode()
    return client


def _connection_failed(error: requests.ConnectionError) -> errors.PlatformError:
    # A connection that was never made cannot have acted; one that broke may have.
    never_sent = "NewConnectionError" in repr(error) or "NameResolutionError" in repr(error)
    return errors.PlatformUnavailable(happened=False if never_sent else None)


def _refusal(
    response: requests.Response, meaning: dict[int, type[errors.PlatformError]]
) -> errors.PlatformError:
    code = response.status_code
    detail = {"status": code, "platform": _said(response)}
    if code in (401, 403):
        return errors.PlatformRefused(detail=detail)
    if code in meaning:
        return meaning[code](detail=detail)
    if code == 404:
        return errors.NotFound(detail=detail)
    if code == 429:
        return errors.RateLimited(detail=detail)
    if code >= 500 or code == 408:
        return errors.PlatformUnavailable(detail=detail, happened=None)
    return errors.PlatformError(detail=detail)


def _said(response: requests.Response) -> str:
    try:
        return str(response.json().get("message", ""))[:200]
    except (ValueError, AttributeError):
        return ""


def _json(response: requests.Response) -> Any:
    if response.status_code == 204 or not response.content:
        return None
    try:
        return response.json()
    except ValueError as error:
        raise errors.MalformedAnswer from error


def _archive(answer: Any) -> Archive:
    if not isinstance(answer, dict) or not answer.get("id") or not answer.get("status"):
        raise errors.MalformedAnswer(detail="An archive without id or status.")
    created = answer.get("createdAt") or 0
    if not isinstance(created, int) or not 0 <= created < LARGEST_MS:
        raise errors.MalformedAnswer(detail="An archive whose createdAt is no time.")
    return answer | {"createdAt": created}


def _items(answer: Any) -> list[dict[str, Any]]:
    items = answer.get("items") if isinstance(answer, dict) else None
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise errors.MalformedAnswer(detail="A list without items.")
    return items

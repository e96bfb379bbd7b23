"""`manage.py check_platform`: tries everything that recording depends on and says what is wrong in words."""

from collections.abc import Callable
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import requests
from django.conf import settings
from django.core.checks import ERROR, run_checks
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from archives import clock, errors
from archives.models import Side
from archives.platform import gateway
from archives.services import rooms

# A token is good for five minutes, so a clock that is further off than this is refused sooner or later.
SKEW_ALLOWED = timedelta(seconds=60)
PROBE = b"written by check_platform"


class Wrong(Exception):
    """What is wrong, and what to do about it."""


class Command(BaseCommand):
    help = "Tries settings, credentials, clock, sessions, script, storage, callbacks. Exit code 1 if wrong."

    def handle(self, *args: Any, **options: Any) -> None:
        checks: list[tuple[str, Callable[[], str]]] = [
            ("settings", check_settings),
            ("platform", check_platform),
            ("clock", check_clock),
            ("sessions", check_sessions),
            ("script", check_script),
            ("storage", check_storage),
            ("callbacks", check_callbacks),
        ]
        wrong = [name for name, check in checks if not self._tried(name, check)]
        if wrong:
            raise CommandError(f"Wrong: {', '.join(wrong)}.")

    def _tried(self, name: str, check: Callable[[], str]) -> bool:
        try:
            self.stdout.write(f"ok     {name:10} {check()}")
        except (Wrong, errors.ArchiveError, OSError) as error:
            self.stdout.write(self.style.ERROR(f"WRONG  {name:10} {error}"))
            return False
        return True


def check_settings() -> str:
    found = [message for message in run_checks() if str(message.id).startswith("archives.")]
    if any(message.level >= ERROR for message in found):
        raise Wrong(" ".join(f"{message.msg} {message.hint}" for message in found))
    return " ".join(message.msg for message in found) or "nothing to complain of"


def check_platform() -> str:
    gateway.platform().ping()
    return f"{settings.OPENTOK_API_URL} answers and takes API_KEY and API_SECRET"


def check_clock() -> str:
    header = _get(settings.OPENTOK_API_URL).headers.get("Date")
    if not header:
        return "the platform does not tell its time"
    skew = abs(clock.now() - parsedate_to_datetime(header))
    if skew > SKEW_ALLOWED:
        raise Wrong(
            f"This machine's clock is {skew.total_seconds():.0f} s off; tokens will be refused. Set it."
        )
    return f"within {skew.total_seconds():.0f} s of the platform's"


def check_sessions() -> str:
    room = rooms.ensure_sessions(room=rooms.get())
    counts = [len(gateway.platform().streams_list(room.session_id(side))) for side in Side]
    return f"the default room has both; {counts[0]} and {counts[1]} streams are published now"


def check_script() -> str:
    answer = _get(settings.OPENTOK_SCRIPT_URL)
    if answer.status_code != 200 or "javascript" not in answer.headers.get("Content-Type", ""):
        raise Wrong(f"{settings.OPENTOK_SCRIPT_URL} is not a script. Check OPENTOK_SCRIPT_URL.")
    return settings.OPENTOK_SCRIPT_URL


def check_storage() -> str:
    storage = storages["archives"]
    name = storage.save("check_platform.probe", ContentFile(PROBE))
    try:
        with storage.open(name) as file:
            if file.read() != PROBE:
                raise Wrong("The storage gives back something else than was written.")
    finally:
        storage.delete(name)
    return "written, read and deleted"


def check_callbacks() -> str:
    if not settings.WEBHOOK_SECRET and not settings.WEBHOOK_ALLOW_UNSIGNED:
        return "none are taken without WEBHOOK_SECRET; recording works, a little slower"
    return f"register {reverse('webhook_archive')} and {reverse('webhook_session')} at the platform"


def _get(url: str) -> requests.Response:
    try:
        return requests.get(url, timeout=settings.OPENTOK_TIMEOUT)
    except requests.RequestException as error:
        raise Wrong(f"{url} cannot be reached ({type(error).__name__}).") from None

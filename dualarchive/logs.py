"""Log lines as text or JSON, with the request and the run that they are about and without secrets.

Imported by the settings, so it knows nothing of Django's apps. Sentry gets what is logged, scrubbed alike.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

request_id: ContextVar[str] = ContextVar("request_id", default="")
run_id: ContextVar[str] = ContextVar("run_id", default="")

HIDDEN = "[hidden]"
# Whatever lets its owner in: in addresses, in headers, in JSON and in URLs of databases.
_NAMES = (
    r"invite|share|token|signature|sig|secret|password|api[_-]?secret|access[_-]?key|authorization|sessionid"
    r"|x-amz-(?:signature|credential|security-token)|awsaccesskeyid|cookie|csrfmiddlewaretoken"
)
SECRETS = [
    (re.compile(rf"(?i)([?&;](?:{_NAMES})=)[^&\s\"'#;]+"), rf"\1{HIDDEN}"),
    (re.compile(rf"(?i)([\"'](?:{_NAMES})[\"']\s*:\s*[\"'])[^\"']*"), rf"\1{HIDDEN}"),
    (re.compile(r"(?i)\b((?:bearer|token|basic)\s+)[a-z0-9._~+/=-]{16,}"), rf"\1{HIDDEN}"),
    # Whole tokens, wherever they stand: JWTs, and the older form of the vendor's.
    (re.compile(r"\beyJ[\w-]{5,}\.[\w-]+\.[\w-]*"), HIDDEN),
    (re.compile(r"\bT1==[\w+/=]{16,}"), HIDDEN),
    (re.compile(r"(\w+://[^\s:/@]*:)[^\s@/]+@"), rf"\1{HIDDEN}@"),
    (
        re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)", re.S),
        HIDDEN,
    ),
]
LONG_RUNNING = {"runserver", "runworker", "media"}


def redact(text: str) -> str:
    for pattern, instead in SECRETS:
        text = pattern.sub(instead, text)
    return text


@contextmanager
def about(*, run: object = "", request: str = "") -> Iterator[None]:
    """Every line that is logged inside says so."""
    set_run = run_id.set(str(run)) if run else None
    set_request = request_id.set(request) if request else None
    try:
        yield
    finally:
        if set_run:
            run_id.reset(set_run)
        if set_request:
            request_id.reset(set_request)


def known() -> dict[str, str]:
    """The request and the run that this is about, where there are such."""
    ids = {"request": request_id.get(), "run": run_id.get()}
    return {name: value for name, value in ids.items() if value}


class Text(logging.Formatter):
    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(about)s%(message)s")

    def format(self, record: logging.LogRecord) -> str:
        record.about = "".join(f"{name}={value} " for name, value in known().items())
        return redact(super().format(record))


class Json(logging.Formatter):
    """One object a line: at, level, logger, message, and where known request, run, error."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": redact(record.getMessage()),
            "process": record.process,
        }
        line |= known()
        if record.exc_info:
            line["error"] = redact(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


class NotOfProbes(logging.Filter):
    """That something is not ready is an answer, and no error of ours to be told each time it is asked."""

    def filter(self, record: logging.LogRecord) -> bool:
        path = getattr(getattr(record, "request", None), "path", "")
        return not (getattr(record, "status_code", 0) == 503 and path.startswith(("/readyz", "/healthz")))


def config(*, level: str, form: str) -> dict[str, Any]:
    """For logging.config.dictConfig; `form` is text or json."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"probes": {"()": NotOfProbes}},
        "formatters": {"line": {"()": Json if form == "json" else Text}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "stream": _stream()}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            # The SDK logs its signed headers at DEBUG: they must never reach a log.
            "opentok": {"level": "INFO"},
            "urllib3": {"level": "INFO"},
            # It logs addresses of chats, which are their passwords; what failed is in the delivery's row.
            "apprise": {"level": "CRITICAL"},
            "botocore": {"level": "INFO"},
            "boto3": {"level": "INFO"},
            "s3transfer": {"level": "INFO"},
            # One line for every sign-in says nothing that has to be acted on.
            "axes": {"level": "WARNING"},
            # The access log has a line for each answer, with its number; this would be a second one.
            "django.request": {"level": "ERROR", "filters": ["probes"]},
            "gunicorn.error": {"level": "INFO", "handlers": [], "propagate": True},
            # Here and not in gunicorn's own configuration: Django's goes over that in every process.
            "gunicorn.access": {"level": "WARNING", "handlers": [], "propagate": True},
        },
    }


def _stream() -> str:
    """Processes that stay log to stdout; a command's stdout is its answer, so its log goes to stderr."""
    stays = "gunicorn" in sys.argv[0] or bool(LONG_RUNNING & set(sys.argv[1:2]))
    return "ext://sys.stdout" if stays else "ext://sys.stderr"


def start_sentry(dsn: str, *, environment: str, release: str, transport: Any = None) -> None:
    """Errors are told to Sentry, without people's data, request bodies or local variables."""
    import sentry_sdk
    from sentry_sdk.integrations.django import DjangoIntegration

    sentry_sdk.init(
        dsn=dsn,
        environment=environment,
        release=release,
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        traces_sample_rate=0.0,
        integrations=[DjangoIntegration()],
        before_send=lambda event, hint: _scrubbed(event),
        before_breadcrumb=lambda crumb, hint: _scrubbed(crumb),
        transport=transport,
        shutdown_timeout=2,
    )


def _scrubbed(said: Any) -> Any:
    scrubbed = _walk(said)
    if isinstance(scrubbed, dict) and "event_id" in scrubbed:
        scrubbed["tags"] = {**(scrubbed.get("tags") or {}), **known()}
    return scrubbed


def _walk(said: Any) -> Any:
    if isinstance(said, dict):
        return {name: HIDDEN if _is_secret(name) else _walk(value) for name, value in said.items()}
    if isinstance(said, list | tuple):
        return [_walk(value) for value in said]
    return redact(said) if isinstance(said, str) else said


def _is_secret(name: object) -> bool:
    return isinstance(name, str) and re.fullmatch(_NAMES, name, re.I) is not None

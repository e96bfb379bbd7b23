"""Settings that are unsafe or contradict each other where real people are recorded (docs/operations.md)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from archives.ops.checks import in_production

SHORT = 16
# The router of Heroku gives up after 30 s, and a start asks the platform twice at most.
LONGEST_TIMEOUT_S = 14
EXAMPLE_SECRETS = ("localtok-callback-secret", "localtok-secret")
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


@register()
def credentials_of_one_platform(**_: Any) -> Sequence[CheckMessage]:
    if not settings.UNIFIED:
        return []
    if settings.BOTH_PLATFORMS:
        hint = "Remove API_KEY and API_SECRET, or VONAGE_APPLICATION_ID and VONAGE_PRIVATE_KEY."
        return [Error("Credentials of both platforms are set.", hint=hint, id="archives.E012")]
    if not _is_private_key(settings.API_SECRET):
        hint = "Give the path of the application's private.key, or the whole text of that file."
        return [Error("VONAGE_PRIVATE_KEY is not a private RSA key.", hint=hint, id="archives.E013")]
    return []


def _is_private_key(pem: str) -> bool:
    try:
        return isinstance(load_pem_private_key(pem.encode(), None), RSAPrivateKey)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return False


@register()
def credentials_fit_the_platform(**_: Any) -> Sequence[CheckMessage]:
    host = urlsplit(settings.OPENTOK_API_URL).hostname or ""
    wrong = host.endswith("opentok.com") if settings.UNIFIED else host.endswith("vonage.com")
    if not wrong:
        return []
    hint = "Leave OPENTOK_API_URL empty: it follows from the credentials."
    message = "OPENTOK_API_URL is the other platform's: it does not take these credentials."
    return [Error(message, hint=hint, id="archives.E014")]


@register()
def logging_settings(**_: Any) -> Sequence[CheckMessage]:
    allowed = {"LOG_FORMAT": ("text", "json"), "LOG_LEVEL": LEVELS}
    return [
        Error(f"{name} must be one of {', '.join(values)}.", hint=f"Now: {value!r}.", id="archives.E011")
        for name, values in allowed.items()
        if (value := getattr(settings, name)) not in values
    ]


@register()
def disks_of_heroku(**_: Any) -> Sequence[CheckMessage]:
    """A dyno's disk is gone with the dyno, every day, and no other dyno sees it."""
    if not settings.ON_HEROKU:
        return []
    found: list[CheckMessage] = []
    if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        hint = "heroku addons:create heroku-postgresql:essential-0"
        found.append(Error("The database lies on a dyno's disk.", hint=hint, id="archives.E015"))
    if settings.KEEP_FILES and not settings.S3["bucket"]:
        hint = "heroku addons:create bucketeer:hobbyist, or set S3_BUCKET, or KEEP_FILES=false."
        message = "Recordings would be kept on a dyno's disk, and be lost within a day."
        found.append(Error(message, hint=hint, id="archives.E016"))
    return found


@register()
def bucket(**_: Any) -> Sequence[CheckMessage]:
    s3 = settings.S3
    if bool(s3["key"]) != bool(s3["secret"]):
        hint = "Set both, or neither where the machine has a role of its own."
        message = "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY go together."
        return [Error(message, hint=hint, id="archives.E017")]
    if s3["bucket"] and s3["endpoint"].startswith("http:") and in_production():
        hint = "Set S3_ENDPOINT_URL to an address with https."
        return [Warning("Recordings go to the bucket unencrypted.", hint=hint, id="archives.W017")]
    return []


@register()
def redis(**_: Any) -> Sequence[CheckMessage]:
    if settings.REDIS_URL and urlsplit(settings.REDIS_URL).scheme not in ("redis", "rediss"):
        hint = "Give redis://host:6379 or rediss://host:6379, or leave it empty."
        return [Error("REDIS_URL is not the address of a Redis.", hint=hint, id="archives.E018")]
    return []


@register()
def pool(**_: Any) -> Sequence[CheckMessage]:
    found = settings.DATABASES["default"].get("OPTIONS", {}).get("pool")
    if not isinstance(found, dict) or found["max_size"] >= found["min_size"] > 0:
        return []
    return [Error("DATABASE_POOL must be 0 or more.", hint="0 switches it off.", id="archives.E019")]


@register(Tags.security, deploy=True)
def example_secrets(**_: Any) -> Sequence[CheckMessage]:
    if not in_production():
        return []
    found = [
        secret for secret in (*settings.WEBHOOK_SECRET, settings.API_SECRET) if secret in EXAMPLE_SECRETS
    ]
    if not found:
        return []
    hint = "Use those of the vendor's dashboard."
    return [Error("A secret is the example that everybody knows.", hint=hint, id="archives.E020")]


@register(Tags.security, deploy=True)
def derived_secret_key(**_: Any) -> Sequence[CheckMessage]:
    if not in_production() or not settings.SECRET_KEY_IS_DERIVED:
        return []
    hint = 'python -c "import secrets; print(secrets.token_urlsafe(50))", so that it can change by itself.'
    return [Warning("SECRET_KEY is not set, but derived from API_SECRET.", hint=hint, id="archives.W010")]


@register(Tags.security, deploy=True)
def hosts(**_: Any) -> Sequence[CheckMessage]:
    if "*" not in settings.ALLOWED_HOSTS or not in_production():
        return []
    hint = "Name the hosts, such as record.example.org."
    return [Warning("ALLOWED_HOSTS takes any name.", hint=hint, id="archives.W021")]


@register(Tags.security, deploy=True)
def proxies(**_: Any) -> Sequence[CheckMessage]:
    if not settings.SECURE or settings.REST_FRAMEWORK["NUM_PROXIES"]:
        return []
    hint = "Set NUM_PROXIES, on Heroku and behind one nginx to 1."
    message = "Behind a proxy all callers look like one, and wait for each other's wrong passwords."
    return [Warning(message, hint=hint, id="archives.W022")]


@register(Tags.security, deploy=True)
def metrics_token(**_: Any) -> Sequence[CheckMessage]:
    if not settings.METRICS_TOKEN or len(settings.METRICS_TOKEN) >= SHORT:
        return []
    hint = f"Use {SHORT} characters or more."
    return [Warning("METRICS_TOKEN can be guessed.", hint=hint, id="archives.W023")]


@register(deploy=True)
def timeouts(**_: Any) -> Sequence[CheckMessage]:
    if settings.OPENTOK_TIMEOUT <= LONGEST_TIMEOUT_S:
        return []
    hint = f"Set {LONGEST_TIMEOUT_S} or less; the worker goes on trying."
    message = "OPENTOK_TIMEOUT is so long that routers (30 s) may give up on a start before we do."
    return [Warning(message, hint=hint, id="archives.W024")]


@register(deploy=True)
def vendor_without_callbacks(**_: Any) -> Sequence[CheckMessage]:
    if settings.WEBHOOK_SECRET or settings.WEBHOOK_ALLOW_UNSIGNED or not in_production():
        return []
    hint = "Register the callbacks at the vendor and set WEBHOOK_SECRET to their signature secret."
    return [Warning("No callback is taken: everything is noticed later.", hint=hint, id="archives.W025")]


@register(Tags.security, deploy=True)
def private_receivers(**_: Any) -> Sequence[CheckMessage]:
    if not settings.EVENTS_ALLOW_PRIVATE or not in_production():
        return []
    hint = "Turn it off, unless a receiver lies in a network of your own: it opens all of that network."
    message = "Subscribers may lead into private networks: EVENTS_ALLOW_PRIVATE is on."
    return [Warning(message, hint=hint, id="archives.W026")]


@register(deploy=True)
def alert_webhook_url(**_: Any) -> Sequence[CheckMessage]:
    if not settings.ALERT_WEBHOOK_URL:
        return []
    hint = "Add a subscriber in the console, then unset it: events are signed, and also say when it is over."
    return [Warning("ALERT_WEBHOOK_URL is deprecated.", hint=hint, id="archives.W027")]

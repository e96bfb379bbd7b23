"""Turns what add-ons and hosts say (URLs, buckets) into Django's settings for them. Reads no environment."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from botocore.config import Config

# In the order in which a media process serves them: what the platform will delete comes first.
QUEUES = ("keep", "measure", "export", "preview")
CONNECT_S, ANSWER_S = 5, 30
COUNT_S = 0.5
# A link to a recording is made when it is asked for, so it need not live longer than a long look at it.
LINK_S = 4 * 3600
IN_MEMORY = 4 << 20


def tune_postgres(database: dict[str, Any], *, max_age_s: int, pool_size: int) -> None:
    """Connections that are given up when the server has gone, and reused, by a pool if one is asked for."""
    options = database.setdefault("OPTIONS", {})
    options.setdefault("connect_timeout", CONNECT_S)
    # A server that vanished without a word is noticed after so long (ms), not after hours of TCP's patience.
    options.setdefault("tcp_user_timeout", ANSWER_S * 1000)
    if pool_size:
        # Django wants it so: the pool keeps connections, not the threads.
        database["CONN_MAX_AGE"] = 0
        options["pool"] = {"min_size": 1, "max_size": pool_size, "timeout": 10, "max_idle": 300}
    else:
        database.setdefault("CONN_MAX_AGE", max_age_s)
        database.setdefault("CONN_HEALTH_CHECKS", True)


def recordings_storage(
    *, folder: str, bucket: str, region: str, endpoint: str, key: str, secret: str
) -> dict[str, Any]:
    """A private bucket where one is named, else a folder."""
    if not bucket:
        return {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": folder}}
    client = Config(
        signature_version="s3v4",
        connect_timeout=CONNECT_S,
        read_timeout=ANSWER_S,
        retries={"max_attempts": 3, "mode": "standard"},
        # Buckets of others than Amazon seldom have host names of their own.
        s3={"addressing_style": "path" if endpoint else "virtual"},
    )
    options = {
        "bucket_name": bucket,
        "region_name": region or None,
        "endpoint_url": endpoint or None,
        # None: whatever the machine's own role gives.
        "access_key": key or None,
        "secret_key": secret or None,
        "default_acl": None,
        "querystring_auth": True,
        "querystring_expire": LINK_S,
        "file_overwrite": False,
        # What is read lies on the disk meanwhile: a piece of four hours does not fit into memory.
        "max_memory_size": IN_MEMORY,
        "client_config": client,
    }
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}


def bucket_origins(*, bucket: str, region: str, endpoint: str, **_: str) -> list[str]:
    """Where links into the bucket lead, for the Content-Security-Policy."""
    if not bucket:
        return []
    if endpoint:
        at = urlsplit(endpoint)
        return [f"{at.scheme}://{at.netloc}"]
    regional = [f"https://{bucket}.s3.{region}.amazonaws.com"] if region else []
    return [f"https://{bucket}.s3.amazonaws.com", *regional]


def redis_queues(url: str, *, verify: bool) -> dict[str, dict[str, Any]]:
    """A queue for each kind of media work. Without `verify` any certificate will do, such as Heroku's own."""
    at = urlsplit(url)
    patience = {
        "socket_connect_timeout": CONNECT_S,
        "socket_timeout": ANSWER_S,
        "health_check_interval": ANSWER_S,
    }
    query = urlencode({**patience, **dict(parse_qsl(at.query))})
    queue = {
        "URL": urlunsplit(at._replace(query=query)),
        # A task ends by itself or is held by its row: an export of a day's recording takes its time.
        "DEFAULT_TIMEOUT": -1,
        "DEFAULT_RESULT_TTL": 300,
        "SERIALIZER": "rq.serializers.JSONSerializer",
        "SSL_CERT_REQS": "required" if verify else None,
    }
    return {name: dict(queue) for name in QUEUES}


def redis_counts(url: str, *, verify: bool) -> dict[str, Any]:
    """A cache for counts that all processes share. A request must not wait for it."""
    options: dict[str, Any] = {"socket_connect_timeout": COUNT_S, "socket_timeout": COUNT_S}
    if not verify and url.startswith("rediss://"):
        options["ssl_cert_reqs"] = None
    backend = "dualarchive.counts.SharedCounts"
    return {"BACKEND": backend, "LOCATION": url, "KEY_PREFIX": "dualarchive", "OPTIONS": options}

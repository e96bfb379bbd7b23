"""Each wrong setting is found, with the id that the documentation names, and a right one is not."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from django.core import checks as django_checks

from archives.ops import checks
from dualarchive import vendor
from tests.support.platform.unified_key import APPLICATION, new_key


def session_of(key: str) -> str:
    return "1_" + base64.urlsafe_b64encode(f"1~{key}~~1700000000000~0.5~".encode()).decode().rstrip("=")


@pytest.fixture
def good(settings, tmp_path: Path):
    settings.DEBUG = False
    settings.SECURE = False
    settings.SECRET_KEY = "long enough and known to nobody else 0123456789"
    settings.OPENTOK_API_URL = "https://api.opentok.com"
    settings.API_KEY, settings.API_SECRET = "100", "secret"
    settings.SESSION_ID_PRIMARY = settings.SESSION_ID_SECONDARY = ""
    settings.ARCHIVE_LIMIT, settings.RESTART_AFTER, settings.RESTART_JITTER = 14400, 13500, 120
    settings.WEBHOOK_SECRET, settings.WEBHOOK_ALLOW_UNSIGNED = ["0123456789abcdef"], False
    settings.ARCHIVES_DIR = str(tmp_path / "archives")
    settings.UNIFIED = settings.BOTH_PLATFORMS = settings.ON_HEROKU = settings.SECRET_KEY_IS_DERIVED = False
    settings.KEEP_FILES = True
    settings.S3 = dict.fromkeys(("bucket", "region", "endpoint", "key", "secret"), "")
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "NUM_PROXIES": 1}
    settings.ALLOWED_HOSTS = ["record.example.org"]
    settings.LOG_FORMAT, settings.LOG_LEVEL = "json", "INFO"
    settings.METRICS_TOKEN = settings.REDIS_URL = ""
    settings.ALERT_WEBHOOK_URL = settings.SITE_URL = settings.RUNBOOK_URL = ""
    settings.EVENTS_ALLOW_PRIVATE = False
    return settings


def found() -> list[str]:
    """The ids of our own checks only, sorted: the framework's are the framework's to test, in any order."""
    messages = django_checks.run_checks(include_deployment_checks=True)
    return sorted(message.id for message in messages if message.id.startswith("archives."))


def test_right_settings_have_nothing_to_complain_of(good) -> None:
    assert found() == []


@pytest.mark.parametrize(
    ("name", "value", "ids"),
    [
        ("API_KEY", "", ["archives.E001"]),
        ("API_SECRET", "", ["archives.E002"]),
        ("SESSION_JOIN_DELAY", -1, ["archives.E003"]),
        ("SESSION_STOP_DELAY_PRIMARY", -0.1, ["archives.E003"]),
        ("SESSION_STOP_DELAY_SECONDARY", -5, ["archives.E003"]),
        ("OPENTOK_TIMEOUT", 0, ["archives.E003"]),
        ("LOOK_INTERVAL", 0, ["archives.E003"]),
        ("EVENTS_TIMEOUT", 0, ["archives.E003"]),
        ("ALERT_WEBHOOK_URL", "hooks.example.org", ["archives.E022", "archives.W027"]),
        ("ALERT_WEBHOOK_URL", "https://hooks.example.org/", ["archives.W027"]),
        ("SITE_URL", "ftp://record.example.org", ["archives.E022"]),
        ("RUNBOOK_URL", "operations.md", ["archives.E022"]),
        ("EVENTS_ALLOW_PRIVATE", True, ["archives.W026"]),
        ("RETENTION_DAYS", -1, ["archives.E003"]),
        ("EXPORT_DAYS", 36_501, ["archives.E003"]),
        ("RESTART_AFTER", 14400, ["archives.E004"]),
        ("RESTART_JITTER", 900, ["archives.E004"]),
        ("WEBHOOK_ALLOW_UNSIGNED", True, ["archives.E007"]),
        ("WEBHOOK_SECRET", ["short"], ["archives.W007"]),
        ("DEBUG", True, ["archives.E008"]),
        ("SECRET_KEY", "insecure-development-key", ["archives.E010"]),
        ("ROOM_ACCESS", "everyone", ["archives.E011"]),
        ("RESTART_STRATEGY", "hope", ["archives.E011"]),
        ("ADOPT_UNKNOWN", "", ["archives.E011"]),
        ("LOG_FORMAT", "xml", ["archives.E011"]),
        ("LOG_LEVEL", "LOUD", ["archives.E011"]),
        ("OPENTOK_API_URL", "https://video.api.vonage.com", ["archives.E014"]),
        ("OPENTOK_PROXY_URL", "proxy.example.org", ["archives.E021"]),
        ("OPENTOK_PROXY_URL", "http://proxy.example.org", ["archives.E021"]),
        ("OPENTOK_PROXY_URL", "https://", ["archives.E021"]),
        ("REDIS_URL", "http://redis.example.org", ["archives.E018"]),
        ("API_SECRET", "localtok-secret", ["archives.E020"]),
        ("WEBHOOK_SECRET", ["localtok-callback-secret"], ["archives.E020"]),
        ("SECRET_KEY_IS_DERIVED", True, ["archives.W010"]),
        ("ALLOWED_HOSTS", ["*"], ["archives.W021"]),
        ("METRICS_TOKEN", "short", ["archives.W023"]),
        ("OPENTOK_TIMEOUT", 20, ["archives.W024"]),
        ("WEBHOOK_SECRET", [], ["archives.W025"]),
    ],
)
def test_it_finds_the_wrong_setting(good, name: str, value: object, ids: list[str]) -> None:
    setattr(good, name, value)
    assert found() == ids


def test_a_proxy_with_tls_is_right(good) -> None:
    good.OPENTOK_PROXY_URL = "https://proxy.example.org:8443/video"
    assert found() == []


def postgres_with(pool: object) -> dict[str, Any]:
    return {"default": {"ENGINE": "django.db.backends.postgresql", "OPTIONS": {"pool": pool}}}


def test_it_finds_what_a_dyno_would_lose(good) -> None:
    good.ON_HEROKU = True
    good.DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3"}}
    assert found() == ["archives.E015", "archives.E016"]
    good.DATABASES = postgres_with(None)
    good.S3["bucket"] = "recordings"
    assert found() == []
    good.S3["bucket"], good.KEEP_FILES = "", False
    assert found() == []


def test_it_finds_half_a_key_for_the_bucket_and_a_bucket_without_tls(good) -> None:
    good.S3 |= {"bucket": "recordings", "key": "key"}
    assert found() == ["archives.E017"]
    good.S3 |= {"secret": "secret", "endpoint": "http://minio.example.org"}
    assert found() == ["archives.W017"]


def test_it_finds_an_impossible_pool(good) -> None:
    good.DATABASES = postgres_with({"min_size": 1, "max_size": -2})
    assert found() == ["archives.E019"]


def test_it_finds_a_proxy_that_nobody_counts(good) -> None:
    good.SECURE = True
    good.REST_FRAMEWORK["NUM_PROXIES"] = 0
    assert found() == ["archives.W022"]


@pytest.fixture(scope="module")
def private_key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("key") / "private.key"
    new_key(path)
    return path


def unified(settings: Any, private_key: str) -> None:
    settings.UNIFIED, settings.API_KEY = True, APPLICATION
    settings.OPENTOK_API_URL, settings.API_SECRET = vendor.UNIFIED, vendor.private_key(private_key)


def test_a_private_key_may_be_a_path_or_a_text(good, private_key_file: Path) -> None:
    text = private_key_file.read_text()
    for said in (str(private_key_file), text, text.replace("\n", "\\n")):
        unified(good, said)
        assert found() == []


@pytest.mark.parametrize("said", ["", "/nowhere/private.key", "-----BEGIN PRIVATE KEY-----\nAA==\n"])
def test_it_finds_a_private_key_that_is_none(good, said: str) -> None:
    unified(good, said)
    assert found() == (["archives.E013"] if said.startswith("-") else ["archives.E002", "archives.E013"])


def test_it_finds_credentials_of_both_platforms(good, private_key_file: Path) -> None:
    unified(good, str(private_key_file))
    good.BOTH_PLATFORMS = True
    assert found() == ["archives.E012"]
    good.BOTH_PLATFORMS, good.OPENTOK_API_URL = False, vendor.OPENTOK
    assert found() == ["archives.E014"]


@pytest.mark.parametrize(
    ("key", "is_unified", "api", "script"),
    [
        ("46123456", False, vendor.OPENTOK, vendor.OPENTOK_SCRIPT),
        (APPLICATION, True, vendor.UNIFIED, vendor.UNIFIED_SCRIPT),
        ("100", False, "http://127.0.0.1:8100", "http://127.0.0.1:8100/v2/js/opentok.min.js"),
        ("", False, "http://127.0.0.1:8100", "http://127.0.0.1:8100/v2/js/opentok.min.js"),
    ],
)
def test_the_platform_follows_from_the_credentials(key: str, is_unified: bool, api: str, script: str) -> None:
    url = vendor.api_url(key, is_unified, "http://127.0.0.1:8100")
    assert (url, vendor.script_url(url)) == (api, script)


def test_sessions_of_this_key_are_right(good) -> None:
    good.SESSION_ID_PRIMARY, good.SESSION_ID_SECONDARY = session_of("100"), session_of("100") + "AA"
    assert found() == []


@pytest.mark.parametrize("primary", [session_of("200"), "1_nonsense!", "no session at all"])
def test_it_finds_a_session_of_another_key(good, primary: str) -> None:
    good.SESSION_ID_PRIMARY, good.SESSION_ID_SECONDARY = primary, session_of("100")
    assert found() == ["archives.E005"]


def test_it_finds_one_session_without_the_other(good) -> None:
    good.SESSION_ID_PRIMARY = session_of("100")
    assert found() == ["archives.E006"]


def test_it_finds_one_session_used_twice(good) -> None:
    good.SESSION_ID_PRIMARY = good.SESSION_ID_SECONDARY = session_of("100")
    assert found() == ["archives.E006"]


def test_it_finds_a_storage_that_cannot_be_written(good, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    good.ARCHIVES_DIR = str(tmp_path / "file" / "archives")
    assert found() == ["archives.E009"]


def test_a_machine_by_itself_is_only_warned_of_a_missing_key(good) -> None:
    good.OPENTOK_API_URL = "http://127.0.0.1:8100"
    good.API_KEY = ""
    good.DEBUG = good.WEBHOOK_ALLOW_UNSIGNED = True
    good.SECRET_KEY = "insecure-development-key"
    assert found() == ["archives.W001"]


def test_the_example_key_is_refused_behind_tls(good) -> None:
    good.OPENTOK_API_URL = "http://127.0.0.1:8100"
    good.SECURE = True
    good.SECRET_KEY = "insecure-development-key"
    assert found() == ["archives.E010"]


def test_it_reads_the_key_inside_a_session_id() -> None:
    assert checks.key_of_session(session_of("46000000")) == "46000000"
    assert checks.key_of_session("") is None

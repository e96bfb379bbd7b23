"""The Content-Security-Policy: on every answer, nothing inline, and room for the platform in use."""

import pytest
from django.test import Client

from archives.web.vendor_network import STYLE_HASHES

PLACES = ["/", "/accounts/login/", "/nothing-here", "/api/runs/", "/api/docs/", "/healthz", "/admin/login/"]


def policy_of(response) -> dict[str, list[str]]:
    rules = (rule.split() for rule in response["Content-Security-Policy"].split(";"))
    return {name: sources for name, *sources in rules}


@pytest.fixture
def localtok(settings) -> None:
    settings.OPENTOK_API_URL = "http://127.0.0.1:8100"
    settings.OPENTOK_SCRIPT_URL = "http://127.0.0.1:8100/v2/js/opentok.min.js"


@pytest.fixture
def vendor(settings) -> None:
    settings.OPENTOK_API_URL = "https://api.opentok.com"
    settings.OPENTOK_SCRIPT_URL = "https://static.opentok.com/v2/js/opentok.min.js"


@pytest.mark.django_db
@pytest.mark.parametrize("path", PLACES)
def test_every_answer_has_one_that_lets_no_script_be_inline(client: Client, path: str) -> None:
    policy = policy_of(client.get(path))
    assert policy["default-src"] == ["'self'"]
    assert policy["object-src"] == policy["frame-ancestors"] == ["'none'"]
    for sources in policy.values():
        assert not {"*", "https:", "http:", "'unsafe-eval'"} & set(sources)
    assert "'unsafe-inline'" not in policy["script-src"] + policy["style-src"]


@pytest.mark.django_db
def test_localtok_may_bring_its_script_its_socket_and_its_recordings(client: Client, localtok: None) -> None:
    policy = policy_of(client.get("/"))
    assert policy["script-src"] == ["'self'", "http://127.0.0.1:8100"]
    assert policy["connect-src"] == ["'self'", "http://127.0.0.1:8100", "ws://127.0.0.1:8100"]
    assert "http://127.0.0.1:8100" in policy["media-src"]


@pytest.mark.django_db
def test_the_vendor_may_bring_its_script_its_sockets_and_its_recordings(client: Client, vendor: None) -> None:
    policy = policy_of(client.get("/"))
    assert policy["script-src"] == ["'self'", "https://static.opentok.com"]
    assert {"https://*.opentok.com", "https://*.tokbox.com", "wss://*.tokbox.com"} <= set(
        policy["connect-src"]
    )
    assert "https://*.amazonaws.com" in policy["media-src"]
    assert "https://*.amazonaws.com" not in policy["script-src"] + policy["connect-src"]


@pytest.mark.django_db
def test_a_name_that_only_ends_like_the_vendors_is_not_the_vendor(client: Client, settings) -> None:
    settings.OPENTOK_API_URL = settings.OPENTOK_SCRIPT_URL = "https://notopentok.com"
    assert policy_of(client.get("/"))["connect-src"] == [
        "'self'",
        "https://notopentok.com",
        "wss://notopentok.com",
    ]


@pytest.mark.django_db
def test_a_bucket_of_ones_own_may_bring_recordings_only(client: Client, settings) -> None:
    settings.MEDIA_ORIGINS = ["https://bucket.example.org"]
    policy = policy_of(client.get("/"))
    assert "https://bucket.example.org" in policy["media-src"]
    assert "https://bucket.example.org" not in policy["script-src"] + policy["connect-src"]


@pytest.mark.django_db
def test_the_player_reads_recordings_in_parts(admin_client: Client, settings) -> None:
    settings.MEDIA_ORIGINS = ["https://bucket.example.org"]
    policy = policy_of(admin_client.get("/player/"))
    assert "https://bucket.example.org" in policy["connect-src"]
    assert "https://bucket.example.org" not in policy["script-src"]
    assert "blob:" not in policy["connect-src"]


@pytest.mark.django_db
def test_the_admin_may_colour_its_badges_and_no_more(admin_client: Client) -> None:
    policy = policy_of(admin_client.get("/admin/"))
    assert policy["style-src-attr"] == ["'unsafe-inline'"]
    assert policy["script-src"] == policy_of(Client().get("/"))["script-src"]


@pytest.mark.django_db
def test_the_page_of_the_interface_has_nothing_inline(client: Client) -> None:
    page = client.get("/api/docs/").content.decode()
    assert "<style" not in page
    assert page.count("<script") == page.count("<script src=")
    assert "javascript" in client.get("/api/docs/?script=")["Content-Type"]


@pytest.mark.django_db
def test_the_vendors_style_sheet_is_allowed_on_call_pages_and_nowhere_else(
    admin_client: Client, vendor: None
) -> None:
    for path in ("/", "/host/", "/rooms/main/", "/rooms/main/host/"):
        assert policy_of(admin_client.get(path))["style-src-elem"] == ["'self'", "'unsafe-inline'"]
    for path in ("/player/", "/host/rooms/", "/accounts/login/", "/api/runs/", "/nothing-here"):
        policy = policy_of(admin_client.get(path))
        assert "style-src-elem" not in policy
        assert "'unsafe-inline'" not in policy["script-src"] + policy["style-src"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "url",
    [
        "https://static.opentok.com/v2.35.2/js/opentok.min.js",
        "https://unpkg.com/@opentok/client@2.35.2/dist/js/opentok.min.js",
    ],
)
def test_the_style_sheet_of_a_known_version_is_allowed_by_its_hash(
    client: Client, vendor: None, settings, url: str
) -> None:
    settings.OPENTOK_SCRIPT_URL = url
    allowed = policy_of(client.get("/"))["style-src-elem"]
    assert "'unsafe-inline'" not in allowed
    assert {f"'{each}'" for each in STYLE_HASHES["2.35.2"]} == set(allowed) - {"'self'"}


@pytest.mark.django_db
def test_a_version_that_nobody_has_measured_is_allowed_inline(client: Client, vendor: None, settings) -> None:
    settings.OPENTOK_SCRIPT_URL = "https://static.opentok.com/v9.9.9/js/opentok.min.js"
    assert policy_of(client.get("/"))["style-src-elem"] == ["'self'", "'unsafe-inline'"]


@pytest.mark.django_db
def test_localtok_needs_nothing_inline(client: Client, localtok: None) -> None:
    assert "style-src-elem" not in policy_of(client.get("/"))


@pytest.mark.django_db
def test_a_proxy_may_be_called(client: Client, vendor: None, settings) -> None:
    settings.OPENTOK_PROXY_URL = "https://proxy.example.org:8443/path"
    policy = policy_of(client.get("/"))
    assert {"https://proxy.example.org:8443", "wss://proxy.example.org:8443"} <= set(policy["connect-src"])
    assert "https://proxy.example.org:8443" not in policy["script-src"]

from django.urls import include, path, re_path

from archives.api import webhooks
from archives.api.files.views import captions_file, export_file, preview_file, segment_file
from archives.api.legacy import views as seed
from archives.ops.health import healthz, readyz
from archives.ops.metrics import metrics
from archives.services.jobs.previews import FILES
from archives.web import pages

# The seed's client calls these without a trailing slash, and a POST does not survive a redirect.
SEED = [
    re_path(r"^apiKey/?$", seed.ApiKey.as_view(), name="seed_api_key"),
    re_path(r"^sessionIds/?$", seed.SessionIds.as_view(), name="seed_session_ids"),
    re_path(r"^tokens/?$", seed.Tokens.as_view(), name="seed_tokens"),
    re_path(r"^archives/?$", seed.Archives.as_view(), name="seed_archives"),
    re_path(r"^archives/offset/?$", seed.Offset.as_view(), name="seed_offset"),
    re_path(r"^archives/(?P<archive_id>[^/]+)/offset/?$", seed.Offset.as_view(), name="seed_archive_offset"),
    re_path(r"^archives/(?P<archive_id>[^/]+)/stop/?$", seed.Stop.as_view(), name="seed_stop"),
    re_path(
        r"^archives/(?P<archive_id>[^/]+)/restart/?$", seed.RestartArchive.as_view(), name="seed_restart"
    ),
]

PAGES = [
    path("", pages.participant, name="default_room"),
    path("host/", pages.host, name="default_host"),
    path("host/rooms/", pages.hosted_rooms, name="hosted_rooms"),
    path("rooms/<slug:slug>/", pages.participant, name="participant"),
    path("rooms/<slug:slug>/host/", pages.host, name="host"),
    path("player/", pages.player, name="player"),
    path("index.html", pages.seed_page, {"name": "default_room"}, name="seed_index"),
    path("admin.html", pages.seed_page, {"name": "default_host"}, name="seed_admin"),
    path("player.html", pages.seed_page, {"name": "player"}, name="seed_player"),
]

urlpatterns = [
    *PAGES,
    *SEED,
    path("api/", include("archives.api.urls")),
    re_path(r"^healthz/?$", healthz, name="healthz"),
    re_path(r"^readyz/?$", readyz, name="readyz"),
    re_path(r"^metrics/?$", metrics, name="metrics"),
    re_path(r"^webhooks/archive/?$", webhooks.archive, name="webhook_archive"),
    re_path(r"^webhooks/session/?$", webhooks.session, name="webhook_session"),
    path("media/segments/<uuid:segment_id>/", segment_file, name="segment_file"),
    path("media/exports/<uuid:export_id>/", export_file, name="export_file"),
    path("media/runs/<uuid:run_id>/captions.vtt", captions_file, name="run_captions"),
    *(
        path(f"media/runs/<uuid:run_id>/{name}", preview_file, {"name": name}, name=f"run_{name}")
        for name in FILES
    ),
]

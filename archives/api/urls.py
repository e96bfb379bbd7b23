from django.urls import include, path, re_path
from django.views.decorators.gzip import gzip_page
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.routers import SimpleRouter

from archives.api.entry import TokenView, UnknownAddress
from archives.api.rooms.links import Invitations, OneInvitation, OneShare, Shares
from archives.api.rooms.views import RoomViewSet
from archives.api.runs.captions import RunCaptions
from archives.api.runs.exports import CancelExport, OneExport, RunExports
from archives.api.runs.seams import RunSeams
from archives.api.runs.views import RunViewSet

router = SimpleRouter()
router.register("runs", RunViewSet, basename="run")
router.register("rooms", RoomViewSet, basename="room")

urlpatterns = [
    path("token/", TokenView.as_view(), name="token"),
    path("schema/", gzip_page(SpectacularAPIView.as_view()), name="schema"),
    path("docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="docs"),
    path("rooms/<str:slug>/invitations/", Invitations.as_view(), name="room-invitations"),
    path("rooms/<str:slug>/invitations/<uuid:key>/", OneInvitation.as_view(), name="room-invitation"),
    path("runs/<str:pk>/shares/", Shares.as_view(), name="run-shares"),
    path("runs/<str:pk>/shares/<uuid:key>/", OneShare.as_view(), name="run-share"),
    path("runs/<str:pk>/exports/", RunExports.as_view(), name="run-exports"),
    path("runs/<str:pk>/captions/", RunCaptions.as_view(), name="run-captions"),
    path("runs/<str:pk>/seams/", RunSeams.as_view(), name="run-seams"),
    path("exports/<uuid:key>/", OneExport.as_view(), name="export"),
    path("exports/<uuid:key>/cancel/", CancelExport.as_view(), name="export-cancel"),
    path("", include(router.urls)),
    # A line break too: Django has a page of its own for what no route takes.
    re_path(r"^[\s\S]*$", UnknownAddress.as_view(), name="unknown_address"),
]

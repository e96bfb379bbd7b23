"""The console's front page: recordings first, what serves them after."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest


class Console(admin.AdminSite):
    site_header = site_title = "Dual Session Archive"

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[dict[str, Any]]:
        apps = super().get_app_list(request, app_label)
        return sorted(apps, key=lambda app: app["app_label"] != "archives")

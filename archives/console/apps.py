"""Apart from the product's own app, of whose module there may be one application only."""

from django.contrib.admin.apps import AdminConfig


class ConsoleConfig(AdminConfig):
    default_site = "archives.console.site.Console"

from django.apps import AppConfig


class ArchivesConfig(AppConfig):
    name = "archives"
    verbose_name = "Recordings"

    def ready(self) -> None:
        # Importing registers the system checks and the pages of the console.
        from archives.console import admin, events  # noqa: F401
        from archives.ops import checks, production_checks  # noqa: F401

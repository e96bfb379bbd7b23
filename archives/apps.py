from django.apps import AppConfig


class ArchivesConfig(AppConfig):
    name = "archives"
    verbose_name = "Recordings"

    def ready(self) -> None:
        from archives.ops import checks, production_checks  # noqa: F401 - importing registers them

from django.apps import AppConfig


class ArchivesConfig(AppConfig):
    name = "archives"
    verbose_name = "Recordings"

    def ready(self) -> None:
        from archives import checks, checks_production  # noqa: F401 - importing registers them

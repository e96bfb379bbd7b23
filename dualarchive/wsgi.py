import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dualarchive.settings")
application = get_wsgi_application()

from archives.reconciler.heartbeat import Beats  # noqa: E402 - the rows are known from here on

Beats("web").begin()

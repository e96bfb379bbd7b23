"""How often one address may ask for what could be guessed or made to cost: a password, a place in a room."""

from django.conf import settings
from django.core.cache import caches
from django.core.cache.backends.base import BaseCache
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView


class AddressThrottle(SimpleRateThrottle):
    """Counted over all processes where they have a Redis in common, else by each for itself."""

    @property
    def cache(self) -> BaseCache:  # type: ignore[override]
        return caches["throttles" if "throttles" in settings.CACHES else "default"]

    def get_cache_key(self, request: Request, view: APIView) -> str:
        return self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)}


class PasswordThrottle(AddressThrottle):
    scope = "password"
    rate = "10/min"


class JoinThrottle(AddressThrottle):
    """A whole class may sit behind one address and join at the bell."""

    scope = "join"
    rate = "120/min"


class SendingThrottle(AddressThrottle):
    """The heartbeats of a class behind one address, once a second while a recording is moved."""

    scope = "sending"
    rate = "3000/min"

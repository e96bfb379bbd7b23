"""Bodies as they are read: JSON or a form, of a size and depth that a machine can hold, in whole letters."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from rest_framework import parsers
from rest_framework.exceptions import ParseError

from archives import errors


class TooLarge(errors.ArchiveError):
    status = 413
    code = "too_large"
    message = "The body is larger than 1 MiB. Nothing here takes that much."


class JSONBody(parsers.JSONParser):
    def parse(
        self, stream: Any, media_type: Any = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        refuse_large(parser_context)
        try:
            read = super().parse(stream, media_type, parser_context)
            # Half a pair of surrogates can be written as \ud800, and stored or sent nowhere.
            json.dumps(read, ensure_ascii=False).encode()
        except RecursionError:
            raise ParseError("It is nested too deep.") from None
        except UnicodeEncodeError:
            raise errors.InvalidInput("The body holds half a letter (a lone surrogate).") from None
        return read


class FormBody(parsers.FormParser):
    def parse(
        self, stream: Any, media_type: Any = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        refuse_large(parser_context)
        return super().parse(stream, media_type, parser_context)


def refuse_large(context: Mapping[str, Any] | None) -> None:
    """Raises TooLarge. Django limits what it reads itself; the framework's parsers read all there is."""
    meta = context["request"].META if context else {}
    # Without a length nothing is read at all.
    if int(meta.get("CONTENT_LENGTH") or 0) > (settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0):
        raise TooLarge

"""Errors as the vendor reports them: to REST callers as JSON, to pages by OpenTok.js error names."""

from __future__ import annotations


class ApiError(Exception):
    """A REST call that is refused. Body: `{"code", "message", "description"}`.

    The vendor's `description` repeats the message (fixtures of its Python SDK: stop_archive_error.json)."""

    status = 400

    def __init__(self, message: str, code: int | None = None, description: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = self.status if code is None else code
        self.description = description or message

    def body(self) -> dict[str, object]:
        return {"code": self.code, "message": self.message, "description": self.description}


class BadRequest(ApiError):
    status = 400


class Forbidden(ApiError):
    status = 403


class NotFound(ApiError):
    status = 404


class NotAllowed(ApiError):
    status = 405


class InvalidStream(ApiError):
    """The vendor answers 408, of all codes, to a stream id it does not know."""

    status = 408


class Conflict(ApiError):
    status = 409


class TooLarge(ApiError):
    status = 413


class InternalError(ApiError):
    status = 500


class Unavailable(ApiError):
    status = 503


class NotBuilt(ApiError):
    """A call or option that the vendor has and localtok does not, named so that nobody is misled."""

    status = 501


class ClientError(Exception):
    """An operation of a page that is refused, by its OpenTok.js error name and code.

    Source: the vendor's reference of the Error class of OpenTok.js."""

    codes = {
        "OT_AUTHENTICATION_ERROR": 1004,
        "OT_INVALID_SESSION_ID": 1005,
        "OT_CONNECT_FAILED": 1006,
        "OT_NOT_CONNECTED": 1010,
        "OT_INVALID_PARAMETER": 1011,
        "OT_STREAM_NOT_FOUND": 1535,
        "OT_PERMISSION_DENIED": 1500,
        "OT_UNEXPECTED_SERVER_RESPONSE": 2001,
    }

    def __init__(self, name: str, message: str, code: int | None = None) -> None:
        super().__init__(message)
        self.name = name
        self.message = message
        self.code = code or self.codes[name]

    def body(self) -> dict[str, object]:
        return {"name": self.name, "code": self.code, "message": self.message}

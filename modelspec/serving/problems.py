"""Errors as RFC 9457 has them: application/problem+json, and nothing of the server's inside."""

from __future__ import annotations

from http import HTTPStatus

import msgspec

MEDIA_TYPE = "application/problem+json"


class Problem(Exception):
    """A request that is not answered with a prediction.

    Attributes:
        status: the HTTP status.
        detail: one sentence for the caller; never holds what the caller sent, except names.
        index: which of the instances is at fault, counted from 0.
        feature: which feature of it is at fault.
        close: whether the connection has to end, as the rest of the request is not read.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        index: int | None = None,
        feature: str | None = None,
        close: bool = False,
    ) -> None:
        self.status, self.detail, self.close = status, detail, close
        self.index, self.feature = index, feature
        super().__init__(detail)

    def body(self) -> bytes:
        """The problem as JSON."""
        fields: dict[str, str | int] = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "error": self.detail,  # where clients of both protocols look
        }
        if self.index is not None:
            fields["index"] = self.index
        if self.feature is not None:
            fields["feature"] = self.feature
        return msgspec.json.encode(fields)

"""Which path is answered by what: two tables, made once for the model that is served."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from .contract import (
    LIVE_ROUTE,
    MODEL_ROUTES,
    OPEN_LIVE_ROUTE,
    OPEN_MODEL_ROUTES,
    OPEN_READY_ROUTE,
    OPEN_SERVER_ROUTE,
    OPENAPI_ROUTE,
    integer_version,
)
from .description import description
from .openapi import document
from .openinference import OpenInference, server_metadata
from .signature import Signature
from .tfserving import TensorFlowServing

if TYPE_CHECKING:
    from .bundle import Bundle
    from .exchange import Exchange

# Whether the server takes requests -> a JSON body, or None for "not now".
View = Callable[[bool], bytes | None]


@dataclass(frozen=True, slots=True)
class Routes:
    """Exact paths; there are no others.

    Attributes:
        asked: what POST is answered by: predictions.
        shown: what GET is answered by.
    """

    asked: dict[str, Exchange]
    shown: dict[str, View]


def routes(bundle: Bundle, signature: Signature, *, guarded: bool = False) -> Routes:
    """The routes of both protocols for one model.

    Args:
        bundle: of the model.
        signature: of the model.
        guarded: whether callers have to show a token.
    """
    about = bundle.description
    place = {"name": about.name, "version": integer_version(about.version)}
    v1, v2 = TensorFlowServing(bundle), OpenInference(signature)
    v1_paths = [route.format(**place) for route in MODEL_ROUTES]
    v2_paths = [route.format(**place) for route in OPEN_MODEL_ROUTES]

    def status(*, ready: bool) -> bytes:
        # Ours, with the key that clients of KServe read and the one of TensorFlow Serving.
        shown = description(bundle) | {"ready": ready} | v1.status(ready=ready)
        return msgspec.json.encode(shown)

    asked: dict[str, Exchange] = {
        **{path + method: read for path in v1_paths for method, read in v1.methods.items()},
        **{f"{path}/infer": v2.infer for path in v2_paths},
    }
    shown: dict[str, View] = {
        LIVE_ROUTE: _always(b'{"status":"alive"}'),
        **dict.fromkeys(v1_paths, _either(status(ready=True), status(ready=False))),
        **{f"{path}/metadata": _always(v1.metadata()) for path in v1_paths},
        OPENAPI_ROUTE: _always(msgspec.json.encode(document(bundle, guarded=guarded))),
        OPEN_SERVER_ROUTE: _always(server_metadata()),
        OPEN_LIVE_ROUTE: _always(b'{"live":true}'),
        OPEN_READY_ROUTE: _either(b'{"ready":true}', None),
        **dict.fromkeys(v2_paths, _always(v2.metadata())),
        **{f"{path}/ready": _either(v2.model_ready(), None) for path in v2_paths},
    }
    return Routes(asked, shown)


def _always(body: bytes) -> View:
    return lambda _: body


def _either(ready: bytes, otherwise: bytes | None) -> View:
    return lambda is_ready: ready if is_ready else otherwise

"""The OpenAPI document of the server: every path of one model, made once when it starts.

The Open Inference Protocol's binary extension puts bytes behind JSON, for which OpenAPI has no
words; it is taken all the same.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from .cells import TEXT, any_of, ref
from .contract import (
    FEEDBACK_ROUTE,
    HEALTH_ROUTE,
    LIVE_ROUTE,
    METRICS_ROUTE,
    MODEL_ROUTES,
    OPEN_LIVE_ROUTE,
    OPEN_MODEL_ROUTES,
    OPEN_READY_ROUTE,
    OPEN_SERVER_ROUTE,
    OPENAPI_ROUTE,
    READY_ROUTE,
    UNGUARDED_ROUTES,
    integer_version,
)
from .metrics import MEDIA_TYPE as METRICS_TYPE
from .problems import MEDIA_TYPE as PROBLEM_TYPE
from .schemas import schemas

if TYPE_CHECKING:
    from .bundle import Bundle
    from .cells import Schema

# Two tokens, for different people.
_CALLER, _LABELLER = "caller", "feedback"
_TOKEN = {"type": "http", "scheme": "bearer"}
_JSON = "application/json"
_PLAIN = "text/plain"
_OBJECT: Schema = {"type": "object"}
_REFUSED = (400, 408, 413, 415, 500, 503)  # of what has a body


def document(bundle: Bundle, *, guarded: bool = False) -> dict[str, Any]:
    """OpenAPI 3.1.0.

    Args:
        bundle: of the model.
        guarded: whether callers have to show a token.
    """
    about = bundle.description
    place = {"name": about.name, "version": integer_version(about.version)}
    paths: dict[str, Any] = {
        LIVE_ROUTE: _get("The server is alive.", {_JSON: _OBJECT}),
        HEALTH_ROUTE: _get("The process is alive.", {_PLAIN: TEXT}),
        READY_ROUTE: _get("Requests are wanted.", {_PLAIN: TEXT}, 503),
        METRICS_ROUTE: _get("All counters, for Prometheus.", {METRICS_TYPE: TEXT}),
        OPENAPI_ROUTE: _get("This document.", {_JSON: _OBJECT}),
        OPEN_SERVER_ROUTE: _get("The server and its extensions.", {_JSON: _OBJECT}),
        OPEN_LIVE_ROUTE: _get("The server is alive.", {_JSON: _OBJECT}),
        OPEN_READY_ROUTE: _get("Requests are wanted.", {_JSON: _OBJECT}, 503),
    }
    for route in MODEL_ROUTES:
        paths |= _tensorflow_serving(route.format(**place), about.task)
    for route in OPEN_MODEL_ROUTES:
        paths |= _open_inference(route.format(**place))
    if guarded:
        for path in paths.keys() - UNGUARDED_ROUTES:
            _guard(paths[path], _CALLER)
    if about.feedback:
        labels = _post("Count answers beside labels.", ref("Pairs"), {_JSON: ref("Counted")})
        paths[FEEDBACK_ROUTE.format(**place)] = _guard(labels, _LABELLER)
    tokens = {_CALLER: guarded, _LABELLER: about.feedback}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": about.name,
            "version": about.version,
            "summary": about.task.replace("_", " ").capitalize(),
        },
        "paths": paths,
        "components": {
            "schemas": schemas(bundle),
            "securitySchemes": {name: _TOKEN for name, wanted in tokens.items() if wanted},
        },
    }


def _tensorflow_serving(path: str, task: str) -> dict[str, Any]:
    body = any_of(ref("PredictRows"), ref("PredictColumns"))
    answer = {_JSON: any_of(ref("Predictions"), ref("Outputs"))}
    method = "regress" if task == "regression" else "classify"
    examples = any_of(ref("Examples"), ref("ExamplesInContext"))
    return {
        path: _get("The model and its state.", {_JSON: _OBJECT}),
        f"{path}/metadata": _get("The signature.", {_JSON: _OBJECT}),
        f"{path}:predict": _post("Predict by rows, or by columns.", body, answer),
        f"{path}:{method}": _post("Predict by examples.", examples, {_JSON: ref("Results")}),
    }


def _open_inference(path: str) -> dict[str, Any]:
    answer = {
        _JSON: ref("InferResponse"),
        "application/octet-stream": {"description": "JSON, and behind it the outputs as bytes."},
    }
    return {
        path: _get("The tensors of the model.", {_JSON: _OBJECT}),
        f"{path}/ready": _get("Requests are wanted.", {_JSON: _OBJECT}, 503),
        f"{path}/infer": _post("Predict by tensors.", ref("InferRequest"), answer),
    }


def _guard(item: dict[str, Any], token: str) -> dict[str, Any]:
    """A path at which a token has to be shown."""
    for operation in item.values():
        operation["responses"] |= {str(code): _problem(code) for code in (401, 403)}
        operation["security"] = [{token: []}]
    return item


def _get(summary: str, answer: dict[str, Schema], *problems: int) -> dict[str, Any]:
    return {"get": {"summary": summary, "responses": _responses(answer, problems)}}


def _post(summary: str, body: Schema, answer: dict[str, Schema]) -> dict[str, Any]:
    content = {"required": True, "content": {_JSON: {"schema": body}}}
    responses = _responses(answer, _REFUSED)
    return {"post": {"summary": summary, "requestBody": content, "responses": responses}}


def _responses(answer: dict[str, Schema], problems: tuple[int, ...]) -> dict[str, Any]:
    content = {media: {"schema": schema} for media, schema in answer.items()}
    return {
        "200": {"description": "OK", "content": content},
        **{str(code): _problem(code) for code in problems},
    }


def _problem(code: int) -> dict[str, Any]:
    content = {PROBLEM_TYPE: {"schema": ref("Problem")}}
    return {"description": HTTPStatus(code).phrase, "content": content}

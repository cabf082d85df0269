"""The grammars of names and paths: refused by how they are written, before anything is opened."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

from modelspec.spec.scalar import Wrong, show
from modelspec.spec.urls import checked_url, is_url

NAME_LENGTH = 40  # of 63 characters; the rest is for suffixes of rendered objects
_NAME = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
LABEL_LENGTH = 63
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_NUMBER = r"(0|[1-9][0-9]{0,8})"
_VERSION = re.compile(rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}")
_PORT = r"(:[0-9]{1,5})?"
_HOST = r"[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?(\.[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?)*"
_PART = r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*"
_TAG = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}"
_IMAGE = re.compile(rf"({_HOST}{_PORT}/)?{_PART}(/{_PART})*(:{_TAG})?(@sha256:[0-9a-f]{{64}})?")
_REGISTRY = re.compile(rf"{_HOST}{_PORT}(/{_PART})*")
_CPU = re.compile(r"[1-9][0-9]{0,8}m|(0|[1-9][0-9]{0,5})(\.[0-9]{1,3})?")
_MEMORY = re.compile(r"[1-9][0-9]{0,9}(\.[0-9]{1,3})?(Ki|Mi|Gi|Ti|k|M|G|T)")
_LATER_FILES = (".parquet", ".npz", ".tfrecord", ".csv.gz", ".csv.zst")


def _name(value: str) -> str:
    if len(value) <= NAME_LENGTH and _NAME.fullmatch(value):
        return value
    if len(value) > NAME_LENGTH:
        raise Wrong(
            f"must be at most {NAME_LENGTH} characters long, not {len(value)}",
            "objects are named after it with suffixes, and Kubernetes allows 63 characters",
        )
    better = re.sub(r"[^a-z0-9]+", "-", value.lower()).strip("-").lstrip("0123456789-")
    raise Wrong(
        f"must be lower-case letters, digits and `-`, beginning with a letter, not {show(value)}",
        f"write {better}" if better else "the name becomes part of Kubernetes names",
    )


def _label(value: str) -> str:
    if len(value) <= LABEL_LENGTH and _LABEL.fullmatch(value):
        return value
    if len(value) > LABEL_LENGTH:
        raise Wrong(f"must be at most {LABEL_LENGTH} characters long, not {len(value)}")
    better = re.sub(r"[^a-z0-9]+", "-", value.lower()).strip("-")
    raise Wrong(
        f"must be lower-case letters, digits and `-`, not {show(value)}",
        f"write {better}" if better else "Kubernetes takes it as a name",
    )


def exact_version(value: Any) -> str:
    """The version of one release, as it stands.

    Raises:
        Wrong: if it is not MAJOR.MINOR.PATCH; says what to write.
    """
    text = value if isinstance(value, str) else ""
    if _VERSION.fullmatch(text):
        return text
    hint = "one release, by its whole number: 1.4.0"
    if match := re.fullmatch(r"[vV=]*0*([0-9]+)\.0*([0-9]+)\.0*([0-9]+)", text):
        hint = f"write {'.'.join(match.groups())}"
    elif re.fullmatch(r"[vV]?[0-9]+(\.[0-9]+)?", text):
        hint = "all three numbers are needed: 1.4.0"
    raise Wrong(f"must be an exact version such as 1.4.0, not {show(value)}", hint)


def _source(value: str) -> str:
    local = not is_url(value) or value.lower().startswith("file:")
    refused = _unsafe(value) if local else ""
    if refused:
        raise Wrong(
            f"{refused}: {show(value)}" if value else refused,
            "write a path relative to this file: data/x.csv",
        )
    if not local:
        checked_url(value)
    later = (
        "a glob"
        if re.search(r"[*?\[\]{}]", value)
        else "a folder"
        if value.endswith("/")
        else f"a {name} file"
        if (name := next((s for s in _LATER_FILES if value.lower().endswith(s)), ""))
        else ""
    )
    if later:
        raise Wrong(f"is {later}, which is not supported yet", "write the path of one .csv file")
    parts = value.split("/")
    if local and ("" in parts or "." in parts):
        better = "/".join(p for p in parts if p not in ("", "."))
        raise Wrong(f"is not in its shortest form: {show(value)}", f"write {better}")
    if not value.lower().endswith(".csv"):
        raise Wrong(f"must name a .csv file, not {show(value)}")
    return value


def _unsafe(value: str) -> str:
    """Why a path could leave the repository or mean something else to another program."""
    parts = value.split("/")
    rules = (
        (not value, "is empty"),
        (len(value) > 1000, "is longer than 1000 characters"),
        (value.lower().startswith("file:"), "must be a plain path, not a file: URL"),
        (value.startswith("/"), "must not be an absolute path"),
        (value.startswith("~"), "must not begin with ~"),
        (re.match(r"[A-Za-z]:(?!//)", value), "must not name a drive"),
        ("\\" in value, "must not contain a backslash; parts are separated by /"),
        (".." in parts, "must not contain .., so that it stays beside or below this file"),
        (re.search(r"%[0-9a-fA-F]{2}", value), "must not contain percent-encoded characters"),
        (".git" in (p.lower() for p in parts), "must not point into .git"),
        (value[:1] in ("-", ":"), f"must not begin with {value[:1]}"),
        (value != value.strip(), "must not begin or end with a space"),
        (not value.isprintable(), "must not contain characters that cannot be printed"),
    )
    return next((reason for broken, reason in rules if broken), "")


def _image(value: str) -> str:
    if len(value) <= 500 and _IMAGE.fullmatch(value):
        return value
    raise Wrong(
        f"must be an image such as python:3.11-slim-bookworm, not {show(value)}",
        "registry/repository:tag or repository@sha256:..., no scheme, no spaces",
    )


def _registry(value: str) -> str:
    host = value.partition("/")[0]
    if "://" in value:
        better = value.partition("://")[2].rstrip("/")
        raise Wrong(f"must not have a scheme: {show(value)}", f"write {better}" if better else "")
    if value.endswith("/"):
        raise Wrong(f"must not end with /: {show(value)}", f"write {value.rstrip('/')}")
    if len(value) > 200 or not _REGISTRY.fullmatch(value):
        raise Wrong(
            f"must be a registry and a prefix, not {show(value)}",
            "write host:port/prefix, such as 127.0.0.1:5000/team; no tag, prefix in lower case",
        )
    if "." not in host and ":" not in host and host != "localhost":
        raise Wrong(
            f"must begin with the registry's host, and {show(host)} has neither a dot nor a port",
            f"for Docker Hub write docker.io/{value}",
        )
    return value


def _kubernetes_cpu(value: str) -> str:
    if _CPU.fullmatch(value) and re.search(r"[1-9]", value):
        return value
    raise Wrong(
        f"must be a Kubernetes quantity of cores such as 500m or 2, not {show(value)}",
        "500m is half a core",
    )


def _kubernetes_memory(value: str) -> str:
    if _MEMORY.fullmatch(value):
        return value
    hint = "the unit is needed: Mi or Gi (powers of 1024), M or G (powers of 1000)"
    if match := re.fullmatch(r"([1-9][0-9]*) ?([kKmMgG])i?[bB]", value):
        hint = f"write {match[1]}{match[2].upper()}i"
    raise Wrong(f"must be a Kubernetes quantity of memory such as 256Mi, not {show(value)}", hint)


_BYTES = {"k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_BYTES |= {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}


def mebibytes(memory: str) -> float:
    """A quantity of memory that has been checked, in MiB."""
    number = memory.rstrip("KMGTki")
    unit = memory.removeprefix(number)
    return float(number) * _BYTES[unit] / 2**20


def _column(value: str) -> str:
    if not value.strip():
        raise Wrong("must be the name of a column, not empty")
    return value


def _matching(pattern: str, longest: int, *others: str) -> WithJsonSchema:
    """What an editor may know of a grammar: the rest is said when the file is read.

    Args:
        pattern: of the whole text.
        longest: in characters.
        others: types that a YAML reader takes some of these texts for, if not in quotes.
    """
    types = ["string", *others] if others else "string"
    return WithJsonSchema({"type": types, "pattern": f"^({pattern})$", "maxLength": longest})


Name = Annotated[str, AfterValidator(_name), _matching(_NAME.pattern, NAME_LENGTH, "boolean")]
"""A DNS-1035 label that leaves room for suffixes: it names the tag, the image and objects."""

Label = Annotated[
    str, AfterValidator(_label), _matching(_LABEL.pattern, LABEL_LENGTH, "number", "boolean")
]
"""A DNS-1123 label, as the name of a namespace is one."""

ExactVersion = Annotated[str, BeforeValidator(exact_version), _matching(_VERSION.pattern, 29)]
"""MAJOR.MINOR.PATCH of one release."""

SourcePath = Annotated[
    str, AfterValidator(_source), _matching(r"[^/~:\\-][^\\]*\.[cC][sS][vV]", 1000)
]
"""A relative path of one CSV file, beside or below the spec; or the URL of one."""

ImageReference = Annotated[
    str, AfterValidator(_image), _matching(_IMAGE.pattern, 500, "number", "boolean")
]
"""`[registry/]repository[:tag][@sha256:digest]`."""

RegistryPrefix = Annotated[
    str, AfterValidator(_registry), _matching(_REGISTRY.pattern, 200, "number")
]
"""`host[:port][/prefix]`, without a scheme."""

Cpu = Annotated[
    str,
    AfterValidator(_kubernetes_cpu),
    WithJsonSchema(
        {"type": ["string", "number"], "pattern": f"^({_CPU.pattern})$", "exclusiveMinimum": 0}
    ),
]
"""A Kubernetes quantity of cores: `500m`, `2`."""

Memory = Annotated[str, AfterValidator(_kubernetes_memory), _matching(_MEMORY.pattern, 30)]
"""A Kubernetes quantity of bytes, with its unit: `256Mi`."""

Column = Annotated[str, AfterValidator(_column)]
"""The name of a column, as the header of the CSV file has it."""

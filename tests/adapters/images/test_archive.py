from __future__ import annotations

import io
import json
import tarfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelspec.adapters import archive, base, layers
from modelspec.adapters.layers import digest
from modelspec.diagnostics import WorldError

CONFIG = json.dumps(
    {
        "architecture": "amd64",
        "os": "linux",
        "config": {"Env": ["PYTHON_VERSION=3.11.9"]},
        "rootfs": {"type": "layers", "diff_ids": ["sha256:aa"]},
    }
).encode()
LAYER = layers.layer("x", {"a": b"1"}).gzipped
OCI = "application/vnd.oci.image."
DOCKER = "application/vnd.docker.distribution.manifest."
MEDIA = [
    (f"{OCI}index.v1+json", f"{OCI}manifest.v1+json"),
    (f"{DOCKER}list.v2+json", f"{DOCKER}v2+json"),
]


def _docker_archive(config: bytes = CONFIG) -> bytes:
    blob = (len(LAYER), [LAYER])
    return b"".join(archive.write(config, "x:1", ["0.tar"], [("0.tar", blob)]))


def _described(folder: Path, content: bytes, media: str, **more: Any) -> dict[str, Any]:
    path = folder / "blobs" / "sha256" / digest(content)[7:]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return {"digest": digest(content), "mediaType": media, "size": len(content), **more}


def _layout(folder: Path, index_media: str, media: str) -> Path:
    """An OCI layout with an index inside the index, for two kinds of processors."""
    foreign = _described(folder, b"{}", media, platform={"os": "linux", "architecture": "s390x"})
    manifest = json.dumps(
        {
            "config": _described(folder, CONFIG, "config"),
            "layers": [_described(folder, LAYER, "layer")],
        }
    ).encode()
    ours = _described(
        folder, manifest, media, platform={"os": "linux", "architecture": archive._architecture()}
    )
    inner = json.dumps({"manifests": [foreign, ours]}).encode()
    index = {"manifests": [_described(folder, inner, index_media)]}
    (folder / "index.json").write_text(json.dumps(index))
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    return folder


def _contents(path: Path) -> tuple[str, list[bytes]]:
    with archive.opened(path) as found:
        return found.id, [b"".join(pieces) for _, pieces in found.blobs]


def test_what_is_written_as_a_docker_archive_is_read_back(tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(_docker_archive())
    assert _contents(tmp_path / "a.tar") == (digest(CONFIG), [LAYER])


@pytest.mark.parametrize(("index_media", "media"), MEDIA)
def test_an_oci_layout_is_read_as_a_folder_and_as_an_archive_with_both_media_types(
    tmp_path: Path, index_media: str, media: str
) -> None:
    folder = _layout(tmp_path / "layout", index_media, media)
    with tarfile.open(tmp_path / "a.tar", "w") as tar:
        tar.add(folder, ".")
    with tarfile.open(tmp_path / "b.tar", "w") as tar:
        for name in ("index.json", "oci-layout", "blobs"):
            tar.add(folder / name, name)
    assert _contents(folder) == (digest(CONFIG), [LAYER])
    assert _contents(tmp_path / "b.tar") == (digest(CONFIG), [LAYER])


def test_a_blob_that_is_not_what_its_digest_says_is_refused(tmp_path: Path) -> None:
    folder = _layout(tmp_path / "layout", *MEDIA[0])
    (folder / "blobs" / "sha256" / digest(CONFIG)[7:]).write_bytes(CONFIG.replace(b"3.11", b"3.12"))
    with pytest.raises(WorldError, match="damaged, or not an image archive"):
        _contents(folder)


def test_an_archive_of_two_images_is_refused_with_their_number(tmp_path: Path) -> None:
    content = json.dumps([{"Config": "a", "Layers": []}] * 2).encode()
    with tarfile.open(tmp_path / "a.tar", "w") as tar:
        entry = tarfile.TarInfo("manifest.json")
        entry.size = len(content)
        tar.addfile(entry, io.BytesIO(content))
    with pytest.raises(WorldError, match="it holds 2 images, not one"):
        _contents(tmp_path / "a.tar")


def test_a_layout_cannot_name_files_outside_its_folder(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(CONFIG)
    folder = tmp_path / "layout"
    folder.mkdir()
    manifest = [{"Config": "../secret", "Layers": ["../secret"]}]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(WorldError, match="damaged, or not an image archive"):
        _contents(folder)


def test_a_missing_archive_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(WorldError, match="it is not there"):
        _contents(tmp_path / "none.tar")


@pytest.mark.parametrize("length", [0, 100, 512, 1500, -1024 - 512])
def test_an_archive_that_breaks_off_is_refused(tmp_path: Path, length: int) -> None:
    (tmp_path / "a.tar").write_bytes(_docker_archive()[:length])
    with pytest.raises(WorldError, match=r"a\.tar (is damaged|holds no image)"):
        _contents(tmp_path / "a.tar")


@given(st.data())
def test_whatever_bytes_an_archive_has_the_only_error_is_ours(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    good = bytearray(_docker_archive())
    for _ in range(data.draw(st.integers(1, 8))):
        good[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / "fuzzed.tar"
    path.write_bytes(good)
    with suppress(WorldError):
        _contents(path)


@given(
    st.recursive(
        st.none() | st.integers() | st.text(),
        lambda s: (
            st.lists(s)
            | st.dictionaries(
                st.sampled_from(["Config", "Layers", "rootfs", "diff_ids", "manifests", "digest"]),
                s,
            )
        ),
    )
)
def test_whatever_a_manifest_says_the_only_error_is_ours(
    tmp_path_factory: pytest.TempPathFactory, manifest: Any
) -> None:
    folder = tmp_path_factory.mktemp("layout")
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(WorldError):
        _contents(folder)


@pytest.mark.parametrize(
    ("name", "variables", "python"),
    [
        ("python:3.11-slim-bookworm", [], "3.11"),
        ("python:3.11-slim-bookworm", ["PYTHON_VERSION=3.12.1"], "3.12"),
        ("registry.example/team/base:2024.1-py3.11.4", [], "3.11"),
        ("ours", ["PATH=/bin", "PYTHON_VERSION=3.11.2"], "3.11"),
    ],
)
def test_a_base_tells_its_python(name: str, variables: list[str], python: str) -> None:
    assert base.Base(name, "", {"config": {"Env": variables}}).python == python


@pytest.mark.parametrize("name", ["debian:bookworm", "x:13.11", f"x@sha256:{'3.11' * 16}"])
def test_a_base_that_does_not_tell_its_python_is_refused_with_what_to_do(name: str) -> None:
    with pytest.raises(WorldError, match="hint: set PYTHON_VERSION"):
        _ = base.Base(name, "", {"config": {}}).python


def test_a_base_is_found_on_disk_by_its_name_or_by_the_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / ".modelspec" / "bases"
    folder.mkdir(parents=True)
    assert base.find("a/b:3.11", tmp_path, None) is None
    (folder / "a_b_3.11.tar").write_bytes(_docker_archive())
    found = base.find("a/b:3.11", tmp_path, None)
    assert found is not None
    assert (found.id, found.python) == (digest(CONFIG), "3.11")
    monkeypatch.setenv("MODELSPEC_BASE_ARCHIVE", str(tmp_path / "other.tar"))
    with pytest.raises(WorldError, match=r"other\.tar holds no image that can be used"):
        base.find("a/b:3.11", tmp_path, None)


def test_without_engine_and_archive_the_message_says_where_to_put_one(tmp_path: Path) -> None:
    with pytest.raises(WorldError, match=r"\.modelspec/bases/python_3\.11-slim-bookworm\.tar"):
        base.require("python:3.11-slim-bookworm", tmp_path, None)

from __future__ import annotations

import gzip
import io
import json
import tarfile
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from modelspec.adapters import layers
from modelspec.adapters.layers import config, layer

BASE: dict[str, Any] = {
    "architecture": "amd64",
    "os": "linux",
    "config": {"Env": ["PATH=/bin", "PYTHONPATH=/x", "A=b=c"], "Labels": {"kept": "1"}},
    "rootfs": {"diff_ids": ["sha256:aa", "sha256:bb"]},
}

_part = st.text("abcdefgXYZ0._-é", min_size=1, max_size=60).filter(lambda p: p not in (".", ".."))
_paths = st.lists(_part, min_size=1, max_size=4).map("/".join)


def _without_clashes(files: dict[str, bytes]) -> bool:
    return not any(a != b and b.startswith(f"{a}/") for a in files for b in files)


_files = st.dictionaries(_paths, st.binary(max_size=2000), max_size=8).filter(_without_clashes)


def _entries(made: layers.Layer) -> dict[str, tarfile.TarInfo]:
    with tarfile.open(fileobj=io.BytesIO(made.gzipped)) as tar:
        return {entry.name: entry for entry in tar}


@given(_files, st.randoms())
def test_a_layer_is_the_same_in_whatever_order_its_files_come(
    files: dict[str, bytes], r: Any
) -> None:
    shuffled = list(files.items())
    r.shuffle(shuffled)
    assert layer("x", dict(shuffled)) == layer("x", files)


@given(_files)
def test_every_file_comes_out_of_a_layer_as_it_went_in(files: dict[str, bytes]) -> None:
    made = layer("x", files)
    with tarfile.open(fileobj=io.BytesIO(made.gzipped)) as tar:
        out = {e.name: tar.extractfile(e).read() for e in tar if e.isfile()}  # type: ignore[union-attr]
    assert out == files


def test_entries_have_one_owner_one_time_and_one_mode_a_kind_and_folders_come_first() -> None:
    entries = _entries(layer("x", {"b/c/d": b"1", "a": b"2"}))
    assert list(entries) == ["a", "b", "b/c", "b/c/d"]
    assert {(e.uid, e.gid, e.uname, e.gname, e.mtime) for e in entries.values()} == {
        (0, 0, "", "", 0)
    }
    assert [e.mode for e in entries.values()] == [0o644, 0o755, 0o755, 0o644]


def test_the_digest_is_of_what_a_layer_holds_and_never_changes_for_the_same_files() -> None:
    made = layer("x", {"opt/modelspec/model/serving.json": b"{}\n"})
    assert made.diff_id == layers.digest(gzip.decompress(made.gzipped))
    # Images that were released are named after it: a new value here makes every one of them anew.
    assert made.diff_id == (
        "sha256:c8c0078812a9dce3499fe00c927a06619a2705c15d1be04dc9cd89b803c90f93"
    )


def test_the_config_keeps_the_environment_of_the_base_and_replaces_what_it_sets_itself() -> None:
    made = json.loads(config(BASE, ["sha256:cc"], {"new": "2"}, "2026-01-01T00:00:00Z"))
    assert made["config"]["Env"][:3] == [
        "PATH=/bin",
        "PYTHONPATH=/opt/modelspec/wheels:/opt/modelspec",
        "A=b=c",
    ]
    assert made["config"]["Labels"] == {"kept": "1", "new": "2"}
    assert made["config"]["User"] == "10001:10001"
    assert made["config"]["Entrypoint"][0] == "python3"
    assert made["config"]["ExposedPorts"] == {"8500/tcp": {}, "8501/tcp": {}}
    assert "Cmd" not in made["config"]


def test_the_config_lists_as_many_layers_in_its_history_as_it_has() -> None:
    made = json.loads(config(BASE, ["sha256:cc"], {}, "2026-01-01T00:00:00Z"))
    assert made["rootfs"]["diff_ids"] == ["sha256:aa", "sha256:bb", "sha256:cc"]
    assert len(made["history"]) == 3


def test_the_config_does_not_depend_on_what_else_an_engine_says_of_the_base() -> None:
    more = {**BASE, "variant": "", "history": [1], "container": "x"}
    time = "2026-01-01T00:00:00Z"
    assert config(more, ["sha256:cc"], {}, time) == config(BASE, ["sha256:cc"], {}, time)


def test_the_folder_is_that_of_the_serving_contract() -> None:
    from modelspec.serving import contract

    assert Path("/", layers.HOME, "model") == Path(contract.MODEL_DIR)

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import pytest

from modelspec.adapters import files, wheels
from modelspec.diagnostics import WorldError

PINS = """\
# a comment
here==1.0 \\
    --hash=sha256:aa \\
    --hash=sha256:bb
    # via something
old==1 ; python_full_version < '3.12' \\
    --hash=sha256:cc
new==2 ; python_full_version >= '3.12' --hash=sha256:dd
windows==1 ; sys_platform == 'win32' --hash=sha256:ee
"""


class Index:
    """A folder of wheels that pip finds instead of a package index, and pins to them."""

    def __init__(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = tmp_path / "index"
        self.folder.mkdir()
        self.pins = tmp_path / "requirements.txt"
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
        monkeypatch.setenv("PIP_NO_INDEX", "1")
        monkeypatch.setenv("PIP_FIND_LINKS", str(self.folder))
        monkeypatch.setattr(wheels, "requirements", lambda _: self.pins)

    def wheel(self, files: dict[str, bytes], name: str = "tiny") -> Path:
        path = self.folder / f"{name}-1.0-py3-none-any.whl"
        info = f"{name}-1.0.dist-info"
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
        with zipfile.ZipFile(path, "w") as archive:
            for file, content in files.items():
                archive.writestr(file, content)
            archive.writestr(f"{info}/METADATA", metadata)
            archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
            archive.writestr(f"{info}/RECORD", "")
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        self.pins.write_text(f"{name}==1.0 \\\n    --hash=sha256:{digest}\n")
        return path


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Index:
    return Index(tmp_path, monkeypatch)


def test_pins_are_chosen_for_the_python_of_the_image_not_for_that_of_pip() -> None:
    assert wheels.selected(PINS, "3.11", "x86_64").splitlines() == [
        "here==1.0 --hash=sha256:aa      --hash=sha256:bb",
        "old==1 --hash=sha256:cc",
    ]
    assert "new==2" in wheels.selected(PINS, "3.13", "x86_64")
    assert "old" not in wheels.selected(PINS, "3.13", "x86_64")


LIBRARIES = {"tflite": "ai-edge-litert", "onnx": "onnxruntime", "savedmodel": "tensorflow-cpu"}


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
@pytest.mark.parametrize("runtime", LIBRARIES)
def test_the_real_pins_name_each_package_once_with_hashes_and_only_the_library_that_is_chosen(
    runtime: str, python: str
) -> None:
    lines = wheels.selected(wheels.requirements(runtime).read_text(), python, "x86_64").splitlines()
    names = [line.partition("==")[0] for line in lines]
    assert len(names) == len(set(names))
    assert {"granian", "msgspec", "numpy", "prometheus-client"} <= set(names)
    assert set(LIBRARIES.values()).intersection(names) == {LIBRARIES[runtime]}
    assert wheels.NEVER_IMPORTED[runtime] <= set(names)
    assert all("--hash=sha256:" in line and ";" not in line for line in lines)


def test_a_processor_has_the_pins_that_are_for_it() -> None:
    text = wheels.requirements("savedmodel").read_text()
    for machine, package in (("x86_64", "tensorflow-cpu"), ("aarch64", "tensorflow")):
        lines = wheels.selected(text, "3.11", machine).splitlines()
        names = [line.partition("==")[0] for line in lines]
        assert [name for name in names if name.startswith("tensorflow")] == [package]


def test_only_what_python_imports_comes_out_of_a_wheel(index: Index) -> None:
    index.wheel(
        {
            "tiny/__init__.py": b"x = 1",
            "tiny/__pycache__/a.cpython-311.pyc": b"",
            "tiny/tests/test_a.py": b"",
            "tiny/testing/a.py": b"",
            "tiny/a.pyi": b"",
            "tiny-1.0.data/platlib/tiny/native.so": b"\x7fELF",
            "tiny-1.0.data/purelib/tiny/pure.py": b"",
            "tiny-1.0.data/scripts/tiny": b"#!python",
            "tiny-1.0.data/data/etc/passwd": b"",
        }
    )
    assert sorted(wheels.unpack(wheels.fetch("tflite", "amd64", "3.11"), {"tqdm"})) == [
        "tiny-1.0.dist-info/METADATA",
        "tiny-1.0.dist-info/WHEEL",
        "tiny/__init__.py",
        "tiny/native.so",
        "tiny/pure.py",
        "tiny/testing/a.py",
    ]


def test_a_wheel_cannot_put_files_outside_its_folder(index: Index) -> None:
    index.wheel({"tiny/__init__.py": b"", "../../evil.py": b"", "/evil.py": b"", "a\\..\\b": b""})
    names = wheels.unpack(wheels.fetch("tflite", "amd64", "3.11"), {"tqdm"})
    assert [name for name in names if "evil" in name or "\\" in name] == []


def test_packages_that_nothing_imports_are_left_out(index: Index) -> None:
    index.wheel({"tqdm/__init__.py": b""}, name="tqdm")
    assert wheels.unpack(wheels.fetch("tflite", "amd64", "3.11"), {"tqdm"}) == {}


def test_what_was_fetched_once_needs_no_index_again(index: Index) -> None:
    index.wheel({"tiny/__init__.py": b""}).rename(index.folder.parent / "kept")
    with pytest.raises(WorldError, match="pip cannot get the serving packages: Could not find"):
        wheels.layer("tflite", "amd64", "3.11")
    kept = index.folder.parent / "kept"
    kept.rename(index.folder / "tiny-1.0-py3-none-any.whl")
    first = wheels.layer("tflite", "amd64", "3.11")
    (index.folder / "tiny-1.0-py3-none-any.whl").unlink()
    assert wheels.layer("tflite", "amd64", "3.11") == first


def test_a_wheel_with_another_hash_is_refused_and_leaves_nothing_behind(index: Index) -> None:
    path = index.wheel({"tiny/__init__.py": b""})
    good = path.read_bytes()
    path.write_bytes(good + b"\0")
    with pytest.raises(WorldError) as refused:
        wheels.fetch("tflite", "amd64", "3.11")
    assert "THESE PACKAGES DO NOT MATCH" in str(refused.value)
    assert "\n" not in str(refused.value)
    assert list((files.user_cache() / "wheels").iterdir()) == []
    path.write_bytes(good)
    assert wheels.fetch("tflite", "amd64", "3.11").is_dir()


def test_a_damaged_wheel_in_the_cache_is_named_and_fetched_again_by_the_next_run(
    index: Index,
) -> None:
    index.wheel({"tiny/__init__.py": b"x" * 1000})
    cached = next(wheels.fetch("tflite", "amd64", "3.11").glob("*.whl"))
    cached.write_bytes(cached.read_bytes()[:300])
    with pytest.raises(WorldError, match=r"tiny-1\.0-py3-none-any\.whl is damaged"):
        wheels.layer("tflite", "amd64", "3.11")
    assert wheels.layer("tflite", "amd64", "3.11").diff_id.startswith("sha256:")


@pytest.mark.parametrize("suffix", [".tar.gz", ".digests"])
def test_a_damaged_layer_in_the_cache_is_made_again(index: Index, suffix: str) -> None:
    index.wheel({"tiny/__init__.py": b""})
    good = wheels.layer("tflite", "amd64", "3.11")
    cached = next(p for p in (files.user_cache() / "layers").iterdir() if p.name.endswith(suffix))
    cached.write_bytes(b"\xff" + cached.read_bytes()[1:])
    assert wheels.layer("tflite", "amd64", "3.11") == good
    assert wheels.layer("tflite", "amd64", "3.11") == good


def test_a_processor_without_wheels_is_refused_before_anything_is_fetched(index: Index) -> None:
    with pytest.raises(WorldError, match="s390x"):
        wheels.fetch("tflite", "s390x", "3.11")


def test_a_cache_that_cannot_be_written_is_one_message(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.wheel({"tiny/__init__.py": b""})
    monkeypatch.setenv("XDG_CACHE_HOME", "/dev/null")
    with pytest.raises(WorldError, match="cannot write /dev/null"):
        wheels.layer("tflite", "amd64", "3.11")
